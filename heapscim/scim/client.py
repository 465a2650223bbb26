"""Offers the operations of RFC 7644: list, get, find, create, replace, patch, delete. Knows no provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic
from urllib.parse import quote

from heapscim import errors
from heapscim.model.completeness import Completeness, Doubt, ReadProgress
from heapscim.scim import messages, urns
from heapscim.scim.by_id import ById, Lookup
from heapscim.scim.filter_parser import parse
from heapscim.scim.filter_trial import FilterTrial, matching
from heapscim.scim.filters import eq, get, matches
from heapscim.scim.messages import Document
from heapscim.scim.paging import Pager, silent
from heapscim.scim.received import I, Listing, R
from heapscim.scim.resources import Group, Resource, User, name_of, read_resource
from heapscim.scim.session import RequestSender
from heapscim.scim.ways import Way

_WANTS_VERSION = (412, 428)
_VERSION = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class ResourceType(Generic[R]):
    """Says where the resources of one kind are and which attribute holds their name."""

    kind: type[R]
    path: str
    schema: str
    name_attribute: str
    noun: str


USERS = ResourceType(User, "/Users", urns.USER, "userName", "users")
GROUPS = ResourceType(Group, "/Groups", urns.GROUP, "displayName", "groups")


class ScimClient:
    """Talks to one service provider over one HTTP session. Every method raises RequestError.

    ``provider`` is the provider's name in messages.
    """

    def __init__(
        self,
        session: RequestSender,
        *,
        provider: str,
        page_size: int = 100,
        filters: bool | None = None,
        way: Way | None = None,
    ) -> None:
        self._session = session
        self._provider = provider
        self._pager = Pager(session, provider=provider, page_size=page_size, way=way)
        self._wants_version = False
        self._filtering = FilterTrial(self._pager, provider=provider, works=filters)
        self.by_id = ById(provider)
        """What lists and filters have shown, to check a read by id against."""

    @property
    def page_size(self) -> int:
        """Returns the rows asked for in one page: fewer than configured once the provider refused as many."""
        return self._pager.page_size

    @property
    def filters(self) -> bool | None:
        """Returns whether the provider filters lists by name; None while that isn't known."""
        return self._filtering.works

    @filters.setter
    def filters(self, works: bool | None) -> None:
        self._filtering.works = works

    @property
    def way(self) -> Way | None:
        """Returns the way of reading that proves lists here; None while plain pages do."""
        return self._pager.way

    async def read_all(self, type: ResourceType[R], *, filter: str | None = None) -> Listing[R]:
        """Reads all resources of a type, or those that match a filter."""
        if filter is None:
            return await self.read_each(type, lambda resource: resource)
        listing = await self._pager.read_matching(type, filter)
        self.by_id.note_found(type, listing.items)
        return listing

    async def read_each(
        self,
        type: ResourceType[R],
        convert: Callable[[R], I],
        *,
        progress: ReadProgress = silent,
        lean: bool = False,
        isolates: bool = True,
    ) -> Listing[I]:
        """Reads all resources of a type, and converts each one when its page arrives.

        What ``convert`` returns is all that is kept of it. ``lean`` leaves out the members of groups. ``isolates``
        reads a page that fails in parts, down to the one row that makes it fail.
        """
        listing = await self._pager.read_all(type, convert, progress=progress, lean=lean, isolates=isolates)
        self.by_id.note_list(type, listing)
        return listing

    async def get(self, type: ResourceType[R], id: str) -> R | None:
        """Returns one resource, or None if there is none. What lists and filters show exists, whatever its id says."""

        async def named(name: str) -> tuple[R, ...]:
            return await self.find(type, name)

        async def whole() -> Listing[R]:
            return await self.read_all(type)

        async def ask() -> R:
            return await self.ask(type, id)

        return await self.by_id.get(Lookup(type, id, ask, None if self.filters is False else named, whole))

    async def ask(self, type: ResourceType[R], id: str) -> R:
        """Returns one resource by its id alone, whatever lists show; raises NotFound."""
        answered = await self._session.send("GET", _path_of(type, id))
        found = read_resource(type.kind, answered, provider=self._provider)
        if found.id != id:
            raise errors.WrongProtocol(
                f"{self._provider} was asked for {_path_of(type, id)} and returned {found.id!r}."
            )
        return found

    async def find(self, type: ResourceType[R], name: str) -> tuple[R, ...]:
        """Returns the resources with a userName or displayName.

        If filters are missing, wrong or failing, it reads the whole list and filters here. Raises Unavailable if
        nothing was found and the list isn't proven complete.
        """
        text = eq(type.name_attribute, name)
        listing = await self._filtered(type, text) if await self._filtering.by_name(type) else None
        is_absent = listing is not None and await self._filtering.says_nobody(type, listing)
        if listing is None:
            listing = await self.read_all(type)
        found = matching(listing, text)
        broken = [row for row in listing.broken if matches(parse(text), {type.name_attribute: row.name})]
        if not found and broken:
            raise errors.WrongProtocol(broken[0].message)
        if not found and not is_absent and not listing.completeness.proven:
            raise errors.Unavailable(
                f"It isn't known whether {self._provider} has {name}. {listing.completeness.evidence}",
                hint="Try again later.",
            )
        return found

    async def search(self, type: ResourceType[R], text: str) -> tuple[tuple[R, ...], bool]:
        """Returns the resources that match a filter, and whether the server filtered them.

        The resources are filtered again here, so a server that ignores filters changes nothing.
        """
        parse(text)
        if self.filters is not False:
            listing = await self._filtered(type, text)
            if listing is not None and await self._filtering.obeyed(type, text, listing):
                return matching(listing, text), True
        return matching(await self.read_all(type), text), False

    async def create(self, type: ResourceType[R], document: Document) -> R | None:
        """Creates a resource and returns what the server made of it; None if no response shows that.

        If the response shows another name than was sent, or only a Location, the resource is read by its id.
        """
        answered = await self._session.ask("POST", type.path, document=_with_schemas(type, document))
        shown = self._shown(type, answered.document)
        if shown is not None:
            self.by_id.note_found(type, (shown,))
        if shown is not None and messages.same_name(name_of(shown), str(document[type.name_attribute])):
            return shown
        id = messages.id_in(answered.headers.get("location"), type.path) if shown is None else shown.id
        try:
            return None if id is None else await self.get(type, id)
        except errors.RequestError as error:
            if isinstance(error, errors.Unauthenticated):
                raise
            return None

    async def replace(self, type: ResourceType[R], id: str, document: Document) -> R | None:
        """PUTs a whole resource and returns the result; None if the response doesn't show it."""
        return self._shown(type, await self._change("PUT", type, id, _with_schemas(type, document)), id)

    async def patch(self, type: ResourceType[R], id: str, operations: list[Document]) -> R | None:
        """PATCHes a resource and returns the result; None if the response doesn't show it, such as a 204."""
        return self._shown(type, await self._change("PATCH", type, id, messages.patch(operations)), id)

    async def delete(self, type: ResourceType[R], id: str) -> None:
        """Deletes a resource. One that is already gone is a success."""
        try:
            await self._change("DELETE", type, id)
        except errors.NotFound:
            return
        self.by_id.note_deleted(type, id)

    async def service_provider_config(self) -> Document | None:
        """Returns what the provider says it supports, or None if it says nothing."""
        try:
            config = await self._session.send("GET", "/ServiceProviderConfig")
        except errors.Unauthenticated:
            raise
        except errors.RequestError:
            return None
        return config if isinstance(config, dict) else None

    async def total(self, type: ResourceType[R], *, filter: str | None = None) -> int:
        """Returns how many resources the server says there are, or -1 if it doesn't say."""
        return await self._pager.total(type, filter)

    async def _change(self, method: str, type: ResourceType[R], id: str, document: Document | None = None) -> Any:  # noqa: ANN401
        """Sends a change; names the resource's version if the provider insists on one (RFC 7644 §3.14)."""
        path = _path_of(type, id)
        if not self._wants_version:
            try:
                return await self._session.send(method, path, document=document)
            except errors.Rejected as error:
                if error.status not in _WANTS_VERSION:
                    raise
            self._wants_version = True
        headers = {"If-Match": _version_of(await self.get(type, id))}
        return await self._session.send(method, path, document=document, headers=headers)

    async def _filtered(self, type: ResourceType[R], text: str) -> Listing[R] | None:
        """Returns what the server answers to a filter; None if it can't answer it. A 404 means that nothing matches."""
        try:
            listing = await self.read_all(type, filter=text)
        except errors.NotFound:
            return Listing((), Completeness(proven=True, evidence=f"{self._provider} found nothing (404)."))
        except (errors.Unauthenticated, errors.Forbidden):
            raise
        except errors.RequestError:
            return None
        return listing if listing.items or not listing.doubts & {Doubt.PAGE_FAILED, Doubt.NAMELESS} else None

    def _shown(self, type: ResourceType[R], document: object, id: str | None = None) -> R | None:
        """Returns the resource that the response to a write shows, or None if it shows something else."""
        try:
            found = read_resource(type.kind, document, provider=self._provider)
        except errors.WrongProtocol:
            return None
        return found if id in (None, found.id) else None


def _version_of(found: Resource | None) -> str:
    """Returns the version of a resource for If-Match, or ``*`` if it shows none (RFC 9110 §13.1.1)."""
    meta = None if found is None else get(found.to_wire(), "meta")
    version = get(meta, "version") if isinstance(meta, Mapping) else None
    return version if isinstance(version, str) and _VERSION.fullmatch(version) else "*"


def _with_schemas(type: ResourceType[R], document: Document) -> Document:
    """Adds ``schemas``: the type's own, those in the document, and each extension it holds."""
    said = document.get("schemas") or ()
    extensions = (name for name in document if name.casefold().startswith("urn:"))
    known: dict[str, str] = {}
    for urn in (type.schema, *said, *extensions):
        known.setdefault(urn.casefold(), urn)
    return {**document, "schemas": list(known.values())}


def _path_of(type: ResourceType[R], id: str) -> str:
    return f"{type.path}/{quote(id, safe='')}"
