"""Changes what is there, by PATCH or PUT, as this tenant implements them; remembers which of the two works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from heapscim import errors
from heapscim.heap.dialect import Dialect, Method
from heapscim.scim import messages
from heapscim.scim.client import GROUPS, USERS, Document, ResourceType, ScimClient
from heapscim.scim.filters import is_core
from heapscim.scim.resources import Group, Resource

R = TypeVar("R", bound=Resource)
_READ_ONLY = frozenset({"id", "meta", "groups"})


@dataclass(slots=True)
class Known:
    """What is known of a tenant by now."""

    dialect: Dialect
    """``auto`` fields are replaced once they are found out."""

    def learn(self, **found: Any) -> None:  # noqa: ANN401 - fields of the dialect
        """Remembers what was found out."""
        self.dialect = replace(self.dialect, **found)


class Updating:
    """Sends updates of users and groups. ``auto`` goes over to PUT once PATCH isn't implemented."""

    def __init__(self, client: ScimClient, known: Known) -> None:
        self._client = client
        self._known = known

    async def update(self, type: ResourceType[R], id: str, values: Mapping[str, Any]) -> R | None:
        """Sets values by their paths; answers the resource where the answer shows it."""
        method = self.method(type)
        if method != "put":
            try:
                return await self._client.patch(type, id, messages.replace_operations(values))
            except errors.NotFound as error:
                cause = await self._unless_gone(type, id, "PATCH", error)
                if method == "patch" or cause is error:
                    raise cause from error
            except errors.NotImplementedByTarget:
                if method == "patch":
                    raise
        document = await self.document(type, id)
        for path, value in values.items():
            put_at(document, path, value)
        return await self.put(type, id, document)

    async def put(self, type: ResourceType[R], id: str, document: Document) -> R | None:
        """PUTs a whole resource; where that works and nobody had said how to update, it is remembered."""
        try:
            answered = await self._client.replace(type, id, document)
        except errors.NotFound as error:
            raise await self._unless_gone(type, id, "PUT", error) from error
        if self.method(type) == "auto":
            self._known.learn(**{_FIELDS[type.path]: "put"})
        return answered

    async def document(self, type: ResourceType[R], id: str) -> Document:
        """A resource as the wire has it, to be changed and PUT; raises NotFound."""
        found = await self._client.get(type, id)
        if found is None:
            raise errors.NotFound(f"Nothing is there: {type.path}/{id} (404).", status=404)
        if isinstance(found, Group) and not self.shows_all_of(found):
            message = f"Heap doesn't show all members of {found.display_name}: a PUT would take the others out."
            raise errors.Rejected(message, hint="`members_shown` under [dialect] says how many Heap shows of a group.")
        return {name: value for name, value in found.to_wire().items() if name not in _READ_ONLY}

    async def _unless_gone(
        self, type: ResourceType[R], id: str, method: str, error: errors.NotFound
    ) -> errors.TargetError:
        """What a 404 means: the resource is gone; or, where it can still be read, the method isn't there."""
        return error if await self._client.get(type, id) is None else not_there(type, id, method)

    def shows_all_of(self, group: Group) -> bool:
        """Whether a group has no other members than it shows."""
        return self._known.dialect.shows_all_of(len(group.members))

    def method(self, type: ResourceType[R]) -> Method:
        """How resources of a type are updated, as far as that is known."""
        found: Method = getattr(self._known.dialect, _FIELDS[type.path])
        return found


_FIELDS = {USERS.path: "update_method", GROUPS.path: "group_update_method"}


def not_there(type: ResourceType[R], id: str, method: str) -> errors.NotImplementedByTarget:
    """The error of a method that answers 404 for what is there."""
    message = f"Heap answers {method} {type.path}/{id} as if nothing were there (404), though it can be read."
    return errors.NotImplementedByTarget(message, hint="Set the update methods under [dialect].", status=404)


def put_at(document: Document, path: str, value: object) -> None:
    """Sets a value at an attribute path of a wire document: dotted, or ``URN:attribute``. None leaves it out."""
    urn, _, name = path.rpartition(":")
    _put(document, (*([urn] if urn and not is_core(urn) else ()), *name.split(".")), value)


def _put(place: Document, steps: tuple[str, ...], value: object) -> None:
    """Puts a value at the end of a path; an object left without any value goes, too (RFC 7643 §2.5)."""
    step, *rest = steps
    name = next((known for known in place if known.casefold() == step.casefold()), step)
    if rest:
        inner = place.get(name)
        place[name] = dict(inner) if isinstance(inner, Mapping) else {}
        _put(place[name], tuple(rest), value)
    else:
        place[name] = value
    if place[name] in (None, {}):
        del place[name]
