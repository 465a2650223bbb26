"""Reads a list in other ways, for a provider whose plain pages prove nothing, and finds the way that proves it.

Each way is plain RFC 7644: sorted pages (§3.4.2.3), one page of everything (§3.4.2.4), a search by POST (§3.4.3).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from heapscim import errors
from heapscim.model.completeness import Doubt
from heapscim.scim.received import I, Listing

Way: TypeAlias = Literal["pages", "one_page", "search", "sorted_by_id", "sorted_by_name"]
WAYS: tuple[Way, ...] = get_args(Way)
Read: TypeAlias = "Callable[[Way], Awaitable[Listing[I]]]"

_MAY_HELP: Mapping[Doubt, tuple[Way, ...]] = {
    Doubt.PAGE_FAILED: ("one_page", "search"),
    Doubt.MOVED: ("one_page", "sorted_by_id", "sorted_by_name", "search"),
    Doubt.CHANGED: (),
    Doubt.BEGINS_AGAIN: ("search",),
    Doubt.MISCOUNTED: ("one_page", "search"),
    Doubt.NAMELESS: (),
}
"""The ways to try for each doubt, the cheapest first."""


async def read_proven(read: Read[I], first: Way | None) -> tuple[Listing[I], Way | None]:
    """Reads a list in the way that is known to prove it, or in plain pages, and in other ways if that proves nothing.

    Returns the way that proved it. None means that no way did: then the listing holds all that any of them returned.
    Raises the last error if no way returned a page. If ``first`` is "pages", no other way is tried.
    """
    brought: list[Listing[I]] = []
    failure: errors.RequestError | None = None
    ways = _Ways(first or "pages", fixed=first == "pages")
    while (way := ways.following(brought)) is not None:
        try:
            listing = await read(way)
        except errors.Unauthenticated:
            raise
        except errors.RequestError as error:
            if way == "pages" and not brought:
                raise
            failure = error
            continue
        if listing.completeness.proven:
            return listing, way
        brought.append(listing)
    if not brought and failure is not None:
        raise failure
    return _all_of(brought), None


class _Ways:
    """Decides which way comes next."""

    def __init__(self, first: Way, *, fixed: bool) -> None:
        self._waiting: list[Way] = [first] if first == "pages" else [first, "pages"]
        self._tried: set[Way] = set()
        self._fixed = fixed

    def following(self, brought: Sequence[Listing[I]]) -> Way | None:
        """Returns the next way to try for the doubts that are left, or None if there is none."""
        if not self._waiting and not self._fixed:
            doubts = brought[-1].doubts if brought else frozenset()
            self._fixed = True
            found = [way for doubt in Doubt if doubt in doubts for way in _MAY_HELP[doubt]]
            self._waiting = [way for way in dict.fromkeys(found) if way not in self._tried]
        if not self._waiting:
            return None
        self._tried.add(self._waiting[0])
        return self._waiting.pop(0)


def _all_of(brought: Sequence[Listing[I]]) -> Listing[I]:
    first = brought[0]
    items = {item.id: item for listing in reversed(brought) for item in listing.items}
    broken = {row.id or row.message: row for listing in brought for row in listing.broken if row.id not in items}
    requests = sum(listing.requests for listing in brought)
    return Listing(tuple(items.values()), first.completeness, requests, tuple(broken.values()), first.doubts)
