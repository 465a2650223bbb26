"""Looks up several resources in as few requests as the tenant allows: one by one, or with one read of the list."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Collection, Iterable
from typing import Any, TypeVar

from heapscim.model.state import match_key
from heapscim.scim.client import GROUPS, ResourceType, ScimClient
from heapscim.scim.received import I, Item, Listing, R
from heapscim.scim.resources import Group, User, name_of

T = TypeVar("T")

_UNKNOWN_COST = 10


class Lookup:
    """Knows how many requests a list takes, and so when a list is cheaper than single reads."""

    def __init__(self, client: ScimClient) -> None:
        self.lists_members = True
        """Whether a list of groups can be believed about members."""
        self._client = client
        self._requests: dict[str, int] = {}

    def remember(self, type: ResourceType[Any], listing: Listing[I]) -> None:
        """Remembers how many requests a list takes; a list of groups without any member isn't worth much."""
        hides = type.path == GROUPS.path and not (self.lists_members and any(map(_shows_members, listing.items)))
        self._requests[type.path] = sys.maxsize if hides and listing.items else listing.requests

    async def look_up(
        self, type: ResourceType[R], ids: Collection[str], names: Collection[str], *, trust_absence: bool
    ) -> tuple[R, ...]:
        """Returns the resources of these ids and names. What a list leaves out is read by its id."""
        if len(ids) + len(names) <= self._requests.get(type.path, _UNKNOWN_COST):
            return await self._one_by_one(type, ids, names)
        listing = await self._client.read_all(type)
        self.remember(type, listing)
        if self._requests[type.path] == sys.maxsize:
            return await self._one_by_one(type, ids, names)
        wanted, keys = set(ids), {match_key(name) for name in names}
        found = tuple(item for item in listing.items if item.id in wanted or match_key(name_of(item)) in keys)
        if trust_absence and listing.completeness.proven:
            return found
        left_out = wanted - {item.id for item in found}
        return (*found, *await self._one_by_one(type, sorted(left_out), ()))

    async def _one_by_one(self, type: ResourceType[R], ids: Collection[str], names: Iterable[str]) -> tuple[R, ...]:
        named = [item for items in await all_of(self._client.find(type, name) for name in names) for item in items]
        whole = [item for item in named if isinstance(item, User)]
        rest = dict.fromkeys((*ids, *(item.id for item in named if not isinstance(item, User))))
        found = await all_of(self._client.get(type, id) for id in rest)
        return (*whole, *(item for item in found if item is not None))


async def all_of(looks: Iterable[Awaitable[T]]) -> tuple[T, ...]:
    """Awaits all of these side by side; raises the first error once all have ended, so that none goes on unseen."""
    ended = await asyncio.gather(*looks, return_exceptions=True)
    found: list[T] = []
    for one in ended:
        if isinstance(one, BaseException):
            raise one
        found.append(one)
    return tuple(found)


def _shows_members(item: Item) -> bool:
    return isinstance(item, Group) and bool(item.member_ids)
