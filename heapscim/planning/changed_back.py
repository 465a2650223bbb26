"""Finds what others changed back since our runs did it: reported the first time, withheld the second, one by one.

Two ledgers on one tenant would otherwise undo each other's changes for ever. A directory that goes back and forth is
another matter: then our own runs did the opposite in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteUser,
    ReactivateUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
    is_about_a_user,
    subject,
)
from heapscim.model.phrases import counted, listed
from heapscim.model.plan import ChangedBack, Plan, Withheld, in_order
from heapscim.model.state import CurrentState, Link, Links, match_key
from heapscim.planning.as_sent import as_last_sent
from heapscim.planning.context import PlanOptions
from heapscim.planning.dependants import without_dependants
from heapscim.planning.impact import admin_notices, impact_of
from heapscim.planning.past import History, Past, Standing
from heapscim.planning.reversibility import shortcomings

_WAITS = "can't be done without what is withheld"
_OFTEN = 2
"""What was changed back this often isn't done again."""


def concerned(plan: Plan, links: Links) -> frozenset[str]:
    """Returns the Heap ids whose history decides about a plan.

    A person or group without a link was never created by us, or was given up since: it has no history that counts.
    """
    return frozenset(id for id in _ids(plan.changes, links) if id is not None)


def _ids(changes: Sequence[Change], links: Links) -> Iterator[str | None]:
    for change in changes:
        match change:
            case CreateUser() | CreateGroup():
                link = _link_of(change, links)
                yield None if link is None else link.id
            case _:
                yield change.id
        if isinstance(change, AddMembers | RemoveMembers):
            yield from (member.id for member in change.members)


def _link_of(change: CreateUser | CreateGroup, links: Links) -> Link | None:
    tied = links.users_by_external_id if isinstance(change, CreateUser) else links.groups_by_external_id
    return tied.get(change.external_id or "")


@dataclass(frozen=True, slots=True)
class Ground:
    """Holds what a plan was made of, so that its impact can be counted again."""

    current: CurrentState
    links: Links
    options: PlanOptions


def held_against(plan: Plan, history: History, ground: Ground, *, allowed: int = 0) -> Plan:
    """Withholds what others changed back twice, unless that is at most ``allowed`` changes, and reports all of it."""
    if not plan.changes:
        return plan
    past = _Known(Past(history), ground.links)
    judged = tuple(_judged(change, past) for change in plan.changes)
    found = tuple(entry for entry in judged if entry.once or entry.twice)
    if not found:
        return plan
    kept, withheld = _withheld(judged)
    # An allowance lets all of it pass or none: doing a part would leave the rest to be fought over.
    refused = len(withheld) > allowed
    noted = replace(
        plan,
        changed_back=tuple(back for entry in found for back in _backs(entry, refused=refused)),
        notices=(*plan.notices, _notice(found)),
    )
    return _only(noted, kept, withheld, ground) if refused else noted


class _Known:
    """Knows what our runs left behind, for accounts and groups that are still managed."""

    def __init__(self, past: Past, links: Links) -> None:
        self.changed_back = past.changed_back
        self._past = past
        self._links = links

    def gone(self, change: CreateUser | CreateGroup) -> Standing | None:
        """Returns what our runs know of an account or group that they created and that is gone from Heap."""
        # A link to another resource means that the creation was given up since: then its absence is no surprise.
        link = _link_of(change, self._links)
        if link is None or link.id != self._past.made(change):
            return None
        fact = ("account" if isinstance(change, CreateUser) else "group", change.external_id or "")
        return self._past.changed_back(fact, wanted=match_key(subject(change)))


@dataclass(frozen=True, slots=True)
class _Judged:
    """Parts a change into what may be done and what others have changed back too often."""

    change: Change
    kept: Change | None
    held: Change | None = None
    once: Mapping[str, Standing] | None = None
    """What was changed back for the first time, by attribute path or by userName of a member; ``""`` for the whole."""
    twice: Mapping[str, Standing] | None = None


def _judged(change: Change, past: _Known) -> _Judged:
    match change:
        case ReactivateUser() if (standing := past.changed_back(("access", change.id), wanted=True)) is not None:
            # Access and attributes are two matters: others may take back the one and leave the other as it is.
            rest = _by_path(change, past)
            if standing.times >= _OFTEN:
                return _Judged(change, None, change, None, {"": standing, **(rest.twice or {})})
            return replace(rest, once={"": standing, **(rest.once or {})})
        case ReactivateUser() | UpdateUser():
            return _by_path(change, past)
        case AddMembers() | RemoveMembers():
            return _by_member(change, past)
        case _:
            return _as_a_whole(change, past)


def _as_a_whole(change: Change, past: _Known) -> _Judged:
    standing = _standing(change, past)
    if standing is None:
        return _Judged(change, change)
    if standing.times < _OFTEN:
        return _Judged(change, change, once={"": standing})
    return _Judged(change, None, change, twice={"": standing})


def _standing(change: Change, past: _Known) -> Standing | None:
    match change:
        case CreateUser() | CreateGroup():
            return past.gone(change)
        case DeactivateUser() | DeleteUser():
            return past.changed_back(("access", change.id), wanted=False)
        case RenameGroup():
            return past.changed_back(("name", change.id), wanted=change.new_name)
        case _:
            return None


def _by_path(change: UpdateUser | ReactivateUser, past: _Known) -> _Judged:
    facts = {
        path: past.changed_back(("attribute", change.id, path), wanted=value) for path, value in change.after.items()
    }
    once, twice = _parted(facts)
    if not twice:
        return _Judged(change, change, once=once)
    before, after = (
        {path: value for path, value in values.items() if path not in twice} for values in (change.before, change.after)
    )
    kept = replace(change, before=before, after=after) if after or isinstance(change, ReactivateUser) else None
    # Withheld attributes become a change of their own, so that the plan can show and count them.
    held = UpdateUser(
        change.id,
        change.external_id,
        change.user_name,
        {path: change.before.get(path) for path in twice},
        {path: change.after[path] for path in twice},
        change.reason,
    )
    return _Judged(change, kept, held, once, twice)


def _by_member(change: AddMembers | RemoveMembers, past: _Known) -> _Judged:
    joining = isinstance(change, AddMembers)
    # A member without an id is created by this plan: no earlier run can have added or removed them.
    facts = {
        member.id: past.changed_back(("member", change.id, member.id), wanted=joining)
        for member in change.members
        if member.id is not None
    }
    once, twice = _parted(facts)
    names = {member.id: member.user_name for member in change.members if member.id is not None}
    said_once, said_twice = ({names[id]: standing for id, standing in part.items()} for part in (once, twice))
    if not twice:
        return _Judged(change, change, once=said_once)
    staying = tuple(member for member in change.members if member.id not in twice)
    kept = replace(change, members=staying) if staying else None
    held = replace(change, members=tuple(member for member in change.members if member.id in twice))
    return _Judged(change, kept, held, said_once, said_twice)


def _parted(facts: Mapping[str, Standing | None]) -> tuple[dict[str, Standing], dict[str, Standing]]:
    """Parts what was changed back once from what was changed back more often."""
    known = {key: standing for key, standing in facts.items() if standing is not None}
    once = {key: standing for key, standing in known.items() if standing.times < _OFTEN}
    return once, {key: standing for key, standing in known.items() if key not in once}


def _backs(entry: _Judged, *, refused: bool) -> Iterator[ChangedBack]:
    for standings, withheld in ((entry.once, False), (entry.twice, refused)):
        if standings:
            change = entry.change
            type: Literal["user", "group"] = "user" if is_about_a_user(change) else "group"
            what = tuple(sorted(key for key in standings if key))
            times = min(standing.times for standing in standings.values())
            yield ChangedBack(type, subject(change), change.kind, what, _newest(standings), times, withheld)


def _newest(standings: Mapping[str, Standing]) -> str:
    return max(standings.values(), key=lambda standing: standing.place).run


def _notice(found: Sequence[_Judged]) -> str:
    """Names all accounts and groups that were changed back, and the first of the runs that had changed them."""
    standings = [
        standing for entry in found for part in (entry.once, entry.twice) for standing in (part or {}).values()
    ]
    first = min(standings, key=lambda standing: standing.place)
    names: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for entry in found:
        names[is_about_a_user(entry.change)][subject(entry.change)] = None
    people, groups = names[True], names[False]
    what = " and ".join(counted(len(some), noun) for some, noun in ((people, "account"), (groups, "group")) if some)
    were = "was" if len(people) + len(groups) == 1 else "were"
    return (
        f"{what} {were} changed back by somebody else since run {first.run}: {listed((*people, *groups))}. "
        "Another ledger, another tool or a person in Heap is at work on the same."
    )


def _withheld(judged: Sequence[_Judged]) -> tuple[tuple[Change, ...], tuple[Withheld, ...]]:
    """Parts what is done of a plan from what isn't: what was changed back too often, and what depends on that."""
    held: list[tuple[Change, str]] = []
    for entry in judged:
        if entry.held is not None and entry.twice:
            times = min(standing.times for standing in entry.twice.values())
            newest = _newest(entry.twice)
            held.append((entry.held, f"changed back {times} times by somebody else, the last time since run {newest}"))
    # A change may need a withheld one: a person whose account is withheld can't join a group.
    kept, waiting = without_dependants(
        [entry.kept for entry in judged if entry.kept is not None], [change for change, _ in held]
    )
    withheld = [
        *(Withheld(*entry, "changed_back") for entry in held),
        *(Withheld(change, _WAITS, "changed_back") for change in waiting),
    ]
    return tuple(kept), tuple(withheld)


def _only(plan: Plan, kept: Sequence[Change], withheld: tuple[Withheld, ...], ground: Ground) -> Plan:
    """Reduces a plan to the changes that are kept, and counts again what they come to."""
    changes, options = in_order(kept), ground.options
    # A role change that is withheld isn't announced any more; all other notices stay as they are.
    unsaid = set(admin_notices(plan.changes, options.admin_role)) - set(admin_notices(changes, options.admin_role))
    removals = (entry.change for entry in withheld if isinstance(entry.change, RemoveMembers))
    staying = {(member.user_name, change.name) for change in removals for member in change.members}
    return replace(
        plan,
        changes=changes,
        withheld=(*plan.withheld, *withheld),
        covered=tuple(entry for entry in plan.covered if (entry.user_name, entry.lost) not in staying),
        impact=impact_of(changes, as_last_sent(ground.current, ground.links, options.unreadable)),
        shortcomings=shortcomings(changes, options),
        notices=tuple(notice for notice in plan.notices if notice not in unsaid),
    )
