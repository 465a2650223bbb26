"""Breaks rename cycles, in which groups wait for each other's names: one of them gets an interim name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heapscim.model.changes import Change, RenameGroup
from heapscim.model.state import match_key


def stepping_aside(waiting: Iterable[Change]) -> RenameGroup | None:
    """Returns a rename out of a rename cycle; None if there is no cycle."""
    renames = [change for change in waiting if isinstance(change, RenameGroup)]
    holders = {match_key(change.name): change for change in renames}
    return next((change for change in renames if any(found is change for found in _behind(change, holders))), None)


def interim_name(change: RenameGroup) -> str:
    """Returns a unique name for a group that steps aside; if a sync is cut off here, the next one renames it."""
    return f"{change.new_name} ({change.id})"


def _behind(change: RenameGroup, holders: dict[str, RenameGroup]) -> Iterator[RenameGroup]:
    """Yields who has the name that a rename waits for, who has the name that that one waits for, and so on."""
    found = holders.get(match_key(change.new_name))
    for _ in range(len(holders)):
        if found is None:
            return
        yield found
        found = holders.get(match_key(found.new_name))
