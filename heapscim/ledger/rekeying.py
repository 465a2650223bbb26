"""Gives what heapscim 0.1 planned today's ids: it compared by case folding, and used folded names as ids."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    DeleteGroup,
    MemberRef,
    RemoveMembers,
    is_about_a_user,
    subject,
)
from heapscim.model.plan import TakeOver
from heapscim.model.state import key_before, match_key

_T = TypeVar("_T", str, "str | None")


def todays_id(external_id: _T, name: str) -> _T:
    """Returns today's id for a person whose id was the folded name; every other id stays."""
    key = match_key(name)
    return key if external_id == key_before(name) != key else external_id


def rekeyed(change: Change) -> Change:
    """Returns a change of heapscim 0.1 with today's ids."""
    if change.external_id is not None:
        change = replace(change, external_id=todays_id(change.external_id, subject(change)))
    if is_about_a_user(change):
        return change
    match change:
        case CreateGroup() | AddMembers() | RemoveMembers() | DeleteGroup():
            return replace(change, members=tuple(map(_rekeyed_member, change.members)))
        case _:
            return change


def rekeyed_take_over(adoption: TakeOver) -> TakeOver:
    """Returns a take-over by heapscim 0.1 with today's ids."""
    return replace(adoption, external_id=todays_id(adoption.external_id, adoption.user_name))


def _rekeyed_member(member: MemberRef) -> MemberRef:
    return replace(member, external_id=todays_id(member.external_id, member.user_name))
