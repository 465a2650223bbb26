"""Finds which changes of a plan have to wait because others are withheld."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteUser,
    ReactivateUser,
    RenameGroup,
)
from heapscim.model.state import match_key


def without_dependants(
    changes: Sequence[Change], held: Sequence[Change]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Parts changes that don't need what is withheld from those that have to wait for it.

    A person needs an account to join a group, an old account stays until its replacement has access, and a group gets
    a name only once another group has given it up.
    """
    unmade = {change.external_id for change in held if isinstance(change, CreateUser)}
    without_access = unmade | {change.external_id for change in held if isinstance(change, ReactivateUser)} - {None}
    kept: list[Change] = []
    waiting: list[Change] = []
    for change in changes:
        match change:
            case AddMembers() | CreateGroup():
                _part_members(change, unmade, kept, waiting)
            case DeactivateUser() | DeleteUser() if change.external_id in without_access:
                waiting.append(change)
            case _:
                kept.append(change)
    return _part_names(kept, [*waiting], held)


def _part_members(
    change: AddMembers | CreateGroup, unmade: Collection[str | None], kept: list[Change], waiting: list[Change]
) -> None:
    absent = tuple(member for member in change.members if member.id is None and member.external_id in unmade)
    if not absent:
        kept.append(change)
        return
    there = tuple(member for member in change.members if member.id is not None or member.external_id not in unmade)
    waiting.append(replace(change, members=absent))
    if there:
        kept.append(replace(change, members=there))


def _part_names(
    changes: Iterable[Change], waiting: list[Change], held: Iterable[Change]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    kept = list(changes)
    # A group that waits for a name keeps its own, so others may wait for that in turn.
    names = {match_key(change.name) for change in held if isinstance(change, RenameGroup)}
    while blocked := [change for change in kept if _wanted(change) in names]:
        waiting += blocked
        kept = [change for change in kept if _wanted(change) not in names]
        names = {match_key(change.name) for change in blocked if isinstance(change, RenameGroup)}
    return tuple(kept), tuple(waiting)


def _wanted(change: Change) -> str | None:
    match change:
        case RenameGroup():
            return match_key(change.new_name)
        case CreateGroup():
            return match_key(change.name)
        case _:
            return None
