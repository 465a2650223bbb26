"""Puts changes into words: sign, verb and colour of each kind, what a change does, and what a plan comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

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
from heapscim.model.plan import Deferred, Impact

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAMES = ("name.givenName", "name.familyName")


@dataclass(frozen=True, slots=True)
class KindWords:
    """Says how a kind of change is shown; the sign says without colour what the colour says."""

    sign: str
    verb: str
    style: str
    to_do: str
    """What is to be done to users or groups, after their number: ``to create``."""
    done: str
    """The same once it is done: ``created``."""


KINDS: Mapping[ChangeKind, KindWords] = {
    "create_user": KindWords("+", "create", "green", "to create", "created"),
    "update_user": KindWords("~", "update", "cyan", "to update", "updated"),
    "reactivate_user": KindWords("+", "reactivate", "green", "to reactivate", "reactivated"),
    "deactivate_user": KindWords("-", "deactivate", "red", "to deactivate", "deactivated"),
    "delete_user": KindWords("-", "delete", "bold red", "to delete", "deleted"),
    "create_group": KindWords("+", "create group", "green", "to create", "created"),
    "take_over_group": KindWords("=", "take over", "cyan", "to take over", "taken over"),
    "rename_group": KindWords("~", "rename group", "cyan", "to rename", "renamed"),
    "add_members": KindWords("+", "add members", "green", "to add members to", "with members added"),
    "remove_members": KindWords("-", "remove members", "red", "to remove members from", "with members removed"),
    "release_user": KindWords("=", "stop managing", "yellow", "to stop managing", "no longer managed"),
    "release_group": KindWords("=", "release", "yellow", "to release", "released"),
    "delete_group": KindWords("-", "delete group", "bold red", "to delete", "deleted"),
}


def summary(counts: Mapping[ChangeKind, int]) -> str:
    """Returns in one line what is to be done, such as ``2 users to create, 1 group to rename``."""
    return ", ".join(to_do(kind, count) for kind, count in counts.items())


def to_do(kind: ChangeKind, count: int, more: str = "") -> str:
    """Returns a number of changes of one kind, such as ``400 groups to create``; ``more`` stands after the number."""
    return f"{_of_kind(kind, count, more)} {KINDS[kind].to_do}"


def summary_of_done(counts: Mapping[ChangeKind, int]) -> str:
    """Returns in one line what was done, such as ``2 users created, 1 group renamed``."""
    return ", ".join(f"{_of_kind(kind, count)} {KINDS[kind].done}" for kind, count in counts.items())


def detail(change: Change, *, full: bool = False) -> str:
    """Returns what a change does, in words, without its name and its reason; ``full`` names every member."""
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
            return _members(change.members, full=full)
        case RenameGroup():
            return f"→ {_value(change.new_name)}"
        case DeleteGroup():
            return f"{_members(change.members, full=full) or 'no members'}; an undo makes a new group with a new id"
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


def _of_kind(kind: ChangeKind, count: int, more: str = "") -> str:
    return counted(count, f"{more}{'user' if kind.endswith('_user') else 'group'}")


def _person(attributes: Mapping[str, str]) -> str:
    full_name = " ".join(attributes[path] for path in _NAMES if path in attributes)
    others = [f"{_short(path)} {_value(value)}" for path, value in sorted(attributes.items()) if path not in _NAMES]
    return ", ".join(filter(None, (full_name, *others)))


def _members(members: tuple[MemberRef, ...], *, full: bool) -> str:
    names = [member.user_name for member in members]
    return ", ".join(names) if full else listed(names)


def _short(path: str) -> str:
    """Returns the last part of an attribute path."""
    return path.rpartition(":")[2].rpartition(".")[2]


def _value(value: str | None) -> str:
    """Returns a value, in quotes if it could be mistaken for something else without them."""
    if value is None:
        return "(none)"
    plain = value == value.strip() and value and not set(value) & set("→'\",;()")
    return value if plain else repr(value)


def waiting(entry: Deferred) -> str:
    """Says on which day (UTC) a removal is carried out that waits for a grace period, and why."""
    day = datetime.fromtimestamp(entry.due, tz=UTC)
    when = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{KINDS[entry.change.kind].verb} {entry.change.user_name} on {when}: {entry.change.reason}"
