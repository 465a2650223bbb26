"""Decides which people of a directory belong in Heap, by the snapshot alone; knows nothing of Heap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from heapscim.model.desired import Skip
from heapscim.model.directory import DirectorySnapshot, Person, Scope


@dataclass(frozen=True, slots=True)
class InScope:
    """Holds the people who belong in Heap, those who don't and why, and the bound groups of each."""

    people: tuple[Person, ...]
    skips: tuple[Skip, ...]
    memberships: Mapping[str, frozenset[str]]
    """External id of each person in scope → names of the bound groups that hold them."""


def select(snapshot: DirectorySnapshot, scope: Scope) -> InScope:
    """Selects the active people (``all``), or the active members of bound groups (``groups``; article row 13)."""
    memberships = _memberships(snapshot)
    people: list[Person] = []
    skips: list[Skip] = []
    for person in snapshot.people:
        reason = _reason_to_skip(person, scope, memberships)
        if reason is None:
            people.append(person)
        else:
            skips.append(Skip(person.external_id, person.user_name, reason, is_refused=not person.active))
    in_scope = {person.external_id for person in people}
    held = {external_id: groups for external_id, groups in memberships.items() if external_id in in_scope}
    return InScope(tuple(people), tuple(skips), held)


def _reason_to_skip(person: Person, scope: Scope, memberships: Mapping[str, frozenset[str]]) -> str | None:
    if not person.active:
        return "inactive in the directory"
    if scope == "groups" and person.external_id not in memberships:
        return "in no bound group"
    return None


def _memberships(snapshot: DirectorySnapshot) -> dict[str, frozenset[str]]:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for group in snapshot.groups or ():
        if group.bound:
            for external_id in group.member_ids:
                names[external_id].add(group.name)
    return {external_id: frozenset(groups) for external_id, groups in names.items()}
