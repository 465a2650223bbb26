"""A thin SCIM client: list, get, find, create, replace, patch, delete. Knows RFC 7644, and nothing of Heap.

A list read proves itself: it goes by what was received and never stops at a short page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

from heapscim import errors
from heapscim.directory.snapshot import Completeness
from heapscim.scim import messages, urns
from heapscim.scim.filters import Filter, eq, matches, parse
from heapscim.scim.resources import Group, Resource, User, read_resource

R = TypeVar("R", bound=Resource)
Document = dict[str, Any]


class Session(Protocol):
    """What the client needs of HTTP."""

    async def send(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, document: object = None
    ) -> Any:  # noqa: ANN401
        """Sends one request and answers its JSON; raises TargetError."""
        ...


@dataclass(frozen=True, slots=True)
class ResourceType(Generic[R]):
    """Where resources of one kind live and what they are called by."""

    kind: type[R]
    path: str
    schema: str
    name_attribute: str
    noun: str


USERS = ResourceType(User, "/Users", urns.USER, "userName", "users")
GROUPS = ResourceType(Group, "/Groups", urns.GROUP, "displayName", "groups")


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """Unique resources in the order received, and whether they are proven to be all."""

    items: tuple[R, ...]
    completeness: Completeness
    requests: int = 1
    """How many requests such a read takes."""


Progress = Callable[[int, int | None], None]


class ScimClient:
    """Speaks to one service provider over one HTTP session. Every method raises TargetError."""

    def __init__(self, session: Session, *, page_size: int = 100) -> None:
        self._session = session
        self._page_size = page_size

    async def read_all(
        self, type: ResourceType[R], *, filter: str | None = None, progress: Progress = lambda _read, _of: None
    ) -> Listing[R]:
        """Reads all resources of a type, pages after the first side by side (RFC 7644 §3.4.2.4).

        The total is asked for again after the last page; where it changed the whole is read once more.
        """
        listing, steady = await self._read_once(type, filter, progress)
        if not steady:
            listing, steady = await self._read_once(type, filter, progress)
        return listing

    async def get(self, type: ResourceType[R], id: str) -> R | None:
        """One resource, None where there is none."""
        try:
            return read_resource(type.kind, await self._session.send("GET", _path_of(type, id)))
        except errors.NotFound:
            return None

    async def find(self, type: ResourceType[R], name: str) -> tuple[R, ...]:
        """Resources by userName or displayName; reads all and looks itself where filters are not to be had."""
        text = eq(type.name_attribute, name)
        wanted = parse(text)
        try:
            listing = await self.read_all(type, filter=text)
        except (errors.Rejected, errors.NotImplementedByTarget):
            listing = await self.read_all(type)
        return tuple(item for item in listing.items if matches(wanted, item.to_wire()))

    async def search(self, type: ResourceType[R], text: str) -> tuple[tuple[R, ...], bool]:
        """Resources that match a filter, and whether the server did the filtering.

        Answers are filtered again here, so that a server which ignores filters changes nothing.
        """
        wanted = parse(text)
        try:
            listing = await self.read_all(type, filter=text)
        except (errors.Rejected, errors.NotImplementedByTarget):
            return _matching((await self.read_all(type)).items, wanted), False
        found = _matching(listing.items, wanted)
        return found, len(found) == len(listing.items)

    async def create(self, type: ResourceType[R], document: Document) -> R | None:
        """Creates a resource and answers what the server made of it; None where the answer has no body."""
        body = {"schemas": [type.schema], **document}
        return self._answered(type, await self._session.send("POST", type.path, document=body))

    async def replace(self, type: ResourceType[R], id: str, document: Document) -> R | None:
        """PUTs a whole resource; None where the answer has no body."""
        return self._answered(type, await self._session.send("PUT", _path_of(type, id), document=document))

    async def patch(self, type: ResourceType[R], id: str, operations: list[Document]) -> R | None:
        """PATCHes a resource; None where the answer has no body (204 is the RFC's own)."""
        body = messages.patch(operations)
        return self._answered(type, await self._session.send("PATCH", _path_of(type, id), document=body))

    async def delete(self, type: ResourceType[R], id: str) -> None:
        """Deletes a resource; one that is gone already is a success."""
        try:
            await self._session.send("DELETE", _path_of(type, id))
        except errors.NotFound:
            return

    async def service_provider_config(self) -> Document | None:
        """What the provider says it can do, None where it says nothing."""
        try:
            config = await self._session.send("GET", "/ServiceProviderConfig")
        except (errors.NotFound, errors.NotImplementedByTarget, errors.NotScim, errors.Rejected):
            return None
        return config if isinstance(config, dict) else None

    async def total(self, type: ResourceType[R], *, filter: str | None = None) -> int:
        """How many resources the server says there are, -1 where it doesn't say."""
        _, total = await self._page(type, 1, filter, count=1)
        return total

    def _answered(self, type: ResourceType[R], document: object) -> R | None:
        return None if document is None else read_resource(type.kind, document)

    async def _read_once(
        self, type: ResourceType[R], filter: str | None, progress: Progress
    ) -> tuple[Listing[R], bool]:
        """One whole read, and whether the total stayed the same throughout."""
        rows, total = await self._page(type, 1, filter)
        reading = _Reading(type, total)
        reading.take(rows)
        progress(len(reading.items), max(total, 0))
        page = len(rows)
        if page and page < total:
            starts = range(page + 1, total + 1, page)
            for done in asyncio.as_completed([self._later_page(type, start, filter) for start in starts]):
                reading.take_page(await done)
                progress(len(reading.items), total)
        if page and page != total:
            await self._catch_up(type, filter, reading)
        at_end = await self.total(type, filter=filter) if reading.pages > 1 else total
        return reading.listing(at_end), at_end == total

    async def _catch_up(self, type: ResourceType[R], filter: str | None, reading: _Reading[R]) -> None:
        """Goes on where short pages left something out, for as long as that brings anything new."""
        while (reading.total < 0 or len(reading.items) < reading.total) and reading.failure is None:
            before = len(reading.items)
            reading.take_page(await self._later_page(type, before + 1, filter), again=True)
            if len(reading.items) == before:
                return

    async def _later_page(
        self, type: ResourceType[R], start: int, filter: str | None
    ) -> tuple[list[Any], int] | errors.TargetError:
        try:
            return await self._page(type, start, filter)
        except (errors.Unauthenticated, errors.Forbidden):
            raise
        except errors.TargetError as error:
            return error

    async def _page(
        self, type: ResourceType[R], start: int, filter: str | None, *, count: int | None = None
    ) -> tuple[list[Any], int]:
        query: dict[str, str | int] = {"startIndex": start, "count": count or self._page_size}
        if filter is not None:
            query["filter"] = filter
        return messages.list_rows(await self._session.send("GET", type.path, query=query))


class _Reading(Generic[R]):
    """What one read of a list has brought so far."""

    def __init__(self, type: ResourceType[R], total: int) -> None:
        self.items: dict[str, R] = {}
        self.total = total
        self.pages = 0
        self.failure: errors.TargetError | None = None
        self._type = type
        self._repeated = 0
        self._totals = {total}

    def take(self, rows: list[Any], *, again: bool = False) -> None:
        self.pages += 1
        for row in rows:
            item = read_resource(self._type.kind, row)
            self._repeated += item.id in self.items and not again
            self.items[item.id] = item

    def take_page(self, page: tuple[list[Any], int] | errors.TargetError, *, again: bool = False) -> None:
        """Takes a later page, or notes that it failed; rows asked for ``again`` may well be known."""
        if isinstance(page, errors.TargetError):
            self.failure = page
            return
        rows, total = page
        self._totals.add(total)
        self.take(rows, again=again)

    def listing(self, total_at_end: int) -> Listing[R]:
        items = tuple(self.items.values())
        said = f"Heap said {self.total} {self._type.noun}, {len(items)} unique read"
        if self.failure is not None:
            evidence = f"{said}; a page failed: {self.failure.message}"
        elif self._repeated:
            evidence = f"{said}; {self._repeated} came twice."
        elif len({*self._totals, total_at_end}) > 1:
            evidence = f"{said}; the total changed to {total_at_end} meanwhile."
        else:
            evidence = f"{said}."
        proven = len(items) == self.total and evidence == f"{said}."
        requests = self.pages + (self.pages > 1)
        return Listing(items, Completeness(proven, evidence), requests)


def _matching(items: tuple[R, ...], wanted: Filter) -> tuple[R, ...]:
    return tuple(item for item in items if matches(wanted, item.to_wire()))


def _path_of(type: ResourceType[R], id: str) -> str:
    return f"{type.path}/{quote(id, safe='')}"
