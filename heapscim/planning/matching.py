"""Matches people to accounts, and bound groups to Heap groups: by ledger link first, then by name, never by a guess.

What can't be decided safely is a conflict, and nothing is done to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from heapscim.model.caseless import caseless, folded
from heapscim.model.desired import DesiredGroup, DesiredState, DesiredUser
from heapscim.model.plan import Conflict
from heapscim.model.state import Broken, CurrentGroup, CurrentState, CurrentUser, Kind, Link, Links
from heapscim.planning import email_addresses
from heapscim.planning.namesakes import Named, ambiguous, mistaken, namesakes

D = TypeVar("D", bound=DesiredUser | DesiredGroup)
C = TypeVar("C", bound=Named)


@dataclass(frozen=True, slots=True)
class Pair(Generic[D, C]):
    """Ties a person to their account, or a bound group to its counterpart in Heap."""

    desired: D
    current: C
    linked: bool
    """False if it was found by its name: it is taken over."""


UserPair: TypeAlias = Pair[DesiredUser, CurrentUser]
GroupPair: TypeAlias = Pair[DesiredGroup, CurrentGroup]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Says who is who. A person or group in a conflict is in no other list: nothing is done to it."""

    users: tuple[UserPair, ...]
    missing_users: tuple[DesiredUser, ...]
    """People without an account."""
    renamed: tuple[UserPair, ...]
    """People whose linked account has another userName: a Conflict unless replacing was asked for (article row 5)."""
    groups: tuple[GroupPair, ...]
    missing_groups: tuple[DesiredGroup, ...]
    conflicts: tuple[Conflict, ...]
    disputed_users: frozenset[str] = frozenset()
    """Heap ids of accounts that may belong to a person in scope, though which person can't be told: left alone."""
    disputed_groups: frozenset[str] = frozenset()
    """Heap ids of groups, likewise."""
    held_users: frozenset[str] = frozenset()
    """External ids of people whose linked account can't be read: left alone."""
    making_way: frozenset[str] = frozenset()
    """Heap ids of groups that this plan deletes and whose names other groups get."""


def pair(desired: DesiredState, current: CurrentState, links: Links) -> Pairing:
    """Pairs people with accounts, and bound groups with Heap groups, by link and then by name."""
    users = _matched(desired.users, _users_in_heap(current, links))
    groups = _matched(desired.groups or (), _groups_in_heap(current, links))
    strangers, double_users = users.namesakes("user")
    paired = frozenset(found.current.id for found in users.paired) if strangers else frozenset[str]()
    missing_users, known_by_email, emailed = email_addresses.known_by_email(strangers, current, links, paired)
    missing_groups, double_groups = groups.namesakes("group")
    names = _group_names(desired, current, links, groups)
    renamed = tuple(filter(_is_renamed, users.paired))
    return Pairing(
        users=users.paired if not renamed else tuple(found for found in users.paired if not _is_renamed(found)),
        missing_users=missing_users,
        renamed=renamed,
        groups=tuple(found for found in groups.paired if found.current.id not in names.stuck),
        missing_groups=(
            *missing_groups,
            *(group for group, _ in groups.ambiguous if group.external_id in names.following),
        ),
        conflicts=(
            *(ambiguous("user", *found) for found in users.ambiguous),
            *(ambiguous("group", *found) for found in groups.ambiguous if found[0].external_id not in names.following),
            *(_taken(found) for found in groups.paired if found.current.id in names.stuck),
            *(mistaken("user", *found) for found in users.mistaken),
            *(mistaken("group", *found) for found in groups.mistaken),
            *known_by_email,
            *double_users,
            # Without group management, groups of one name are no concern of ours (article row 15).
            *(() if desired.groups is None else double_groups),
        ),
        disputed_users=users.disputed | emailed,
        disputed_groups=groups.disputed,
        held_users=users.heap.unread_external_ids,
        making_way=names.making_way,
    )


@dataclass(frozen=True, slots=True)
class _InHeap(Generic[C]):
    """Holds the accounts, or the groups, with their indexes and their links."""

    by_id: Mapping[str, C]
    by_key: Callable[[], Mapping[str, Sequence[C]]]
    """Returns the index by folded names: it is made only if someone has no link."""
    broken: tuple[Broken, ...]
    links: tuple[Link, ...]
    link_of: Mapping[str, Link]
    """External id → link."""

    @property
    def unread_external_ids(self) -> frozenset[str]:
        """Returns the external ids of those whose linked account or group can't be read."""
        unread = {one.id for one in self.broken}
        return frozenset(link.external_id for link in self.links if link.id in unread) if unread else frozenset()

    def readable(self, wanted: Iterable[D]) -> Sequence[D]:
        """Leaves out those whose account or group, by its link or else by its name, is there and can't be read."""
        if not self.broken:
            return tuple(wanted)
        unread, keys = self.unread_external_ids, {one.match_key for one in self.broken}
        # A name alone may mean what can't be read: creating a second account of that name would be a guess.
        known = {link.external_id for link in self.links if link.id in self.by_id}
        return [
            item
            for item in wanted
            if item.external_id not in unread and (item.match_key not in keys or item.external_id in known)
        ]


def _users_in_heap(current: CurrentState, links: Links) -> _InHeap[CurrentUser]:
    broken = current.broken_of("user")
    return _InHeap(current.users_by_id, lambda: current.users_by_key, broken, links.users, links.users_by_external_id)


def _groups_in_heap(current: CurrentState, links: Links) -> _InHeap[CurrentGroup]:
    broken = current.broken_of("group")
    return _InHeap(
        current.groups_by_id, lambda: current.groups_by_key, broken, links.groups, links.groups_by_external_id
    )


@dataclass(frozen=True, slots=True)
class _Matched(Generic[D, C]):
    heap: _InHeap[C]
    paired: tuple[Pair[D, C], ...]
    missing: tuple[D, ...]
    ambiguous: tuple[tuple[D, tuple[str, ...]], ...]
    """Each with the Heap ids of those that bear its name."""
    disputed: frozenset[str]
    """Candidates of the ambiguous that are linked to nothing else that is wanted, and all that is ``mistaken``."""
    mistaken: tuple[tuple[D, C], ...]
    """What heapscim 0.1 may have taken over for a person whose name it confused with another."""

    def namesakes(self, kind: Kind) -> tuple[tuple[D, ...], tuple[Conflict, ...]]:
        """Parts what is to be created from what Heap may hold already, and names what bears a managed name twice."""
        managed = {link.id for link in self.heap.links}
        managed.update(pair.current.id for pair in self.paired)
        others = [item for item in self.heap.by_id.values() if item.id not in self.disputed]
        return namesakes(kind, self.missing, others, managed, self.heap.links)


def _matched(everything: Iterable[D], heap: _InHeap[C]) -> _Matched[D, C]:
    wanted = heap.readable(everything)
    claimed = {heap.link_of[item.external_id].id for item in wanted if item.external_id in heap.link_of}
    # A replaced account holds personal charts of its former person: a namesake must not get them.
    claimed |= {link.id for link in heap.links if link.is_replaced}
    confused = _confused(wanted, heap)
    paired: list[Pair[D, C]] = []
    missing: list[D] = []
    doubtful: list[tuple[D, tuple[str, ...]]] = []
    for item in wanted:
        # The link decides, whatever its resource is called by now; a renamed account is still this person's.
        link = heap.link_of.get(item.external_id)
        if link is not None and link.id in heap.by_id:
            paired.append(Pair(item, heap.by_id[link.id], linked=True))
            continue
        candidates = heap.by_key().get(item.match_key, ())
        if not candidates:
            # What version 0.1 may have confused is a conflict: a second account would be the worse mistake.
            missing += [] if item.external_id in confused else [item]
        elif len(candidates) == 1 and candidates[0].id not in claimed:
            paired.append(Pair(item, candidates[0], linked=False))
        else:
            doubtful.append((item, tuple(candidate.id for candidate in candidates)))
    theirs = {found.current.id for found in paired} if confused else set[str]()
    known = ((item, confused[item.external_id]) for item in wanted if item.external_id in confused) if confused else ()
    mixed_up = tuple((item, found) for item, found in known if found.id not in theirs)
    # What is linked to another wanted person stays theirs; only the rest of the candidates is left alone.
    disputed = frozenset(id for _, ids in doubtful for id in ids) - claimed
    disputed |= {found.id for _, found in mixed_up}
    return _Matched(heap, tuple(paired), tuple(missing), tuple(doubtful), disputed, mixed_up)


def _confused(wanted: Sequence[D], heap: _InHeap[C]) -> Mapping[str, C]:
    """Maps external ids of new people to the accounts that version 0.1 may have taken over for them by mistake.

    A directory without ids uses the name as one. Version 0.1 compared names by case folding, which takes ß for ss: a
    link may be this person's, or that of a person whose name only has the same letters when folded.
    """
    new = {
        folded(item.match_key): item
        for item in wanted
        if item.external_id not in heap.link_of and item.external_id == item.match_key
    }
    ids = {item.external_id for item in wanted} if new else set[str]()
    found: dict[str, C] = {}
    for link in heap.links if new else ():
        item = new.get(folded(link.external_id))
        live = link.id in heap.by_id and getattr(heap.by_id[link.id], "active", True)
        if item is not None and live and link.external_id not in ids and caseless(link.external_id) != item.match_key:
            found[item.external_id] = heap.by_id[link.id]
    return found


def _is_renamed(pair: Pair[D, C]) -> bool:
    wanted, found = pair.desired, pair.current
    return wanted.shown_name != found.shown_name and wanted.match_key != found.match_key


def _taken(found: GroupPair) -> Conflict:
    return Conflict(
        "taken",
        found.desired.name,
        f"{found.current.name} can't be renamed to {found.desired.name}: another group in Heap has that name.",
        "Rename or delete that group in Heap, then sync once more.",
    )


@dataclass(frozen=True, slots=True)
class _GroupNames:
    """Says which group names become free in this plan, and which don't."""

    stuck: Collection[str]
    """Heap ids of groups that can't be renamed: the group that has the name keeps it."""
    following: Collection[str]
    """External ids of groups that are created under the name of a group that is renamed."""
    making_way: frozenset[str]
    """Heap ids of groups that are deleted and whose names other groups get."""


def _group_names(
    desired: DesiredState, current: CurrentState, links: Links, groups: _Matched[DesiredGroup, CurrentGroup]
) -> _GroupNames:
    doomed = _doomed(desired, current, links, groups)
    renames = {found.current.id: found for found in groups.paired if _is_renamed(found)}
    stuck = _stuck(
        renames, {key: [it for it in held if it.id not in doomed] for key, held in current.groups_by_key.items()}
    )
    # A name is passed on within one plan only if the group that has it is sure to be renamed.
    leaving = renames.keys() - stuck
    wanted = {renames[id].desired.match_key for id in leaving}
    return _GroupNames(
        stuck,
        following={group.external_id for group, ids in groups.ambiguous if len(ids) == 1 and ids[0] in leaving},
        making_way=frozenset(id for id in doomed if current.groups_by_id[id].match_key in wanted),
    )


def _doomed(
    desired: DesiredState, current: CurrentState, links: Links, groups: _Matched[DesiredGroup, CurrentGroup]
) -> Collection[str]:
    """Returns the Heap ids of managed groups that this plan deletes: those whose deletion is proven (rule 4)."""
    if desired.groups is None or not desired.lists_groups:
        return frozenset()
    listed = {group.external_id for group in desired.groups} | desired.unbound_group_ids
    kept = {found.current.id for found in groups.paired} | groups.disputed
    unlisted = [link for link in links.groups if link.external_id not in listed]
    # A deletion without a proof is withheld later on, and a withheld deletion frees no name.
    proven, asked = desired.completeness.proven, desired.certain_groups
    gone = {link.id for link in unlisted if proven or link.external_id in asked} - kept
    if not current.groups_completeness.proven:
        gone &= current.asked_groups
    return gone & current.groups_by_id.keys()


def _stuck(renames: Mapping[str, GroupPair], holders: Mapping[str, Sequence[CurrentGroup]]) -> set[str]:
    """Returns the Heap ids of groups whose new name another group keeps.

    A group that is being renamed frees its name, unless it is stuck itself. A rename cycle is none of that: each group
    in it frees a name, and apply moves one of them aside for a while.
    """
    behind: defaultdict[str, list[str]] = defaultdict(list)
    waiting: list[str] = []
    for id, found in renames.items():
        for holder in holders.get(found.desired.match_key, ()):
            behind[holder.id].append(id)
            if holder.id not in renames:
                waiting.append(id)
    # Each group that waits for a stuck one is stuck, too; every rename is looked at once.
    stuck: set[str] = set()
    while waiting:
        id = waiting.pop()
        if id not in stuck:
            stuck.add(id)
            waiting.extend(behind[id])
    return stuck
