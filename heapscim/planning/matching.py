"""Matching: which account in Heap is which person. By ledger link first, then by name; never by a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from heapscim.model.caseless import caseless, folded
from heapscim.model.plan import Conflict
from heapscim.model.state import (
    Broken,
    CurrentGroup,
    CurrentState,
    CurrentUser,
    DesiredGroup,
    DesiredState,
    DesiredUser,
    Link,
    Links,
)
from heapscim.planning.namesakes import Named, namesakes


class _Wanted(Protocol):
    @property
    def external_id(self) -> str: ...
    @property
    def match_key(self) -> str: ...


D = TypeVar("D", bound=DesiredUser | DesiredGroup)
C = TypeVar("C", bound=Named)


@dataclass(frozen=True, slots=True)
class Pair(Generic[D, C]):
    """A person and their account, or a bound group and its counterpart."""

    desired: D
    current: C
    linked: bool
    """False for what is taken over by its name."""


GroupPair: TypeAlias = Pair[DesiredGroup, CurrentGroup]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Who is who. Whoever is named in a conflict is in no other list: nothing is done to them."""

    users: tuple[Pair[DesiredUser, CurrentUser], ...]
    missing_users: tuple[DesiredUser, ...]
    """People without an account."""
    renamed: tuple[Pair[DesiredUser, CurrentUser], ...]
    """People whose linked account has another userName: a Conflict unless replacing was asked for (article row 5)."""
    groups: tuple[Pair[DesiredGroup, CurrentGroup], ...]
    missing_groups: tuple[DesiredGroup, ...]
    conflicts: tuple[Conflict, ...]
    disputed_users: frozenset[str] = frozenset()
    """Heap ids of accounts that somebody in scope may have, of which nobody can tell: left alone in every way."""
    disputed_groups: frozenset[str] = frozenset()
    """Heap ids of groups, likewise."""
    held_users: frozenset[str] = frozenset()
    """External ids of everybody whose linked account can't be read: left alone in every way."""
    making_way: frozenset[str] = frozenset()
    """Heap ids of groups that this plan deletes, and whose names others are to have."""


def pair(desired: DesiredState, current: CurrentState, links: Links) -> Pairing:
    """Pairs people with accounts, and bound groups with Heap groups, by link and then by name."""
    held_users = _held(current.users, current.broken_of("user"), links.users)
    held_groups = _held(current.groups, current.broken_of("group"), links.groups)
    users = _pair([user for user in desired.users if not held_users.holds(user)], current.users, links.users)
    teams = [group for group in desired.groups or () if not held_groups.holds(group)]
    groups = _pair(teams, current.groups, links.groups)
    missing_users, twice = namesakes("user", users.missing, *users.others(current.users, links.users), links.users)
    missing_groups, twice_groups = namesakes(
        "group", groups.missing, *groups.others(current.groups, links.groups), links.groups
    )
    renamed = tuple(found for found in users.paired if _is_renamed(found))
    doomed = _doomed(desired, current, links, groups)
    taken = _waiting_in_vain(groups.paired, [group for group in current.groups if group.id not in doomed])
    vain = {found.current.id for found in taken}
    leaving = {found.current.id for found in groups.paired if _is_renamed(found) and found.current.id not in vain}
    following = {group.external_id for group, ids in groups.ambiguous if len(ids) == 1 and ids[0] in leaving}
    return Pairing(
        users=tuple(found for found in users.paired if not _is_renamed(found)),
        missing_users=missing_users,
        renamed=renamed,
        groups=tuple(found for found in groups.paired if found.current.id not in vain),
        missing_groups=(
            *missing_groups,
            *(group for group, _ in groups.ambiguous if group.external_id in following),
        ),
        conflicts=(
            *(_ambiguous("accounts", user.user_name, ids) for user, ids in users.ambiguous),
            *(
                _ambiguous("groups", group.name, ids)
                for group, ids in groups.ambiguous
                if group.external_id not in following
            ),
            *map(_taken, taken),
            *(_mistaken("account", user.user_name, account.user_name, account.id) for user, account in users.mistaken),
            *(_mistaken("group", group.name, found.name, found.id) for group, found in groups.mistaken),
            *twice,
            *(() if desired.groups is None else twice_groups),
        ),
        disputed_users=users.disputed,
        disputed_groups=groups.disputed,
        held_users=held_users.external_ids,
        making_way=_making_way(groups.paired, vain, doomed),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """Whose account or group is there and can't be read."""

    external_ids: frozenset[str]
    keys: frozenset[str | None]
    """Names of what can't be read."""
    known: frozenset[str]
    """External ids of those whose own account or group can be read, whatever else bears its name."""

    def holds(self, wanted: _Wanted) -> bool:
        """Whether this person's account, or this group's counterpart, is one of those."""
        if wanted.external_id in self.external_ids:
            return True
        return wanted.match_key in self.keys and wanted.external_id not in self.known


def _held(found: Iterable[Named], broken: Iterable[Broken], links: Iterable[Link]) -> _Held:
    broken = tuple(broken)
    if not broken:
        return _Held(frozenset(), frozenset(), frozenset())
    unread, read = {one.id for one in broken}, {one.id for one in found}
    return _Held(
        external_ids=frozenset(link.external_id for link in links if link.id in unread),
        keys=frozenset(one.match_key for one in broken),
        known=frozenset(link.external_id for link in links if link.id in read),
    )


@dataclass(frozen=True, slots=True)
class _Matched(Generic[D, C]):
    paired: tuple[Pair[D, C], ...]
    missing: tuple[D, ...]
    ambiguous: tuple[tuple[D, tuple[str, ...]], ...]
    disputed: frozenset[str]
    """Candidates of the ambiguous that are linked to nobody else who is wanted, and what was mistaken for another."""
    mistaken: tuple[tuple[D, C], ...] = ()
    """What heapscim 0.1 may have taken over for somebody whose name it confused with another."""

    def others(self, found: Iterable[C], links: Iterable[Link]) -> tuple[list[C], frozenset[str]]:
        """What has no conflict of its own, and the Heap ids of what is linked or taken over by its name."""
        managed = frozenset(link.id for link in links) | {pair.current.id for pair in self.paired}
        return [item for item in found if item.id not in self.disputed], managed


def _pair(wanted: Sequence[D], found: Sequence[C], links: Sequence[Link]) -> _Matched[D, C]:
    by_id = {item.id: item for item in found}
    by_name = _by_name(found)
    link_of = {link.external_id: link.id for link in links}
    claimed = {link_of[item.external_id] for item in wanted if item.external_id in link_of}
    claimed |= {link.id for link in links if link.is_replaced}
    before = _confused(wanted, by_id, links)
    paired: list[Pair[D, C]] = []
    missing: list[D] = []
    ambiguous: list[tuple[D, tuple[str, ...]]] = []
    for item in wanted:
        linked = by_id.get(link_of.get(item.external_id, ""))
        if linked is not None:
            paired.append(Pair(item, linked, linked=True))
            continue
        candidates = by_name.get(item.match_key, ())
        if not candidates and item.external_id in before:
            continue
        if not candidates:
            missing.append(item)
        elif len(candidates) == 1 and candidates[0].id not in claimed:
            paired.append(Pair(item, candidates[0], linked=False))
        else:
            ambiguous.append((item, tuple(candidate.id for candidate in candidates)))
    theirs = {found.current.id for found in paired}
    mistaken = [(item, before[item.external_id]) for item in wanted if item.external_id in before]
    mistaken = [(item, found) for item, found in mistaken if found.id not in theirs]
    disputed = frozenset(id for _, ids in ambiguous for id in ids) - claimed
    disputed |= {found.id for _, found in mistaken}
    return _Matched(tuple(paired), tuple(missing), tuple(ambiguous), disputed, tuple(mistaken))


def _confused(wanted: Sequence[D], by_id: Mapping[str, C], links: Sequence[Link]) -> Mapping[str, C]:
    """External ids of people who are new and have no id but their name → what 0.1 linked by a name it took for theirs.

    It may have been linked for them, or for somebody whose name has the letters that case folding puts in (ss for ß).
    """
    ids, linked = {item.external_id for item in wanted}, {link.external_id for link in links}
    new = {
        folded(item.match_key): item
        for item in wanted
        if item.external_id == item.match_key and item.external_id not in linked
    }
    found: dict[str, C] = {}
    for link in links if new else ():
        item = new.get(folded(link.external_id))
        live = link.id in by_id and getattr(by_id[link.id], "active", True)
        if item is not None and live and link.external_id not in ids and caseless(link.external_id) != item.match_key:
            found[item.external_id] = by_id[link.id]
    return found


def _by_name(found: Iterable[C]) -> Mapping[str, tuple[C, ...]]:
    names: defaultdict[str, tuple[C, ...]] = defaultdict(tuple)
    for item in found:
        names[item.match_key] += (item,)
    return names


def _is_renamed(found: Pair[D, C]) -> bool:
    return found.desired.match_key != found.current.match_key


def _ambiguous(noun: str, name: str, ids: tuple[str, ...]) -> Conflict:
    return Conflict(
        "ambiguous",
        name,
        f"{name} could be any of {len(ids)} {noun} in Heap (ids {', '.join(ids)})."
        if len(ids) > 1
        else f"{name} is the name of id {ids[0]} in Heap, which belongs or belonged to somebody else in the directory.",
        "Leave one of that name in Heap, or correct the name in the directory.",
    )


def _mistaken(noun: str, name: str, other: str, id: str) -> Conflict:
    return Conflict(
        "ambiguous",
        name,
        f"Heap's {noun} {other} (id {id}) was managed by a name that heapscim 0.1 took for {name}: "
        "whether it is theirs can't be told, so it is left as it is.",
        f"If it is theirs, write {other} in the directory. If it is somebody else's who belongs there, add {other}. "
        "If it is somebody's who left, deactivate or delete it by hand.",
    )


def _taken(found: GroupPair) -> Conflict:
    return Conflict(
        "taken",
        found.desired.name,
        f"{found.current.name} can't be renamed to {found.desired.name}: another group in Heap has that name.",
        "Rename or delete that group in Heap, then sync once more.",
    )


def _doomed(
    desired: DesiredState, current: CurrentState, links: Links, groups: _Matched[DesiredGroup, CurrentGroup]
) -> Mapping[str, CurrentGroup]:
    """Managed groups that are gone from the directory, by Heap id; none whose deletion nothing proves."""
    if desired.groups is None or not desired.lists_groups:
        return {}
    listed = {group.external_id for group in desired.groups} | desired.unbound_group_ids
    kept = {found.current.id for found in groups.paired} | groups.disputed
    unlisted = [link for link in links.groups if link.external_id not in listed]
    proven, asked = desired.completeness.proven, desired.gone_groups
    gone = {link.id for link in unlisted if proven or link.external_id in asked} - kept
    if not current.groups_completeness.proven:
        gone &= current.asked_groups
    return {group.id: group for group in current.groups if group.id in gone}


def _making_way(
    paired: Iterable[GroupPair], vain: Collection[str], doomed: Mapping[str, CurrentGroup]
) -> frozenset[str]:
    wanted = {found.desired.match_key for found in paired if _is_renamed(found) and found.current.id not in vain}
    return frozenset(id for id, group in doomed.items() if group.match_key in wanted)


def _waiting_in_vain(groups: Sequence[GroupPair], current: Iterable[CurrentGroup]) -> tuple[GroupPair, ...]:
    """Renames to a name whose holder keeps it. A holder that is renamed itself makes way, unless it waits in vain."""
    holders = _by_name(current)
    waiting = {found.current.id: found for found in groups if _is_renamed(found)}
    behind: defaultdict[str, list[str]] = defaultdict(list)
    stuck: list[str] = []
    for id, found in waiting.items():
        for holder in holders.get(found.desired.match_key, ()):
            behind[holder.id].append(id)
            if holder.id not in waiting:
                stuck.append(id)
    vain: set[str] = set()
    while stuck:
        id = stuck.pop()
        if id not in vain:
            vain.add(id)
            stuck.extend(behind[id])
    return tuple(found for found in groups if found.current.id in vain)
