"""Reads one resource by its id, and compares a 404 with what lists and filters showed before it believes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from heapscim import errors
from heapscim.scim.paging import Listed
from heapscim.scim.received import Listing
from heapscim.scim.resources import Group, Resource, User, name_of

R = TypeVar("R", bound=Resource)

_ENOUGH = 3
"""After so many resources that lists show and reads by id don't find, and no success, reads by id stop."""
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Looks(Generic[R]):
    """Holds the ways to read one resource. Each way raises RequestError."""

    type: Listed[R]
    id: str
    ask: Callable[[], Awaitable[R]]
    """Reads it by its id; raises NotFound."""
    named: Callable[[str], Awaitable[tuple[R, ...]]] | None
    """Finds all resources of a name; None if the provider is known to have no filters."""
    whole: Callable[[], Awaitable[Listing[R]]]
    """Reads the whole list."""


class ById:
    """Remembers what lists and filters showed in this run, and asks them if a response about one resource is doubtful.

    A provider may have no such route, or fail for one resource. A resource that was never shown is believed to be gone.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.lists_members: Callable[[], bool] = lambda: True
        """Whether a list of groups can be believed about members."""
        self._shown: dict[str, _Shown] = {}

    def note_list(self, type: Listed[R], listing: Listing[R]) -> None:
        """Keeps what a whole list shows, instead of an earlier list unless this one proves nothing."""
        shown = self._of(type)
        if listing.completeness.proven:
            shown.listed.clear()
        shown.broken = frozenset(row.id for row in listing.broken if row.id is not None)
        shown.listed |= {row.id: row.name for row in listing.broken if row.id is not None}
        shown.listed |= {item.id: name_of(item) for item in listing.items}
        shown.with_members |= {item.id for item in listing.items if isinstance(item, Group) and item.members}

    def note_found(self, type: Listed[R], items: Collection[Resource]) -> None:
        """Keeps what a filter or the response to a create showed; a list may lack it."""
        self._of(type).found |= {item.id: name_of(item) for item in items}

    def note_deleted(self, type: Listed[R], id: str) -> None:
        """Notes that a resource was deleted, so that a 404 is expected."""
        self._of(type).deleted.add(id)

    async def get(self, looks: Looks[R]) -> R | None:
        """Returns a resource, None if it doesn't exist. Raises RequestError if that or its members stay unknown."""
        shown, id = self._of(looks.type), looks.id
        failure = shown.refusal if shown.has(id) else None
        if failure is None:
            try:
                item = await looks.ask()
            except errors.RequestError as error:
                failure = error
            else:
                shown.answered, shown.refusal = True, None
                return item
        if isinstance(failure, errors.NotFound):
            if not shown.has(id) or (id in shown.deleted and not shown.contradicted):
                return None
        elif not shown.has(id) or not self._is_worth_a_look(looks, failure):
            raise failure
        return await self._look(looks, failure)

    async def _look(self, looks: Looks[R], failure: errors.RequestError) -> R | None:
        """Returns a resource that was shown before, as a filter or a list shows it now."""
        shown, id = self._of(looks.type), looks.id
        try:
            item = await _seen_now(looks, shown)
        except errors.Unauthenticated:
            raise
        except errors.RequestError as error:
            raise (error if isinstance(failure, errors.NotFound) else failure) from None
        if item is None:
            shown.forget(id)
            return None
        shown.contradict(id, failure)
        # A row without members may be one that leaves them out, unless rows of this group have shown some.
        is_whole = not isinstance(item, Group) or item.members or id in shown.with_members
        if is_whole and self._believes_rows(looks.type):
            return item
        raise self._there_all_the_same(looks, failure)

    def _is_worth_a_look(self, looks: Looks[R], failure: errors.RequestError) -> bool:
        """Returns whether a row may stand in for a read by id: it can be read, and so can the others."""
        if looks.id in self._of(looks.type).broken or not self._believes_rows(looks.type):
            return False
        if isinstance(failure, errors.Unavailable):
            return failure.status == _SERVER_ERROR
        return isinstance(
            failure, errors.NotImplementedByService | errors.WrongProtocol | errors.Forbidden | errors.Rejected
        )

    def _there_all_the_same(self, looks: Looks[R], failure: errors.RequestError) -> errors.RequestError:
        """Returns the error for a group that is there, and whose members no response tells."""
        if not isinstance(failure, errors.NotFound):
            return failure
        return errors.NotImplementedByService(
            f"{self._provider}'s list shows {looks.type.path}/{looks.id} without members, and by itself the group is "
            f"answered as if it were gone ({failure.status}): who is in it can't be known.",
            status=failure.status,
        )

    def _believes_rows(self, type: Listed[R]) -> bool:
        """Returns whether a row tells as much as a read of the resource by its id."""
        return self.lists_members() or not issubclass(type.kind, Group)

    def _of(self, type: Listed[R]) -> _Shown:
        return self._shown.setdefault(type.path, _Shown())


@dataclass(slots=True)
class _Shown:
    """Holds what was shown of one resource type in this run."""

    listed: dict[str, str | None] = field(default_factory=dict)
    """Id → name of each resource of the last whole list."""
    found: dict[str, str] = field(default_factory=dict)
    """Id → name of each resource that a filter or a create showed."""
    broken: frozenset[str] = frozenset()
    """Ids of rows that can't be read."""
    with_members: set[str] = field(default_factory=set)
    """Ids of groups whose members a list has shown."""
    deleted: set[str] = field(default_factory=set)
    contradicted: set[str] = field(default_factory=set)
    """Ids of resources that exist, though a read by id didn't find them."""
    answered: bool = False
    """Whether a read by id has found anything."""
    refusal: errors.RequestError | None = None
    """The error of reads by id, once they are no longer tried."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: int = 0
    """The number of shared list reads that have begun."""
    last: Listing[Any] | None = None
    """The result of the last shared list read."""

    def has(self, id: str) -> bool:
        """Returns whether a resource was shown."""
        return id in self.listed or id in self.found

    def name_of(self, id: str) -> str | None:
        """Returns the name that it was shown with, None if its row doesn't tell."""
        return self.found.get(id) or self.listed.get(id)

    def forget(self, id: str) -> None:
        """Notes that a resource is gone."""
        self.listed.pop(id, None)
        self.found.pop(id, None)

    def contradict(self, id: str, failure: errors.RequestError) -> None:
        """Notes that a read by id failed for an existing resource; after a few without success, none is tried."""
        self.contradicted.add(id)
        if not self.answered and len(self.contradicted) >= _ENOUGH:
            self.refusal = failure


async def _seen_now(looks: Looks[R], shown: _Shown) -> R | None:
    """Finds the resource by its name, or in a new read of the list: a group may have been renamed."""
    name = shown.name_of(looks.id)
    if name is not None and looks.named is not None:
        named = {item.id: item for item in await looks.named(name)}
        if looks.id in named or issubclass(looks.type.kind, User):
            return named.get(looks.id)
    listing = await _fresh(looks, shown)
    for row in listing.broken:
        if row.id == looks.id:
            raise errors.WrongProtocol(row.message)
    found = next((item for item in listing.items if item.id == looks.id), None)
    if found is None and not listing.completeness.proven:
        place = f"{looks.type.path}/{looks.id}"
        raise errors.Unavailable(f"Whether {place} is there can't be told. {listing.completeness.evidence}")
    return found


async def _fresh(looks: Looks[R], shown: _Shown) -> Listing[R]:
    """Returns a list whose read began after this call: callers during one read share the next one."""
    begun = shown.begun
    async with shown.lock:
        if shown.last is None or shown.begun == begun:
            shown.begun, shown.last = shown.begun + 1, None
            shown.last = await looks.whole()
        return shown.last
