"""Reads by id what a list shows in a form that can't be understood: the single resource may well be in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from heapscim.execution.batch_lookup import ask_each
from heapscim.model.completeness import Completeness, Doubt
from heapscim.model.phrases import counted
from heapscim.scim.received import BrokenRow, I, Listing


async def with_single_rows(listing: Listing[I], look: Callable[[str], Awaitable[I | None]]) -> Listing[I]:
    """Returns a list with the broken rows that can be read by their ids; the others stay broken."""
    count = Counter(row.id for row in listing.broken)
    ids = [id for id, rows in count.items() if id is not None and rows == 1]  # an id of several rows is nobody's
    if not ids:
        return listing
    seen = await ask_each(ids, look)
    found = {id: item for id, item in seen.found.items() if item is not None}
    gone = seen.found.keys() - found.keys()
    broken = [row for row in listing.broken if row.id not in found and row.id not in gone]
    items = {item.id: item for item in (*listing.items, *found.values())}
    return replace(
        listing,
        items=tuple(items.values()),
        broken=tuple(broken),
        completeness=_completeness(listing, found.keys() | gone, broken),
    )


def _completeness(listing: Listing[I], settled: set[str], broken: list[BrokenRow]) -> Completeness:
    """Proves a list that was doubted only for those rows, once all of them have been read by id."""
    if listing.completeness.proven or listing.doubts != {Doubt.NAMELESS}:
        return listing.completeness
    if any(row.id is None or row.name is None for row in broken):
        return listing.completeness
    evidence = f"{listing.completeness.evidence} {counted(len(settled), 'row')} asked for by id."
    return Completeness(proven=True, evidence=evidence, method="asked")
