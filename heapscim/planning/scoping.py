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
    certain: frozenset[str] = frozenset()
    """External ids of people about whom the directory's word is proven, even if its whole read isn't."""


def select(snapshot: DirectorySnapshot, scope: Scope) -> InScope:
    """Selects the active people (``all``), or those whom bound groups hold or who are bound (``groups``; row 13)."""
    memberships = _memberships(snapshot)
    bound = memberships.keys() | snapshot.bound_people
    people: list[Person] = []
    skips: list[Skip] = []
    for person in snapshot.people:
        id, name = person.external_id, person.user_name
        if person.doubt:
            skips.append(Skip(id, name, person.doubt, is_in_doubt=True))
        elif not person.active:
            skips.append(Skip(id, name, "inactive in the directory", is_refused=True))
        elif scope == "groups" and id not in bound:
            skips.append(Skip(id, name, "in no bound group"))
        else:
            people.append(person)
    in_scope = {person.external_id for person in people}
    held = {external_id: groups for external_id, groups in memberships.items() if external_id in in_scope}
    # If groups decide, a person whom no bound group holds is out of scope, even if nobody knows whether they exist.
    certain = snapshot.certain_people | (snapshot.outside_people if scope == "groups" else frozenset())
    return InScope(tuple(people), tuple(skips), held, certain)


def _memberships(snapshot: DirectorySnapshot) -> dict[str, frozenset[str]]:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for group in snapshot.groups or ():
        if group.bound:
            for external_id in group.member_ids:
                names[external_id].add(group.name)
    return {external_id: frozenset(groups) for external_id, groups in names.items()}
