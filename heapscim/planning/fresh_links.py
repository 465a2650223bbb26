"""Withholds removals that rest on a fresh link: one that this run made only because a resource looks like ours.

If a create was cut off, a resource that is exactly what it asked for counts as created by it. That is enough to manage
it, and not enough to remove it at once: the next run may do so, and until then a person can object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from heapscim.model.changes import (
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReleaseGroup,
    RemoveMembers,
    RenameGroup,
)
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import Withheld, in_order


@dataclass(frozen=True, slots=True)
class FreshLinks:
    """Holds what became managed by its looks at the beginning of this run: Heap id → the run that asked for it."""

    users: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def with_outcomes(self, run: str, outcomes: Iterable[Outcome]) -> FreshLinks:
        """Adds what the creates of a run turned out to have created, and the accounts that those replace."""
        users, groups = dict(self.users), dict(self.groups)
        for outcome in outcomes:
            match outcome.change:
                case CreateUser() as change if outcome.id is not None:
                    users |= {id: run for id in (outcome.id, change.replaces) if id is not None}
                case CreateGroup() if outcome.id is not None:
                    groups[outcome.id] = run
                case _:
                    pass
        return FreshLinks(users, groups)


NOTHING_FRESH = FreshLinks()


def withhold_fresh(changes: Iterable[Change], fresh: FreshLinks) -> tuple[tuple[Change, ...], tuple[Withheld, ...]]:
    """Parts changes that may be made from removals that rest on fresh links."""
    if not fresh.users and not fresh.groups:
        return tuple(changes), ()
    kept: list[Change] = []
    withheld: list[Withheld] = []
    for change in in_order(changes):
        stays, waits, run = _parted(change, fresh)
        kept += [] if stays is None else [stays]
        withheld += [] if waits is None else [Withheld(waits, _evidence(run))]
    return tuple(kept), tuple(withheld)


def _parted(change: Change, fresh: FreshLinks) -> tuple[Change | None, Change | None, str]:
    """Returns what may be done of a change, what waits, and the run that the fresh link comes from."""
    match change:
        case DeactivateUser() | DeleteUser() if change.id in fresh.users:
            return None, change, fresh.users[change.id]
        case RemoveMembers() | DeleteGroup() | ReleaseGroup() | RenameGroup() if change.id in fresh.groups:
            return None, change, fresh.groups[change.id]
        case RemoveMembers() if any(member.id in fresh.users for member in change.members):
            return _parted_members(change, fresh.users)
        case _:
            return change, None, ""


def _parted_members(change: RemoveMembers, fresh: Mapping[str, str]) -> tuple[Change | None, Change | None, str]:
    waiting = tuple(member for member in change.members if member.id in fresh)
    leaving = tuple(member for member in change.members if member not in waiting)
    rest = replace(change, members=leaving) if leaving else None
    return rest, replace(change, members=waiting), fresh[waiting[0].id or ""]


def _evidence(run: str) -> str:
    return (
        f"Only a look tells that run {run}, which was cut off, made the account or group. "
        "See that it is yours: the next run goes on with it."
    )
