"""Puts changes into words: sign, verb and colour of each kind, what a change does, and what a plan comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heapscim.model.changes import (
    AddMembers,
    Change,
    ChangeKind,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.phrases import counted as counted  # noqa: PLC0414 - all of output and cli has it from here
from heapscim.model.phrases import listed as listed  # noqa: PLC0414
from heapscim.model.plan import Impact, Plan

_NAMES = ("name.givenName", "name.familyName")


@dataclass(frozen=True, slots=True)
class KindWords:
    """Says how a kind of change is shown; the sign says without colour what the colour says."""

    sign: str
    verb: str
    style: str


KINDS: Mapping[ChangeKind, KindWords] = {
    "create_user": KindWords("+", "create", "green"),
    "update_user": KindWords("~", "update", "cyan"),
    "reactivate_user": KindWords("+", "reactivate", "green"),
    "deactivate_user": KindWords("-", "deactivate", "red"),
    "delete_user": KindWords("-", "delete", "bold red"),
    "create_group": KindWords("+", "create group", "green"),
    "take_over_group": KindWords("=", "take over", "cyan"),
    "rename_group": KindWords("~", "rename group", "cyan"),
    "add_members": KindWords("+", "add members", "green"),
    "remove_members": KindWords("-", "remove members", "red"),
    "release_user": KindWords("=", "stop managing", "yellow"),
    "release_group": KindWords("=", "release", "yellow"),
    "delete_group": KindWords("-", "delete group", "bold red"),
}


def summary(plan: Plan) -> str:
    """Returns a plan's counts in one line, such as ``2 create, 1 deactivate``."""
    return ", ".join(f"{count:,} {KINDS[kind].verb}" for kind, count in plan.counts.items()) or "no change"


def detail(change: Change) -> str:
    """Returns what a change does, in words, without its name and its reason."""
    match change:
        case CreateUser():
            return _person(change.attributes)
        case UpdateUser() | ReactivateUser():
            return ", ".join(
                f"{_short(path)} {_value(change.before.get(path))} → {_value(value)}"
                for path, value in sorted(change.after.items())
            )
        case DeleteUser():
            return "personal charts go with the account; an undo makes a new one without them"
        case CreateGroup() | AddMembers() | RemoveMembers():
            return _members(change.members)
        case RenameGroup():
            return f"→ {_value(change.new_name)}"
        case DeleteGroup():
            return f"{_members(change.members) or 'no members'}; an undo makes a new group with a new id"
        case ReleaseUser() | ReleaseGroup() if change.by_hand:
            return "managed by hand again"
        case DeactivateUser() | ReleaseUser() | TakeOverGroup() | ReleaseGroup():
            return ""


def seats(impact: Impact) -> str:
    """Returns the active seats before and after, and each role whose count changes, in one line."""
    roles = sorted(set(impact.roles_before) | set(impact.roles_after))
    parts = [
        f"{role or 'default role'} {impact.roles_before.get(role, 0):,} → {impact.roles_after.get(role, 0):,}"
        for role in roles
        if impact.roles_before.get(role, 0) != impact.roles_after.get(role, 0)
    ]
    by_role = f" ({'; '.join(parts)})" if parts else ""
    return f"Active seats {impact.seats_before:,} → {impact.seats_after:,}{by_role}"


def _person(attributes: Mapping[str, str]) -> str:
    full_name = " ".join(attributes[path] for path in _NAMES if path in attributes)
    others = [f"{_short(path)} {_value(value)}" for path, value in sorted(attributes.items()) if path not in _NAMES]
    return ", ".join(filter(None, (full_name, *others)))


def _members(members: tuple[MemberRef, ...]) -> str:
    return listed(member.user_name for member in members)


def _short(path: str) -> str:
    """Returns the last part of an attribute path."""
    return path.rpartition(":")[2].rpartition(".")[2]


def _value(value: str | None) -> str:
    """Returns a value, in quotes if it could be mistaken for something else without them."""
    if value is None:
        return "(none)"
    plain = value == value.strip() and value and not set(value) & set("→'\",;()")
    return value if plain else repr(value)
