"""Defers the removal of a person who left, until a grace period has passed since a sync first saw it proven.

Until then the account keeps all it has: access, and the groups that hold it. A person whom the directory suspends
itself, or whose account is replaced, gets no grace. A clock that went back, or a lost memo, starts the time again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from heapscim.model.changes import Change, DeactivateUser, DeleteUser, RemoveMembers
from heapscim.model.plan import Deferred, Plan
from heapscim.model.state import match_key


@dataclass(frozen=True, slots=True)
class Grace:
    """Holds how long a removal waits, and since when earlier syncs have seen people leave."""

    seconds: float = 0.0
    """0: no removal waits."""
    now: float = 0.0
    """Seconds since 1970."""
    since: Mapping[str, float] = field(default_factory=dict)
    """External id → when a sync first saw that the person left, proven."""
    at_once: frozenset[str] = frozenset()
    """Names and ids of people whose removal doesn't wait."""

    def began(self, external_id: str) -> float:
        """Returns since when a person is leaving: from now on, if no sync has seen it, or one in the future."""
        since = self.since.get(external_id, self.now)
        return min(since, self.now)

    def is_waived(self, change: DeactivateUser | DeleteUser) -> bool:
        """Reports whether a person was named whose removal doesn't wait."""
        names = {change.id, change.external_id, match_key(change.user_name)}
        return not names.isdisjoint(self.at_once.union(map(match_key, self.at_once)))


NO_GRACE = Grace()


def defer(
    changes: Iterable[Change], grace: Grace, *, no_leavers: Collection[str]
) -> tuple[tuple[Change, ...], tuple[Deferred, ...]]:
    """Parts changes for now from removals of leavers whose grace hasn't passed; these keep their memberships, too.

    ``no_leavers`` are external ids of people whose removal has another reason.
    """
    every = tuple(changes)
    if not grace.seconds:
        return every, ()
    deferred: dict[str, Deferred] = {}
    for change in every:
        if isinstance(change, DeactivateUser | DeleteUser) and change.external_id not in no_leavers:
            since = grace.began(change.external_id or change.id)
            due = since + grace.seconds
            if due > grace.now and not grace.is_waived(change):
                deferred[change.id] = Deferred(change, since, due)
    kept: list[Change] = []
    for change in every if deferred else ():
        if isinstance(change, RemoveMembers):
            members = tuple(member for member in change.members if member.id not in deferred)
            kept += [replace(change, members=members)] if members else []
        elif not (isinstance(change, DeactivateUser | DeleteUser) and change.id in deferred):
            kept.append(change)
    return tuple(kept) if deferred else every, tuple(deferred.values())


def departures_after(plan: Plan, grace: Grace) -> Mapping[str, float]:
    """Returns since when each person is leaving, as a sync that made this plan knows it, for later syncs.

    A removal that is due and may still be refused keeps its time; one that isn't proven starts none.
    """
    found = {entry.change.external_id or entry.change.id: entry.since for entry in plan.deferred}
    for change in (*plan.changes, *(entry.change for entry in plan.withheld)):
        if isinstance(change, DeactivateUser | DeleteUser):
            id = change.external_id or change.id
            found |= {id: grace.began(id)} if id in grace.since else {}
    return found


def departures_to_text(departures: Mapping[str, float]) -> str:
    """Returns departures as a ledger keeps them."""
    return json.dumps(dict(sorted(departures.items())), ensure_ascii=False)


def departures_from_text(text: str) -> Mapping[str, float]:
    """Reads departures back; none from a text that can't be read, so that their time starts again."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(id): float(since) for id, since in pairs if isinstance(since, int | float)}
