"""Defines the changes that a plan may hold: each does one thing to one user or group, and says why.

``id`` is Heap's id, ``external_id`` the directory's. For a resource that the same plan creates, ``id`` is None, and
apply finds it by ``external_id``. Field names are those of the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from heapscim.model.state import DISPLAY_NAME, USER_NAME

BY_HAND = "asked for by hand"
"""The reason of a change that a person asks for; a directory asks for all others."""
Deprovision: TypeAlias = Literal["deactivate", "delete"]
"""What is done to the account of a person who leaves."""
Deactivation: TypeAlias = Literal["auto", "keeps", "removes"]
"""What a tenant does with an account that is deactivated: ``auto`` until that is known."""


@dataclass(frozen=True, slots=True)
class MemberRef:
    """Names a member of a group by what is known when the plan is made."""

    user_name: str
    id: str | None
    """None for an account that the same plan creates."""
    external_id: str | None
    """None for an account that the directory doesn't know."""


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Creates an account for a person who has none."""

    external_id: str
    user_name: str
    attributes: Mapping[str, str]
    reason: str
    replaces: str | None = None
    """Heap id of the account that this one replaces, if the person's userName changed (article row 5)."""
    by_hand: bool = False
    """Whether it is managed by hand from now on: a sync leaves it alone until the directory holds the person."""
    kind: Literal["create_user"] = "create_user"


@dataclass(frozen=True, slots=True)
class UpdateUser:
    """Sets attributes that differ; never userName."""

    id: str
    external_id: str | None
    user_name: str
    before: Mapping[str, str | None]
    """The attributes that differ, as read; None if Heap had no value."""
    after: Mapping[str, str | None]
    """None takes the value away; only an undo does that."""
    reason: str
    by_hand: bool = False
    """Whether a person asked for the values, as in an undo, and not the directory."""
    kind: Literal["update_user"] = "update_user"


@dataclass(frozen=True, slots=True)
class ReactivateUser:
    """Makes an inactive account active again and brings its attributes up to date."""

    id: str
    external_id: str | None
    user_name: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    """Attributes to set in the same request, None to take the value away; may be empty."""
    reason: str
    role: str | None = None
    """Its role before the change."""
    replaces: str | None = None
    """Heap id of the account that had replaced this one until now; only an undo sets it."""
    by_hand: bool = False
    """Whether a person asked for the values, as in an undo, and not the directory."""
    kind: Literal["reactivate_user"] = "reactivate_user"


@dataclass(frozen=True, slots=True)
class DeactivateUser:
    """Sets an account inactive; group memberships and role stay for a later return."""

    id: str
    external_id: str | None
    user_name: str
    reason: str
    role: str | None = None
    kind: Literal["deactivate_user"] = "deactivate_user"


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Deletes an account, with its personal charts; only if the profile says ``deprovision = "delete"``."""

    id: str
    external_id: str | None
    user_name: str
    before: Mapping[str, str | None]
    reason: str
    groups: tuple[str, ...] = ()
    """Heap ids of the groups that hold it, so that an undo can put the new account there."""
    by_hand: bool = False
    """Whether it was managed by hand until now."""
    kind: Literal["delete_user"] = "delete_user"


@dataclass(frozen=True, slots=True)
class ReleaseUser:
    """Stops managing an account, which stays as it is. Nothing is sent; only an undo does that."""

    id: str
    external_id: str
    user_name: str
    reason: str
    by_hand: bool = False
    """Whether it is managed by hand again, as before the directory held the person; otherwise it is unmanaged."""
    kind: Literal["release_user"] = "release_user"


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """Creates a group with its members."""

    external_id: str | None
    """None for an unmanaged group: an undo that creates it again leaves it unmanaged."""
    name: str
    members: tuple[MemberRef, ...]
    """Never empty in a sync: empty groups are not created (article row 9)."""
    reason: str
    by_hand: bool = False
    """Whether it is managed by hand from now on: a sync leaves it alone until the directory binds one of its name."""
    kind: Literal["create_group"] = "create_group"


@dataclass(frozen=True, slots=True)
class TakeOverGroup:
    """Takes over an existing group: from now on it is managed (article row 10). Nothing is sent."""

    id: str
    external_id: str
    name: str
    reason: str
    instead_of: str | None = None
    """The directory's id that it was managed by until now, None if it wasn't managed."""
    by_hand: bool = False
    """Whether it was managed by hand until now."""
    kind: Literal["take_over_group"] = "take_over_group"


@dataclass(frozen=True, slots=True)
class RenameGroup:
    """Gives a managed group the name it has in the directory."""

    id: str
    external_id: str | None
    name: str
    """The name it has now."""
    new_name: str
    reason: str
    by_hand: bool = False
    """Whether a person asked for the name, as in an undo, and not the directory."""
    kind: Literal["rename_group"] = "rename_group"


@dataclass(frozen=True, slots=True)
class AddMembers:
    """Adds members to a group."""

    id: str
    external_id: str | None
    name: str
    members: tuple[MemberRef, ...]
    reason: str
    size: int | None = None
    """How many members the group has before this change; None if that isn't known."""
    again: bool = False
    """Whether an earlier run sent the same members, and Heap didn't show them afterwards."""
    kind: Literal["add_members"] = "add_members"


@dataclass(frozen=True, slots=True)
class RemoveMembers:
    """Removes members from a group."""

    id: str
    external_id: str | None
    name: str
    members: tuple[MemberRef, ...]
    reason: str
    size: int
    """How many members the group has before this change; a guard's baseline."""
    kind: Literal["remove_members"] = "remove_members"


@dataclass(frozen=True, slots=True)
class ReleaseGroup:
    """Stops managing a group, which stays as it is (article row 13). Nothing is sent."""

    id: str
    external_id: str
    name: str
    reason: str
    by_hand: bool = False
    """Whether it is managed by hand again, as before the directory bound it; otherwise it is unmanaged."""
    kind: Literal["release_group"] = "release_group"


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    """Deletes a managed group that was deleted in the directory (article row 14)."""

    id: str
    external_id: str | None
    name: str
    members: tuple[MemberRef, ...]
    """Its members, so that an undo can create it again."""
    reason: str
    by_hand: bool = False
    """Whether it was managed by hand until now."""
    kind: Literal["delete_group"] = "delete_group"


UserChange: TypeAlias = CreateUser | UpdateUser | ReactivateUser | DeactivateUser | DeleteUser | ReleaseUser
GroupChange: TypeAlias = (
    CreateGroup | TakeOverGroup | RenameGroup | AddMembers | RemoveMembers | ReleaseGroup | DeleteGroup
)
Change: TypeAlias = UserChange | GroupChange
ChangeKind: TypeAlias = Literal[
    "create_user",
    "update_user",
    "reactivate_user",
    "create_group",
    "take_over_group",
    "rename_group",
    "add_members",
    "remove_members",
    "deactivate_user",
    "delete_user",
    "release_user",
    "release_group",
    "delete_group",
]

PHASES: tuple[tuple[ChangeKind, ...], ...] = (
    ("create_user",),
    ("update_user", "reactivate_user"),
    ("create_group", "take_over_group", "rename_group"),
    ("add_members",),
    ("remove_members",),
    ("deactivate_user", "delete_user"),
    ("release_user", "release_group", "delete_group"),
)
"""The order of an apply: access is given before any is taken away. Changes of one phase don't depend on each other."""

LOCAL: frozenset[ChangeKind] = frozenset({"take_over_group", "release_user", "release_group"})
"""Kinds that only the ledger records; nothing is sent to Heap."""


def subject(change: Change) -> str:
    """Returns the userName or group name that a change is about."""
    match change:
        case CreateUser() | UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser() | ReleaseUser():
            return change.user_name
        case _:
            return change.name


def asked(change: Change) -> Mapping[str, str | None]:
    """Returns the values that a change asks for, by attribute path, without members."""
    match change:
        case CreateUser():
            return {USER_NAME: change.user_name, **change.attributes}
        case UpdateUser() | ReactivateUser():
            return change.after
        case CreateGroup():
            return {DISPLAY_NAME: change.name}
        case RenameGroup():
            return {DISPLAY_NAME: change.new_name}
        case _:
            return {}


def is_about_a_user(change: Change) -> bool:
    """Returns whether a change is made to an account, not to a group."""
    return change.kind.endswith("_user")
