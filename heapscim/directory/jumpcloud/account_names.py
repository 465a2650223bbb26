"""Puts people in doubt whose account can't be named: without a userName by the mapping, or with that of another person.

JumpCloud keeps e-mail addresses unique, but other attributes can be mapped, too. One such person holds up nobody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from heapscim.model.attribute_mapping import Rule, value_of
from heapscim.model.directory import DirectorySnapshot, Person
from heapscim.model.phrases import counted, listed
from heapscim.model.state import USER_NAME, match_key


def with_name_doubts(snapshot: DirectorySnapshot, mapping: Mapping[str, Rule]) -> DirectorySnapshot:
    """Returns the snapshot with these people in doubt, and says who they are.

    Only active people whom bound groups hold, or who are bound, are in question. If not one of them has a userName,
    the mapping is wrong, and nobody is in doubt: the sync ends with that.
    """
    held = snapshot.bound_people.union(*(group.member_ids for group in snapshot.groups or () if group.bound))
    in_question = [one for one in snapshot.people if one.active and not one.doubt and one.external_id in held]
    names = {one.external_id: value_of(mapping[USER_NAME], one.attributes) for one in in_question}
    if not any(names.values()):
        return snapshot
    people_called: defaultdict[str, list[Person]] = defaultdict(list)
    for one in in_question:
        people_called[match_key(names[one.external_id] or "")].append(one)
    doubts: dict[str, str] = {}
    notices: list[str] = []
    for key, people in people_called.items():
        if not key:
            said = f"{listed(one.user_name for one in people)} in JumpCloud"
            notices.append(f"The mapping makes no userName of {counted(len(people), 'user')} ({said}).")
            doubts |= {one.external_id: f"The mapping makes no userName of {one.user_name}." for one in people}
        elif len(people) > 1:
            said = listed(sorted(one.user_name for one in people))
            notices.append(f"The mapping makes the same userName, {names[people[0].external_id]}, of {said}.")
            doubts |= {one.external_id: notices[-1] for one in people}
    if not doubts:
        return snapshot
    return replace(
        snapshot,
        people=tuple(replace(one, doubt=doubts.get(one.external_id, one.doubt)) for one in snapshot.people),
        notices=(*snapshot.notices, *(f"{notice} Nothing is done about them." for notice in notices)),
    )
