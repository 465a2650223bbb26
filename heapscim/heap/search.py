"""Searches for what creates in doubt may have created: in a whole list, and by name for what that lacks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Generic

from heapscim import errors
from heapscim.execution.ports import Sought
from heapscim.heap.forms import Known
from heapscim.heap.lookup import all_of
from heapscim.model.state import Kind, match_key
from heapscim.scim.client import ResourceType, ScimClient
from heapscim.scim.received import I, Listing, R
from heapscim.scim.resources import Resource


@dataclass(frozen=True, slots=True)
class Search(Generic[R]):
    """Holds what a search has found, as SCIM resources."""

    named: tuple[R, ...]
    unexplained: tuple[R, ...]
    known: frozenset[str]
    doubt: str | None


class Searching:
    """Knows what existed when the lists were read, and what is known of a tenant's names."""

    def __init__(self, client: ScimClient, known: Known) -> None:
        self._client = client
        self._known = known
        self._there: dict[str, tuple[str, ...]] = {}

    def remember(self, type: ResourceType[Any], listing: Listing[I]) -> None:
        """Keeps what existed at the first read of this type: later reads may hold what the run itself has created."""
        self._there.setdefault(type.path, tuple(item.id for item in listing.items))

    async def search(self, type: ResourceType[R], sought: Sought) -> Search[R]:
        """Reads a list, and filters for each name that it lacks and that must be known for sure."""
        listing = await self._client.read_all(type)
        keys = {match_key(name) for name in sought.names}
        named = [item for item in listing.items if _key(item) in keys]
        lacking = keys - {_key(item) for item in named}
        doubt = None if listing.completeness.proven else listing.completeness.evidence
        try:
            named += await self._filtered(type, [name for name in sought.for_sure if match_key(name) in lacking])
        except errors.Unavailable as error:
            doubt = doubt or error.message
        known = sought.known
        if known is None and type.path in self._there:
            known = frozenset(self._there[type.path])
        strangers = () if known is None else _strangers(listing, known | sought.explained, keys | sought.expected)
        there = frozenset() if sought.known is not None or known is None else known
        unique = {item.id: item for item in named}
        return Search(tuple(unique.values()), strangers, there & unique.keys(), doubt)

    async def _filtered(self, type: ResourceType[R], names: list[str]) -> list[R]:
        """Returns what filters find; the first one shows whether they work, so that no list is read for each name."""
        if not names or self._client.filters is False:
            return []
        found = [await self._client.find(type, names[0])]
        if self._client.filters:
            found += await all_of(self._client.find(type, name) for name in names[1:])
        return [item for items in found for item in items]

    def names_are_unique(self, kind: Kind) -> bool:
        """Returns whether this tenant is known to refuse a second resource of one name."""
        dialect = self._known.dialect
        return (dialect.unique_user_names if kind == "user" else dialect.unique_group_names) == "yes"

    def note_unique_names(self, kind: Kind) -> None:
        """Remembers that the tenant refuses a second resource of one name, unless a setting says otherwise."""
        name = f"unique_{kind}_names"
        if getattr(self._known.dialect, name) == "auto":
            self._known.learn(**{name: "yes"})


def _strangers(listing: Listing[R], known: Collection[str], keys: Collection[str]) -> tuple[R, ...]:
    return tuple(item for item in listing.items if item.id not in known and _key(item) not in keys)


def _key(item: Resource) -> str:
    return match_key(item.shown_name)
