"""Counts what a plan amounts to: seats and roles, the guards' baseline, changes to or from Admin, strange roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from heapscim.model.changes import Change, CreateUser, DeactivateUser, DeleteUser, ReactivateUser, UpdateUser
from heapscim.model.desired import DesiredState
from heapscim.model.phrases import nearest
from heapscim.model.plan import Baseline, Impact
from heapscim.model.state import ROLE, CurrentState, Links, match_key


def impact_of(changes: Collection[Change], current: CurrentState) -> Impact:
    """Counts active seats and their roles before and after ``changes``, of managed accounts and all others."""
    before = {user.id: user.attributes.get(ROLE, "") for user in current.users if user.active}
    if not changes:
        roles = dict(sorted(Counter(before.values()).items()))
        return Impact(len(before), len(before), roles, roles)
    after: dict[str, str] = dict(before)
    created: list[str] = []
    for change in changes:
        match change:
            case CreateUser():
                created.append(change.attributes.get(ROLE, ""))
            case UpdateUser() if change.id not in after:
                pass  # an inactive account takes no seat, whatever is updated
            case ReactivateUser() | UpdateUser():
                user = current.users_by_id.get(change.id)
                role = change.after.get(ROLE, "" if user is None else user.attributes.get(ROLE))
                after[change.id] = role or ""
            case DeactivateUser() | DeleteUser():
                after.pop(change.id, None)
            case _:
                pass
    return Impact(
        seats_before=len(before),
        seats_after=len(after) + len(created),
        roles_before=dict(sorted(Counter(before.values()).items())),
        roles_after=dict(sorted(Counter((*after.values(), *created)).items())),
    )


def baseline_of(desired: DesiredState, current: CurrentState, links: Links) -> Baseline:
    """Counts what the guards' ratios are taken of."""
    lists = desired.groups is not None and desired.lists_groups
    return Baseline(
        accounts=len(current.active_user_ids & links.users_by_id.keys()),
        people=len(desired.users),
        managed_groups=len(current.groups_by_id.keys() & links.groups_by_id.keys()),
        groups=len(desired.groups or ()) + len(desired.unbound_group_ids) if lists else None,
    )


def strange_roles(changes: Iterable[Change], current: CurrentState, admin_role: str) -> tuple[str, ...]:
    """Names each role that a change gives and that no account in Heap has, with the nearest one that it may be.

    Says nothing of a role far from any other where Heap shows no roles at all: then there is nothing to compare with.
    """
    given = Counter(
        found.after for found in map(_role_change, changes) if found and found.after and found.after != found.before
    )
    if not given:
        return ()
    roles = {role: None for user in current.users if (role := user.attributes.get(ROLE))}
    there = {match_key(role): role for role in roles}
    known = there | {match_key(admin_role): admin_role}
    notices = []
    for role, count in given.items():
        if match_key(role) in known:
            continue
        near = nearest(match_key(role), known)
        whom = "1 person" if count == 1 else f"{count:,} people"
        if near is not None:
            notices.append(f"No account in Heap has the role {role} ({whom}); did you mean {known[near]}?")
        elif there:
            notices.append(f"No account in Heap has the role {role} yet ({whom}).")
    return tuple(notices)


@dataclass(frozen=True, slots=True)
class _RoleChange:
    user_name: str
    before: str
    after: str


def admin_notices(changes: Iterable[Change], admin_role: str) -> tuple[str, ...]:
    """Names each person who becomes Admin or stops being one, also by losing access or getting it back."""
    admin = match_key(admin_role)
    notices = []
    for found in filter(None, map(_role_change, changes)):
        if match_key(found.before) == match_key(found.after):
            continue
        if match_key(found.after) == admin:
            notices.append(f"{found.user_name} becomes {admin_role}.")
        elif match_key(found.before) == admin:
            notices.append(f"{found.user_name} is no longer {admin_role}.")
    return tuple(notices)


def _role_change(change: Change) -> _RoleChange | None:
    match change:
        case CreateUser():
            return _RoleChange(change.user_name, "", change.attributes.get(ROLE, ""))
        case ReactivateUser():
            return _RoleChange(change.user_name, "", change.after.get(ROLE, change.role) or "")
        case UpdateUser() if ROLE in change.after:
            return _RoleChange(change.user_name, change.before.get(ROLE) or "", change.after[ROLE] or "")
        case DeactivateUser():
            return _RoleChange(change.user_name, change.role or "", "")
        case DeleteUser():
            return _RoleChange(change.user_name, change.before.get(ROLE) or "", "")
        case _:
            return None
