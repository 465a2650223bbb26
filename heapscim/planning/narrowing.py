"""Narrows a plan to one person (``--only``): their account and their memberships, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateUser,
    DeactivateUser,
    DeleteUser,
    ReactivateUser,
    RemoveMembers,
    UpdateUser,
)
from heapscim.model.phrases import counted
from heapscim.model.plan import Plan
from heapscim.model.state import match_key

Concerns: TypeAlias = Callable[[str, str | None, str | None], bool]
"""Returns whether a userName, Heap id or external id is the person's."""


def only_about(plan: Plan, person: str) -> Plan:
    """Keeps what concerns one person, given by userName or Heap id. Changes to groups themselves wait for a full sync.

    If the person's userName changed, the old and the new one both name them, with every account they have or get.
    """
    key = match_key(person)
    meant = frozenset(_people_called(plan, key, person))

    def concerns(name: str, id: str | None, external_id: str | None = None) -> bool:
        return match_key(name) == key or id == person or external_id in meant

    changes = tuple(_narrow(plan.changes, concerns))
    withheld = tuple(entry for entry in plan.withheld if any(_narrow((entry.change,), concerns)))
    waiting = sum(not isinstance(change, _ABOUT_A_PERSON) for change in plan.changes)
    wait = "waits" if waiting == 1 else "wait"
    notices = (f"{counted(waiting, 'change')} to groups {wait} for a full sync.",) if waiting else ()
    return replace(
        plan,
        changes=changes,
        withheld=withheld,
        deferred=tuple(entry for entry in plan.deferred if any(_narrow((entry.change,), concerns))),
        adoptions=tuple(entry for entry in plan.adoptions if concerns(entry.user_name, entry.id, entry.external_id)),
        conflicts=tuple(entry for entry in plan.conflicts if match_key(entry.name) == key),
        skips=tuple(entry for entry in plan.skips if concerns(entry.user_name, None, entry.external_id)),
        unmanaged=tuple(entry for entry in plan.unmanaged if entry.type == "user" and concerns(entry.name, entry.id)),
        by_hand=tuple(entry for entry in plan.by_hand if entry.type == "user" and concerns(entry.name, entry.id)),
        covered=tuple(entry for entry in plan.covered if concerns(entry.user_name, None)),
        broken=tuple(entry for entry in plan.broken if entry.type == "user" and concerns(entry.name or "", entry.id)),
        notices=notices,
    )


_ABOUT_A_PERSON = (CreateUser, UpdateUser, ReactivateUser, DeactivateUser, DeleteUser, AddMembers, RemoveMembers)


def _people_called(plan: Plan, key: str, id: str) -> Iterator[str]:
    """Returns the external ids of the people called by this name, or whose account has this id.

    A person who leaves may have another name by now than the account.
    """
    yield from (skip.external_id for skip in plan.skips if match_key(skip.user_name) == key)
    for change in (*plan.changes, *(entry.change for entry in plan.withheld)):
        match change:
            case CreateUser() if match_key(change.user_name) == key or change.replaces == id:
                yield change.external_id
            case UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser():
                if change.external_id is not None and (match_key(change.user_name) == key or change.id == id):
                    yield change.external_id
            case _:
                pass


def _narrow(changes: Iterable[Change], concerns: Concerns) -> Iterator[Change]:
    for change in changes:
        match change:
            case CreateUser():
                if concerns(change.user_name, None, change.external_id):
                    yield change
            case UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser():
                if concerns(change.user_name, change.id, change.external_id):
                    yield change
            case AddMembers() | RemoveMembers():
                members = tuple(it for it in change.members if concerns(it.user_name, it.id, it.external_id))
                if members:
                    yield replace(change, members=members)
            case _:
                pass
