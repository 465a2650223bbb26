"""Decides what a directory must hold so that a plan finds nothing to do: the tenant as a directory would describe it.

Heap is the source here. The same tenant and links always lead to the same snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from heapscim.model.attribute_mapping import Rule, source_attributes
from heapscim.model.changes import Change, ReactivateUser, RemoveMembers, TakeOverGroup, UpdateUser
from heapscim.model.completeness import Completeness
from heapscim.model.directory import USERNAME, DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.phrases import counted
from heapscim.model.state import USER_NAME, CurrentGroup, CurrentState, CurrentUser, Link, Links
from heapscim.planning.importing import leads_back, person_of

T = TypeVar("T", CurrentUser, CurrentGroup)


@dataclass(frozen=True, slots=True)
class Export:
    """Holds a tenant as a directory would describe it, and what a directory can't say of it."""

    snapshot: DirectorySnapshot
    remarks: tuple[str, ...]
    """Whom and what the snapshot leaves out, each with the reason, in a sentence."""


def as_directory(
    current: CurrentState,
    links: Links,
    mapping: Mapping[str, Rule],
    *,
    groups: bool,
    empty: Mapping[str, frozenset[str]] | None = None,
) -> Export:
    """Returns the tenant as a snapshot; ``groups`` says whether it says anything about groups.

    ``empty`` names attributes (target paths) of single accounts, by Heap id, that stay empty: ``to_empty`` finds them.
    """
    remarks: list[str] = []
    ids = _Ids.of(current.users, links.users)
    people: dict[str, Person] = {}
    for user in _distinct(current.users, current.users_by_key, links.users_by_id, "accounts", remarks):
        left_empty = _sources((empty or {}).get(user.id, frozenset()), mapping)
        new = person_of(user, mapping, with_role=True)
        if not user.match_key:
            remarks.append(f"The account {user.id} is left out: it has no userName.")
            continue
        if not leads_back(new, mapping):
            remarks.append(f"{user.user_name} is left out: [mapping] can't make this userName of other attributes.")
            continue
        attributes = {USERNAME: new.user_name, **new.attributes}
        attributes = {name: value for name, value in attributes.items() if value and name not in left_empty}
        people[user.id] = Person(ids.of_resource(user.id), attributes, user.active)
    found = tuple(_groups(current, links, people, remarks)) if groups else None
    proven = Completeness(proven=True, evidence="Heap was read whole.")
    return Export(DirectorySnapshot("Heap", tuple(people.values()), found, proven), tuple(remarks))


def _sources(paths: Iterable[str], mapping: Mapping[str, Rule]) -> frozenset[str]:
    """Returns the source attributes that lead to target paths, without those that the userName is made of."""
    found = source_attributes({path: mapping[path] for path in paths if path in mapping})
    return frozenset(found).difference(source_attributes({USER_NAME: mapping[USER_NAME]}), {USERNAME})


def _groups(
    current: CurrentState, links: Links, people: Mapping[str, Person], remarks: list[str]
) -> Iterator[DirectoryGroup]:
    ids = _Ids.of(current.groups, links.groups)
    for group in _distinct(current.groups, current.groups_by_key, links.groups_by_id, "groups", remarks):
        link = links.groups_by_id.get(group.id)
        if not group.is_whole and link is None:
            remarks.append(f"Group {group.name!r} is left out: Heap doesn't show all its members.")
            continue
        members = group.member_ids | (frozenset() if group.is_whole or link is None else link.unseen)
        held = frozenset(people[id].external_id for id in members if id in people)
        if others := len(members) - len(held):
            noun = counted(others, "member")
            remarks.append(f"Group {group.name!r} holds {noun} that no person of the roster is: left as they are.")
        yield DirectoryGroup(ids.of_resource(group.id), group.name, held)


@dataclass(frozen=True, slots=True)
class _Ids:
    """Gives each resource the directory's id that links it: the ledger's, or else Heap's own, which never changes."""

    linked: Mapping[str, str]
    taken: Collection[str]

    @classmethod
    def of(cls, found: Iterable[T], links: Iterable[Link]) -> _Ids:
        linked = {link.id: link.external_id for link in links}
        return cls({item.id: linked[item.id] for item in found if item.id in linked}, frozenset(linked.values()))

    def of_resource(self, id: str) -> str:
        own = f"heap:{id}" if id in self.taken else id
        return self.linked.get(id, own)


def _distinct(
    found: Iterable[T], by_key: Mapping[str, Sequence[T]], linked: Collection[str], noun: str, remarks: list[str]
) -> Iterator[T]:
    """Yields what has a name of its own. Of several of one name, only one that is managed can be meant by it."""
    for item in found:
        same = by_key[item.match_key]
        managed = [other.id for other in same if other.id in linked]
        if len(same) == 1 or managed == [item.id]:
            yield item
        else:
            remarks.append(f"{item.shown_name!r} ({item.id}) is left out: {len(same)} {noun} have this name.")


def to_empty(changes: Iterable[Change], empty: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Adds the attributes that a plan would change to those that stay empty: then the plan leaves them alone."""
    found = dict(empty)
    for change in changes:
        if isinstance(change, UpdateUser | ReactivateUser):
            found[change.id] = found.get(change.id, frozenset()) | change.after.keys()
    return found


def still_changed(changes: Iterable[Change], current: CurrentState) -> tuple[Change, ...]:
    """Returns the changes that count: all but groups taken over, and inactive members who leave a group."""
    return tuple(
        change
        for change in changes
        if not isinstance(change, TakeOverGroup)
        and not (
            isinstance(change, RemoveMembers)
            and current.active_user_ids.isdisjoint(member.id or "" for member in change.members)
        )
    )
