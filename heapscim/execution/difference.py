"""Says in which way a resource isn't what a change asked for. Asks nobody and sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from heapscim.execution.expectation import Expectation
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.state import (
    DISPLAY_NAME,
    USER_NAME,
    CurrentGroup,
    CurrentUser,
    same_name,
    same_text,
)
from heapscim.planning.user_changes import differs


def difference(
    expected: Expectation, seen: CurrentUser | CurrentGroup, unreadable: Collection[str], kept: Mapping[str, str]
) -> str | None:
    """Returns how a resource differs from what was asked; None if it doesn't.

    Attributes in ``unreadable`` can't be compared, and those in ``kept`` are kept by Heap in a form of its own.
    """
    change = expected.change
    if isinstance(seen, CurrentUser):
        return _user_difference(change, seen, {*unreadable, *kept})
    match change:
        case RenameGroup() if DISPLAY_NAME not in kept and not same_text(seen.name, change.new_name):
            return f"the name is still {seen.name!r}"
        case CreateGroup() if DISPLAY_NAME not in kept and is_named_otherwise(change, seen):
            return f"it made a group named {seen.name!r}"
        case CreateGroup() | AddMembers():
            missing = len(set(expected.member_ids) - seen.member_ids)
            return f"{missing} of {len(expected.member_ids)} are no members" if missing else None
        case RemoveMembers():
            still = len(set(expected.member_ids) & seen.member_ids)
            return f"{still} of {len(expected.member_ids)} are still members" if still else None
        case DeleteGroup():
            return "it is still there"
        case _:
            return None


def others_gone(expected: Expectation, seen: CurrentGroup) -> str | None:
    """Says who is gone from a group though nobody asked for that; None if everybody else is still there.

    A tenant may take the members to add for the whole group, or the member to remove for all of them.
    """
    if not seen.is_whole:
        return None  # who isn't shown may be in all the same
    if expected.bystanders:
        names = sorted(name for id, name in expected.bystanders.items() if id not in seen.member_ids)
        of, named = len(expected.bystanders), f": {', '.join(names)}"
        gone = len(names)
    elif expected.others is not None:
        of, named = expected.others, ""
        gone = expected.others - len(seen.member_ids - set(expected.member_ids))
    else:
        return None
    return f"{gone} of {of} other members are gone from the group{named}" if gone > 0 else None


def is_as_before(expected: Expectation, seen: CurrentUser | CurrentGroup) -> bool:
    """Returns whether a change had no effect, or only on some of the members to remove."""
    change = expected.change
    match change, seen:
        case DeactivateUser(), CurrentUser():
            return seen.active
        case ((UpdateUser() | ReactivateUser()), CurrentUser()):
            still = [
                path
                for path, value in change.after.items()
                if differs(path, value, seen.attributes.get(path))
                and not differs(path, change.before.get(path), seen.attributes.get(path))
            ]
            return bool(still) or (isinstance(change, ReactivateUser) and not seen.active)
        case RenameGroup(), CurrentGroup():
            return same_text(seen.name, change.name)
        case _, CurrentGroup() if not seen.is_whole:
            return False
        case AddMembers(), CurrentGroup():
            return bool(expected.member_ids) and seen.member_ids.isdisjoint(expected.member_ids)
        case RemoveMembers(), CurrentGroup():
            return not seen.member_ids.isdisjoint(expected.member_ids)
        case _:
            return False


def _user_difference(change: Change, user: CurrentUser, unreadable: Collection[str]) -> str | None:
    match change:
        case CreateUser() if USER_NAME not in unreadable and is_named_otherwise(change, user):
            return f"it made an account named {user.user_name!r}"
        case CreateUser() | ReactivateUser() if not user.active:
            return "the account is still inactive"
        case CreateUser():
            return _attribute_difference(user, change.attributes, unreadable)
        case UpdateUser() | ReactivateUser():
            return _attribute_difference(user, change.after, unreadable)
        case DeactivateUser() if user.active:
            return "the account is still active"
        case DeleteUser() if user.active:
            return "it is still there"
        case _:
            return None


def is_named_otherwise(change: Change, seen: CurrentUser | CurrentGroup) -> bool:
    """Returns whether a create brought a resource of another name, which isn't what was asked for."""
    match change, seen:
        case CreateUser(), CurrentUser():
            return not same_name(seen.user_name, change.user_name)
        case CreateGroup(), CurrentGroup():
            return not same_name(seen.name, change.name)
        case _:
            return False


def _attribute_difference(
    user: CurrentUser, asked: Mapping[str, str | None], unreadable: Collection[str]
) -> str | None:
    for path, value in sorted(asked.items()):
        found = user.attributes.get(path)
        if path not in unreadable and differs(path, value, found):
            wanted = "empty" if value is None else repr(value)
            return f"{path} is {'still empty' if found is None else repr(found)}, not {wanted}"
    return None
