"""Group names that pass from one group to another within a plan: which group must step aside for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heapscim.model.changes import Change, RenameGroup
from heapscim.model.state import match_key


def stepping_aside(waiting: Iterable[Change]) -> RenameGroup | None:
    """A rename out of a circle of renames that all wait for each other's names; None where there is no circle."""
    renames = [change for change in waiting if isinstance(change, RenameGroup)]
    holders = {match_key(change.name): change for change in renames}
    return next((change for change in renames if any(found is change for found in _behind(change, holders))), None)


def interim_name(change: RenameGroup) -> str:
    """A name nobody else has, for a group that steps aside; a sync that is cut off here renames it next time."""
    return f"{change.new_name} ({change.id})"


def _behind(change: RenameGroup, holders: dict[str, RenameGroup]) -> Iterator[RenameGroup]:
    """Who holds the name that a rename waits for, who holds the name that one waits for, and so on."""
    found = holders.get(match_key(change.new_name))
    for _ in range(len(holders)):
        if found is None:
            return
        yield found
        found = holders.get(match_key(found.new_name))
