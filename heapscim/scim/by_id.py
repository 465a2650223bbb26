"""Reads one resource by its id, and doesn't believe "gone" about a resource that a list or filter has shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from heapscim import errors
from heapscim.scim.paging import Listed
from heapscim.scim.received import I, Item, Listing
from heapscim.scim.resources import Group, Resource, User

R = TypeVar("R", bound=Resource)

_ENOUGH = 3
"""After so many listed resources that couldn't be read by id, and no success, listed ones aren't asked for by id."""
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Lookup(Generic[R]):
    """Holds what is needed to look one resource up in each possible way. Each way raises RequestError."""

    type: Listed[R]
    id: str
    ask: Callable[[], Awaitable[R]]
    """Reads it by its id; raises NotFound."""
    named: Callable[[str], Awaitable[tuple[R, ...]]] | None
    """Asks for all resources with a name; None if the provider is known not to filter."""
    whole: Callable[[], Awaitable[Listing[R]]]
    """Reads the whole list."""


class ById:
    """Remembers what lists and filters showed in this run, and asks them if a response about one resource is doubtful.

    A provider may not support such requests, or fail for one resource only. A resource that was never shown is believed
    to be gone.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.lists_members: Callable[[], bool] = lambda: True
        """Returns whether the members in a list of groups can be believed."""
        self._shown: dict[str, _Shown] = {}

    def note_list(self, type: Listed[Any], listing: Listing[I]) -> None:
        """Notes what a whole list shows; it replaces an earlier list, unless this one isn't proven complete."""
        shown = self._of(type)
        if listing.completeness.proven:
            shown.listed.clear()
        else:
            shown.index()
        shown.broken = frozenset(row.id for row in listing.broken if row.id is not None)
        shown.listed |= {row.id: row.name for row in listing.broken if row.id is not None}
        shown.unindexed = listing.items

    def note_found(self, type: Listed[Any], items: Collection[Item]) -> None:
        """Notes resources that a filter, or the response to a create, has shown; a list may lack them."""
        self._of(type).found |= {item.id: item.shown_name for item in items}

    def note_deleted(self, type: Listed[R], id: str) -> None:
        """Notes that a resource was deleted, so that a 404 for it is expected."""
        self._of(type).deleted.add(id)

    async def get(self, lookup: Lookup[R]) -> R | None:
        """Returns a resource, or None if there is none.

        Raises RequestError if that, or who is in a group, can't be known.
        """
        shown, id = self._of(lookup.type), lookup.id
        failure = shown.refusal if shown.has(id) else None
        if failure is None:
            try:
                item = await lookup.ask()
            except errors.RequestError as error:
                failure = error
            else:
                shown.answered, shown.refusal = True, None
                return item
        if isinstance(failure, errors.NotFound):
            if not shown.has(id) or (id in shown.deleted and not shown.contradicted):
                return None
        elif not shown.has(id) or not self._may_ask_rows(lookup, failure):
            raise failure
        return await self._look_up_shown(lookup, failure)

    async def _look_up_shown(self, lookup: Lookup[R], failure: errors.RequestError) -> R | None:
        """Looks for a resource that was shown before, by a filter or in a list."""
        shown, id = self._of(lookup.type), lookup.id
        try:
            item = await _seen_now(lookup, shown)
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
        if is_whole and self._believes_rows(lookup.type):
            return item
        raise self._members_unknown(lookup, failure)

    def _may_ask_rows(self, lookup: Lookup[R], failure: errors.RequestError) -> bool:
        """Returns whether a row in a list may replace a failed response: rows can be read, and it is no outage."""
        if lookup.id in self._of(lookup.type).broken or not self._believes_rows(lookup.type):
            return False
        if isinstance(failure, errors.Unavailable):
            return failure.status == _SERVER_ERROR
        return isinstance(
            failure, errors.NotImplementedByService | errors.WrongProtocol | errors.Forbidden | errors.Rejected
        )

    def _members_unknown(self, lookup: Lookup[R], failure: errors.RequestError) -> errors.RequestError:
        """Returns the error for a group that exists but whose members no response shows."""
        if not isinstance(failure, errors.NotFound):
            return failure
        return errors.NotImplementedByService(
            f"{self._provider}'s list shows {lookup.type.path}/{lookup.id} without members, and the "
            f"group alone is reported as gone ({failure.status}): who is in it can't be known.",
            status=failure.status,
        )

    def _believes_rows(self, type: Listed[R]) -> bool:
        """Returns whether a row in a list says as much as a response about the resource alone."""
        return self.lists_members() or not issubclass(type.kind, Group)

    def _of(self, type: Listed[R]) -> _Shown:
        return self._shown.setdefault(type.path, _Shown())


@dataclass(slots=True)
class _Shown:
    """Holds what was shown of one resource type in this run."""

    unindexed: Sequence[Item] = ()
    """What the last whole list showed, until a resource is asked for by its id: few runs do."""
    listed: dict[str, str | None] = field(default_factory=dict)
    """Id → name of each resource in the last whole list."""
    found: dict[str, str] = field(default_factory=dict)
    """The same for those that filters and creates showed."""
    broken: frozenset[str] = frozenset()
    """Ids of rows that can't be read."""
    with_members: set[str] = field(default_factory=set)
    """Ids of groups whose members a list has shown."""
    deleted: set[str] = field(default_factory=set)
    contradicted: set[str] = field(default_factory=set)
    """Ids of resources that exist, though asking for the id failed."""
    answered: bool = False
    """Whether asking for an id has succeeded once."""
    refusal: errors.RequestError | None = None
    """The failure to report at once, if ids are no longer asked for."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: int = 0
    """List reads that have begun for lookups that share them."""
    last: Listing[Any] | None = None
    """What the last of them returned."""

    def index(self) -> None:
        """Takes the last whole list into ``listed`` and ``with_members``."""
        self.listed |= {item.id: item.shown_name for item in self.unindexed}
        self.with_members |= {item.id for item in self.unindexed if isinstance(item, Group) and item.member_ids}
        self.unindexed = ()

    def has(self, id: str) -> bool:
        """Returns whether a resource was shown."""
        self.index()
        return id in self.listed or id in self.found

    def name_of(self, id: str) -> str | None:
        """Returns the name that was shown for a resource, or None if its row has none."""
        return self.found.get(id) or self.listed.get(id)

    def forget(self, id: str) -> None:
        """Notes that a resource is gone."""
        self.listed.pop(id, None)
        self.found.pop(id, None)

    def contradict(self, id: str, failure: errors.RequestError) -> None:
        """Notes that a resource exists though its id failed; after a few, and no success, ids aren't asked for."""
        self.contradicted.add(id)
        if not self.answered and len(self.contradicted) >= _ENOUGH:
            self.refusal = failure


async def _seen_now(lookup: Lookup[R], shown: _Shown) -> R | None:
    """Looks a resource up by its name, or in a fresh list if that can't tell: a group may have been renamed."""
    name = shown.name_of(lookup.id)
    if name is not None and lookup.named is not None:
        named = {item.id: item for item in await lookup.named(name)}
        if lookup.id in named or issubclass(lookup.type.kind, User):
            return named.get(lookup.id)
    listing = await _fresh(lookup, shown)
    for row in listing.broken:
        if row.id == lookup.id:
            raise errors.WrongProtocol(row.message)
    found = next((item for item in listing.items if item.id == lookup.id), None)
    if found is None and not listing.completeness.proven:
        place = f"{lookup.type.path}/{lookup.id}"
        raise errors.Unavailable(f"It isn't known whether {place} exists. {listing.completeness.evidence}")
    return found


async def _fresh(lookup: Lookup[R], shown: _Shown) -> Listing[R]:
    """Returns a list whose read began after this call. Callers that come during one read share the next."""
    begun = shown.begun
    async with shown.lock:
        if shown.last is None or shown.begun == begun:
            shown.begun, shown.last = shown.begun + 1, None
            shown.last = await lookup.whole()
        return shown.last
