"""Withholds each removal without a proof about that very person or group (rule 4).

Two things need a proof. The directory doesn't ask for the person or group: its whole read is proven, or its word about
that person or group alone; about a person in doubt nothing is. Heap's side is as it seems: its whole list is proven, or
that account or group was read by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from heapscim.model.changes import (
    Change,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReleaseGroup,
    RemoveMembers,
)
from heapscim.model.completeness import Completeness
from heapscim.model.desired import DesiredState
from heapscim.model.phrases import counted
from heapscim.model.plan import Withheld, in_order
from heapscim.model.state import CurrentState, Kind

Removal: TypeAlias = DeactivateUser | DeleteUser | RemoveMembers | ReleaseGroup | DeleteGroup
Question: TypeAlias = tuple[Kind, str]
"""A person or group that a removal is about: which of the two, and the external id."""
_PROVEN = Completeness(proven=True, evidence="")


@dataclass(frozen=True, slots=True)
class Proofs:
    """Holds what both sides prove: as a whole, and about single people and groups."""

    current: CurrentState
    directory: Completeness = _PROVEN
    people: frozenset[str] = frozenset()
    """External ids of people about whom the directory's word is proven, whatever its whole read is worth."""
    groups: frozenset[str] = frozenset()
    """External ids of groups about which it is proven that they are gone or not bound, likewise."""
    in_doubt: Mapping[str, str] = field(default_factory=dict)
    """External ids of people about whom nothing is proven, whatever its whole read is worth, and why."""

    @classmethod
    def of(cls, desired: DesiredState, current: CurrentState) -> Proofs:
        """Returns what the two sides of a sync prove."""
        in_doubt = {skip.external_id: skip.reason for skip in desired.skips if skip.is_in_doubt}
        return cls(current, desired.completeness, desired.certain_people, desired.certain_groups, in_doubt)

    def against(self, change: Removal) -> str:
        """Returns why a removal isn't proven; empty if it is."""
        return " ".join(read.evidence for read in self._reads(change) if not read.proven)

    def directory_proves(self, change: Change) -> bool:
        """Reports whether the directory's part of the proof is there: its whole read, or its word about this one."""
        match change:
            case DeactivateUser() | DeleteUser():
                return self.proves_person(change.external_id)
            case DeleteGroup() | ReleaseGroup():
                return self.directory.proven or change.external_id in self.groups
            case RemoveMembers() if change.members:
                return all(self.proves_person(member.external_id) for member in change.members)
        return self.directory.proven

    def proves_person(self, person: str | None) -> bool:
        """Reports whether the directory's word about a person, by external id, is proven."""
        return person not in self.in_doubt and (self.directory.proven or person in self.people)

    def rests_on_a_look(self, change: Change) -> bool:
        """Returns whether a removal is proven only by a read of that account or group, not by Heap's list."""
        return isinstance(change, Removal) and not self._list(change).proven and self._was_asked(change)

    def _reads(self, change: Removal) -> Iterator[Completeness]:
        if not self.directory_proves(change):
            doubts = filter(None, (self.in_doubt.get(id or "") for id in _people_of(change)))
            yield from (Completeness(proven=False, evidence=why) for why in dict.fromkeys(doubts))
            yield self.directory
        if not self._was_asked(change):
            yield self._list(change)

    def _list(self, change: Removal) -> Completeness:
        is_user = isinstance(change, DeactivateUser | DeleteUser)
        return self.current.completeness if is_user else self.current.groups_completeness

    def _was_asked(self, change: Removal) -> bool:
        is_user = isinstance(change, DeactivateUser | DeleteUser)
        return change.id in (self.current.asked_users if is_user else self.current.asked_groups)


def withhold_unproven(changes: Iterable[Change], proofs: Proofs) -> tuple[tuple[Change, ...], tuple[Withheld, ...]]:
    """Parts changes that may be made from removals that aren't proven."""
    kept: list[Change] = []
    withheld: list[Removal] = []
    for change in _parted(changes, proofs):
        if isinstance(change, Removal) and proofs.against(change):
            withheld.append(change)
        else:
            kept.append(change)
    # Sorting makes changes of any kind of removals; the filter only tells the type checker that they still are.
    ordered = (change for change in in_order(withheld) if isinstance(change, Removal))
    return tuple(kept), tuple(Withheld(change, proofs.against(change)) for change in ordered)


def questions(proofs: Proofs, changes: Iterable[Change]) -> frozenset[Question]:
    """Returns the people and groups whose removal only the directory leaves unproven, so that it is worth asking."""
    if proofs.directory.proven:
        return frozenset()
    found: set[Question] = set()
    for change in changes:
        match change:
            case DeleteGroup() | ReleaseGroup():
                found |= {("group", id) for id in (change.external_id,) if id and id not in proofs.groups}
            case DeactivateUser() | DeleteUser() | RemoveMembers():
                people = filter(None, _people_of(change))
                unsure = (id for id in people if id not in proofs.in_doubt and not proofs.proves_person(id))
                found |= {("user", id) for id in unsure}
    return frozenset(found)


def _people_of(change: Removal) -> tuple[str | None, ...]:
    """Returns the external ids of the people whom a removal is about."""
    match change:
        case DeactivateUser() | DeleteUser():
            return (change.external_id,)
        case RemoveMembers():
            return tuple(member.external_id for member in change.members)
    return ()


def _parted(changes: Iterable[Change], proofs: Proofs) -> Iterator[Change]:
    """Parts members about whom the directory's word is proven from those whom it may only have left out."""
    for change in changes:
        if not isinstance(change, RemoveMembers):
            yield change
            continue
        proven = tuple(member for member in change.members if proofs.proves_person(member.external_id))
        others = tuple(member for member in change.members if not proofs.proves_person(member.external_id))
        parts = (proven, others) if proven and others else (change.members,)
        yield from (replace(change, members=part) for part in parts)


def doubts(proofs: Proofs, changes: Sequence[Change]) -> tuple[str, ...]:
    """Returns what a person should know if lists can't prove themselves complete."""
    current = proofs.current
    notices = [
        f"Heap's list of {noun} can't prove itself complete: {read.evidence}"
        for noun, read in (("users", current.completeness), ("groups", current.groups_completeness))
        if not read.proven
    ]
    asked = sum(proofs.rests_on_a_look(change) for change in changes)
    if asked:
        verb = "rests on a look at the account or group itself" if asked == 1 else "rest on a look at each of them"
        notices.append(f"{counted(asked, 'removal')} {verb}, by its id.")
    if not proofs.directory.proven and (removals := sum(isinstance(change, Removal) for change in changes)):
        verb = "rests" if removals == 1 else "rest"
        told = f"{counted(removals, 'removal')} {verb} on what it says of each person or group."
        notices.append(f"The directory can't prove that it was read whole: {proofs.directory.evidence} {told}")
    return tuple(notices)
