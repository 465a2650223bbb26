"""Decides which people of a directory belong in Heap, by the snapshot alone; knows nothing of Heap."""

from __future__ import annotations

from dataclasses import dataclass

from heapscim.model.desired import Skip
from heapscim.model.directory import DirectorySnapshot, Person, Scope


@dataclass(frozen=True, slots=True)
class InScope:
    """Holds the people who belong in Heap, and those who don't and why."""

    people: tuple[Person, ...]
    skips: tuple[Skip, ...]
    certain: frozenset[str] = frozenset()
    """External ids of people about whom the directory's word is proven, even if its whole read isn't."""


def select(snapshot: DirectorySnapshot, scope: Scope) -> InScope:
    """Selects the active people (``all``), or those whom bound groups hold or who are bound (``groups``; row 13)."""
    groups = [group for group in snapshot.groups or () if group.bound] if scope == "groups" else []
    bound = snapshot.bound_people.union(*(group.member_ids for group in groups))
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
    # If groups decide, a person whom no bound group holds is out of scope, even if nobody knows whether they exist.
    certain = snapshot.certain_people | (snapshot.outside_people if scope == "groups" else frozenset())
    return InScope(tuple(people), tuple(skips), certain)
