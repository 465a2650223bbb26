"""Takes back what a run did to accounts.

An account that the run created is deactivated; it is deleted only if the profile says so of leavers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from heapscim.model.changes import (
    Change,
    CreateUser,
    DeactivateUser,
    DeleteUser,
    ReactivateUser,
    ReleaseUser,
    UpdateUser,
    UserChange,
)
from heapscim.model.plan import TakeOver
from heapscim.model.state import ROLE, CurrentUser, match_key
from heapscim.planning.user_changes import differs
from heapscim.undo.context import Back, UndoContext, UndoStep, beyond, id_for, moved


def inverse_of_user(context: UndoContext, change: UserChange, id: str | None) -> Iterator[UndoStep]:
    """Returns what takes one change back; ``id`` is the Heap id that the ledger recorded with it."""
    match change:
        case CreateUser():
            yield from _remove(context, change, context.current.users_by_id.get(id or ""))
        case DeleteUser():
            yield from _recreate(context, change)
        case ReleaseUser():
            yield _take_over_again(context, change)
        case _ if change.id not in context.current.users_by_id:
            gone = f"{change.user_name} is gone from Heap, and personal charts went with the account."
            yield beyond(change.user_name, gone)
        case _:
            yield from _set_back(context, change, context.current.users_by_id[change.id])


def releases(context: UndoContext) -> Iterator[UndoStep]:
    """Releases the accounts that the run took over: they are unmanaged again, or managed by hand as before."""
    for taken in context.options.adoptions:
        link = context.links.users_by_external_id.get(taken.external_id)
        if link is None or link.id != taken.id or link.by_hand:
            yield Back(taken.user_name)
        else:
            yield ReleaseUser(taken.id, taken.external_id, taken.user_name, context.reason, taken.by_hand)


def _take_over_again(context: UndoContext, change: ReleaseUser) -> UndoStep:
    name = change.user_name
    link = context.links.users_by_external_id.get(change.external_id)
    if change.id not in context.current.users_by_id:
        return beyond(name, f"{name} is gone from Heap and can't be taken over again.")
    if link is not None and link.id == change.id:
        by_hand = change.by_hand and link.by_hand
        return TakeOver(change.id, change.external_id, name, by_hand=True) if by_hand else Back(name)
    if link is not None or change.id in context.links.users_by_id:
        return moved(name, f"{name} isn't taken over again: the account, or the person, is tied otherwise by now.")
    return TakeOver(change.id, change.external_id, name)


def _set_back(
    context: UndoContext, change: UpdateUser | ReactivateUser | DeactivateUser, user: CurrentUser
) -> Iterator[UndoStep]:
    if isinstance(change, DeactivateUser):
        yield Back(user.user_name) if user.active else _reactivate(context, user, change.external_id)
        return
    yield from _restore(context, change, user)
    if isinstance(change, ReactivateUser):
        yield _deactivate(context, user, change.external_id) if user.active else Back(user.user_name)


def _remove(context: UndoContext, change: CreateUser, user: CurrentUser | None) -> Iterator[UndoStep]:
    if user is None or not user.active:
        yield Back(change.user_name)
    elif context.options.plan.deprovision == "deactivate":
        yield _deactivate(context, user, change.external_id)
    elif changed := _changed_since(context, change.attributes, user):
        # Deleting destroys what others have done with the account since, and their work isn't this run's.
        yield moved(
            user.user_name, f"{user.user_name} isn't deleted: {changed} changed since the run made the account."
        )
    else:
        groups = context.current.groups_of.get(user.id, ())
        external_id = context.links.external_id_of_user(user.id) or change.external_id
        before, by_hand = dict(user.attributes), user.id in context.links.made_by_hand.users_by_id
        yield DeleteUser(user.id, external_id, user.user_name, before, context.reason, groups, by_hand)


def _changed_since(context: UndoContext, given: Mapping[str, str], user: CurrentUser) -> str:
    hidden = context.options.plan.unreadable
    paths = (path for path, value in given.items() if path not in hidden)
    return ", ".join(sorted(path for path in paths if differs(path, given[path], user.attributes.get(path))))


def _deactivate(context: UndoContext, user: CurrentUser, external_id: str | None) -> DeactivateUser:
    return DeactivateUser(user.id, external_id, user.user_name, context.reason, user.attributes.get(ROLE))


def _reactivate(context: UndoContext, user: CurrentUser, external_id: str | None) -> ReactivateUser:
    role, replaces = user.attributes.get(ROLE), _stand_in(context, external_id, user.id)
    return ReactivateUser(user.id, external_id, user.user_name, {}, {}, context.reason, role, replaces)


def _recreate(context: UndoContext, change: DeleteUser) -> Iterator[UndoStep]:
    kept, name = context.current.users_by_id.get(change.id), change.user_name
    if kept is not None:
        yield Back(name) if kept.active else _reactivate(context, kept, change.external_id)
    elif match_key(name) in context.current.users_by_key:
        yield moved(name, f"{name} has another account in Heap by now.")
    else:
        attributes = {path: value for path, value in change.before.items() if value is not None}
        replaces = _stand_in(context, change.external_id, change.id)
        yield CreateUser(id_for(change), name, attributes, context.reason, replaces, change.by_hand)


def _stand_in(context: UndoContext, external_id: str | None, id: str) -> str | None:
    """Returns the account that took the place of this one when the person's userName changed (article row 5)."""
    link = context.links.users_by_external_id.get(external_id or "")
    return None if link is None or link.id == id or link.id not in context.current.users_by_id else link.id


def _restore(context: UndoContext, change: UpdateUser | ReactivateUser, user: CurrentUser) -> Iterator[UndoStep]:
    """Restores the earlier value of each attribute that still has the value that the run gave it."""
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    name, hidden = user.user_name, context.options.plan.unreadable
    for path, given in sorted(change.after.items()):
        was, now = change.before.get(path), user.attributes.get(path)
        if path in hidden and (was is None or now is None):
            yield beyond(name, f"{path} of {name} isn't shown by this tenant, and what it was is unknown.")
        elif not differs(path, was, now):
            yield Back(name)
        elif differs(path, given, now):
            yield moved(
                name, f"{path} of {name} is {_shown(now)} by now, no longer {_shown(given)} as the run left it."
            )
        else:
            before[path], after[path] = now, was
    if after:
        yield UpdateUser(user.id, change.external_id, name, before, after, context.reason, by_hand=True)


def _shown(value: str | None) -> str:
    return "empty" if value is None else repr(value)


def united(changes: Iterable[Change]) -> Iterator[Change]:
    """Merges the changes of an account that becomes active again and gets values back: one request does both."""
    updates: dict[str, UpdateUser] = {}
    returning: dict[str, ReactivateUser] = {}
    for change in changes:
        if isinstance(change, UpdateUser):
            updates[change.id] = change
        elif isinstance(change, ReactivateUser):
            returning[change.id] = change
        else:
            yield change
    yield from (change for id, change in updates.items() if id not in returning)
    for id, change in returning.items():
        update = updates.get(id)
        yield replace(change, before=update.before, after=update.after, by_hand=True) if update else change
