"""Finds out by direct questions what lists left unproven about single people and groups.

"Gone" (404) counts only if this key is shown another user or group by its id, and everyone whom groups name: a role may
be shown a part of the organisation, and gets a 404 for the rest. Only the profile can say that it isn't so. Whom no
bound group names is in none of them, if the lists of members are proven, whether such a person exists or not. That a
person is in no bound group counts otherwise only if the same question names the group of somebody who is known to be in
one. Anything else proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from heapscim.directory.jumpcloud.applications import Application
from heapscim.directory.jumpcloud.by_id import GONE, Answer, applications_of, groups_by_id, groups_of, users_by_id
from heapscim.directory.jumpcloud.read import bindings_of, direct_people_of, targets
from heapscim.directory.jumpcloud.records import person_of, text_of
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.directory.rest.client import RestClient, side_by_side
from heapscim.model.directory import ROLE, DirectoryGroup, DirectorySnapshot, Person

_OWN_ID = re.compile(r"[0-9a-f]{24}")
"""The form of JumpCloud's ids. An id in any other form counts as one of another directory."""


@dataclass(frozen=True)
class Lookup:
    """Asks about people and groups of a snapshot. Raises DirectoryError only if nothing can be asked at all."""

    api: RestClient
    application: Application
    settings: JumpCloudSettings
    snapshot: DirectorySnapshot

    async def answered(self, people: Collection[str], groups: Collection[str]) -> DirectorySnapshot:
        """Returns the snapshot with what JumpCloud says of these people and groups."""
        taken_in, gone = await self._absent([id for id in people if id not in self._people])
        known = {**self._people, **taken_in}
        active = [id for id in people if id in known and known[id].active and not known[id].doubt]
        held = await self._groups_held(active)
        named = frozenset().union(*held.values())
        found = await self._with_groups({*groups, *named} - self.snapshot.certain_groups)
        found = replace(found, people=(*found.people, *(self._with_role(taken_in[id], held) for id in taken_in)))
        settled = frozenset(id for id, person in taken_in.items() if not person.active and not person.doubt)
        found = replace(
            found,
            certain_people=found.certain_people | gone | settled,
            outside_people=found.outside_people | self._outside({*people} - known.keys() - gone),
        )
        return await self._with_direct(_with_memberships(found, held), held)

    @cached_property
    def _people(self) -> Mapping[str, Person]:
        return {person.external_id: person for person in self.snapshot.people}

    @cached_property
    def _groups(self) -> Mapping[str, DirectoryGroup]:
        return {group.external_id: group for group in self.snapshot.groups or ()}

    async def _absent(self, ids: Collection[str]) -> tuple[dict[str, Person], frozenset[str]]:
        """Returns those who are there although the list lacks them, and the ids of those who are gone for certain."""
        if not ids:
            return {}, frozenset()
        answers = await users_by_id(self.api, ids)
        found = {
            id: person
            for id, answer in answers.items()
            if isinstance(answer, Mapping) and (person := person_of(answer, self.settings, None)) is not None
        }
        gone = _gone(answers)
        sees_all = self.settings.sees_all or not self.snapshot.unread_people
        if gone and not (sees_all and await self._sees_a_user()):
            gone = frozenset()
        return found, gone

    def _outside(self, ids: Iterable[str]) -> frozenset[str]:
        """Returns those whom no bound group names, if the lists of members are proven.

        An id of another directory says nothing: the person may be one of those whom groups name by another id.
        """
        if not self.snapshot.holds_all_members:
            return frozenset()
        return frozenset(id for id in ids if _OWN_ID.fullmatch(id) and id not in self.snapshot.unread_people)

    async def _sees_a_user(self) -> bool:
        control = next(iter(self._people), "")
        return isinstance((await users_by_id(self.api, [control])).get(control), Mapping)

    async def _groups_held(self, ids: Collection[str]) -> dict[str, frozenset[str]]:
        """Returns the ids of the groups that hold each person, for those about whom that is proven."""
        if not ids or not await self._sees_a_membership():
            return {}
        answers = await side_by_side(*(groups_of(self.api, id) for id in ids))
        return {id: groups for id, groups in zip(ids, answers, strict=True) if groups is not None}

    async def _sees_a_membership(self) -> bool:
        """Reports whether a person who is known to be in a bound group is said to be in it."""
        pairs = (
            (person, group.external_id)
            for group in self._groups.values()
            if group.bound
            for person in group.member_ids & self._people.keys()
        )
        person, group = next(iter(sorted(pairs)), ("", ""))
        return bool(person) and group in (await groups_of(self.api, person) or ())

    async def _with_groups(self, ids: Collection[str]) -> DirectorySnapshot:
        """Returns the snapshot with what is said of each group: that it is gone, or there and not bound."""
        if not ids:
            return self.snapshot
        absent = [id for id in ids if id not in self._groups]
        answers = await groups_by_id(self.api, absent)
        gone = _gone(answers)
        if gone and not await self._sees_groups():
            gone = frozenset()
        there = [id for id in ids if id in self._groups or isinstance(answers.get(id), Mapping)]
        unbound = await self._unbound(there)
        new = tuple(
            DirectoryGroup(id, text_of(answer, "name"), frozenset(), bound=False)
            for id, answer in answers.items()
            if id in unbound and isinstance(answer, Mapping)
        )
        groups = (*(self.snapshot.groups or ()), *new)
        return replace(self.snapshot, groups=groups, certain_groups=self.snapshot.certain_groups | gone | unbound)

    async def _sees_groups(self) -> bool:
        """Reports whether a listed group is shown by its id, and the list holds every group that is bound."""
        control = next(iter(self._groups), "")
        if not isinstance((await groups_by_id(self.api, [control])).get(control), Mapping):
            return False
        bindings = await self.api.read_list(bindings_of(self.application.id))
        return self.settings.sees_all or targets(bindings) <= self._groups.keys()

    async def _unbound(self, ids: Collection[str]) -> frozenset[str]:
        """Returns the groups that are certainly not bound; none if not even a bound one is said to be."""
        bound = next((group.external_id for group in self._groups.values() if group.bound), None)
        if not ids or bound is None or self.application.id not in (await applications_of(self.api, bound) or ()):
            return frozenset()
        answers = await side_by_side(*(applications_of(self.api, id) for id in ids))
        said = zip(ids, answers, strict=True)
        return frozenset(id for id, found in said if found is not None and self.application.id not in found)

    async def _with_direct(self, found: DirectorySnapshot, held: Mapping[str, frozenset[str]]) -> DirectorySnapshot:
        """Adds those who are bound themselves; if that list isn't proven, no active person is certain."""
        if not self.settings.direct or not held:
            return found
        direct = await self.api.read_list(direct_people_of(self.application.id))
        certain = found.certain_people
        if not direct.completeness.proven:
            certain -= held.keys()
        return replace(found, bound_people=found.bound_people | targets(direct), certain_people=certain)

    def _with_role(self, person: Person, held: Mapping[str, frozenset[str]]) -> Person:
        """Returns a person who was taken in with the role that their groups give them."""
        groups = [self._groups[id] for id in held.get(person.external_id, ()) if id in self._groups]
        role = self.settings.role_of(*(word for group in groups for word in (group.external_id, group.name)))
        return replace(person, attributes={**person.attributes, ROLE: role}) if role else person


def _gone(answers: Mapping[str, Answer]) -> frozenset[str]:
    return frozenset(id for id, answer in answers.items() if answer == GONE)


def _with_memberships(found: DirectorySnapshot, held: Mapping[str, frozenset[str]]) -> DirectorySnapshot:
    """Puts each person into the bound groups that hold them.

    A person is certain unless another group may be bound for all that is known, or a list said otherwise.
    """
    groups = {group.external_id: group for group in found.groups or ()}
    bound = {id for id, group in groups.items() if group.bound}
    said = _groups_by_member(groups.values())
    certain = frozenset(
        id for id, names in held.items() if names <= bound | found.certain_groups and said.get(id, frozenset()) <= names
    )
    joined = {id: frozenset(person for person, names in held.items() if id in names) for id in bound}
    after = tuple(
        replace(group, member_ids=group.member_ids | joined.get(id, frozenset())) for id, group in groups.items()
    )
    return replace(found, groups=after, certain_people=found.certain_people | certain)


def _groups_by_member(groups: Iterable[DirectoryGroup]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in groups:
        for person in group.member_ids:
            found.setdefault(person, set()).add(group.external_id)
    return {person: frozenset(names) for person, names in found.items()}
