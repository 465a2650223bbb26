"""Completes Heap's lists by looking up accounts and groups that they may have left out (backfill).

Each linked account and group that a list lacks is read by its id, since a list may hide a leaver. If a list proves
nothing, names are looked up before anything is created a second time.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from heapscim.errors import RequestError
from heapscim.execution.absences import NONE_ABSENT, Absences, Due
from heapscim.execution.batch_lookup import Asked, ask_each
from heapscim.execution.ports import Target
from heapscim.model.changes import DeactivateUser, DeleteGroup, DeleteUser, ReleaseGroup, RemoveMembers
from heapscim.model.completeness import Completeness
from heapscim.model.desired import DesiredGroup, DesiredState, DesiredUser
from heapscim.model.phrases import counted
from heapscim.model.plan import Withheld
from heapscim.model.state import (
    USER_NAME,
    Broken,
    CurrentGroup,
    CurrentState,
    CurrentUser,
    Kind,
    Link,
    Links,
    match_key,
)

T = TypeVar("T", bound=CurrentUser | CurrentGroup)
_GROUP_REMOVALS = (RemoveMembers, ReleaseGroup, DeleteGroup)
_SAMPLE = 10


async def with_unlisted(
    current: CurrentState, desired: DesiredState, links: Links, target: Target, absences: Absences = NONE_ABSENT
) -> tuple[CurrentState, Absences]:
    """Adds accounts and groups that the lists left out, and returns those that are absent now.

    Some tenants don't list inactive accounts, and a list may have lost a page or its end: neither means that they are
    gone. What can't be read by its id either is broken, and reported.
    """
    current, users = await _with_unlisted_users(current, Due.users(current, desired, links, absences), links, target)
    groups = absences.groups
    if desired.groups is not None:
        current, groups = await _with_unlisted_groups(current, Due.groups(current, desired, links, absences), target)
    return await _with_unlisted_names(current, desired, links, target), Absences(users, groups)


async def with_asked(current: CurrentState, withheld: Iterable[Withheld], links: Links, target: Target) -> CurrentState:
    """Reads each account and group whose removal was withheld: the read proves that removal by itself.

    The read of an account counts only if the account still has its last known name.
    """
    removals = [entry.change for entry in withheld]
    users = {change.id: change.user_name for change in removals if isinstance(change, DeactivateUser | DeleteUser)}
    left = users | {link.id: link.name for link in links.users if link.id in users}
    groups = {change.id: change.name for change in removals if isinstance(change, _GROUP_REMOVALS)}
    seen, teams = await ask_each(users, target.get_user), await ask_each(groups, target.get_group)
    found, read = _there(seen.found), _there(teams.found)
    as_left = _as_left(found, left, links)
    return replace(
        current,
        users=_renewed(current.users, users, found),
        groups=_renewed(current.groups, groups, read),
        broken=(*current.broken, *_broken("user", seen.failed, users), *_broken("group", teams.failed, groups)),
        asked_users=current.asked_users | as_left,
        asked_groups=current.asked_groups | read.keys(),
    )


async def with_accounts(current: CurrentState, ids: Collection[str], target: Target) -> CurrentState:
    """Adds those of the given accounts that the list left out and that exist."""
    there = {user.id for user in current.users} | {found.id for found in current.broken}
    seen = await ask_each(sorted(set(ids) - there), target.get_user)
    broken = _broken("user", seen.failed, {})
    return replace(current, users=(*current.users, *_there(seen.found).values()), broken=(*current.broken, *broken))


async def with_named(
    current: CurrentState, users: Iterable[str], groups: Iterable[str], target: Target
) -> CurrentState:
    """Adds the accounts and groups of these names that the lists left out, as far as they can be found."""
    seen = await ask_each(users, lambda name: target.look_up_users(names=(name,)))
    teams = await ask_each(groups, lambda name: target.look_up_groups(names=(name,)))
    return replace(
        current,
        users=_merged(current.users, (user for found in seen.found.values() for user in found)),
        groups=_merged(current.groups, (group for found in teams.found.values() for group in found)),
    )


def _as_left(found: Mapping[str, CurrentUser], names: Mapping[str, str], links: Links) -> frozenset[str]:
    """Returns the ids of those that still have their last known name, or what the tenant made of it."""
    kept = {link.id: link.kept[USER_NAME][1] for link in links.users if USER_NAME in link.kept}
    return frozenset(
        id for id, user in found.items() if user.match_key in (match_key(names[id]), match_key(kept.get(id, names[id])))
    )


async def _with_unlisted_users(
    current: CurrentState, due: Due, links: Links, target: Target
) -> tuple[CurrentState, tuple[str, ...]]:
    if not due.names:
        return current, due.waiting
    seen = await ask_each(due.names, target.get_user)
    hidden = sum(user.active for user in _there(seen.found).values())
    read = _less(current.completeness, hidden, "active account")
    seen = await _by_name_too(seen, due, read, target, lambda name: target.look_up_users(names=(name,)))
    found = _there(seen.found)
    hidden = sum(user.active for user in found.values())
    as_left = _as_left(found, due.names, links)
    absent = [id for id, user in seen.found.items() if id not in due.wanted and (user is None or not user.active)]
    state = replace(
        current,
        users=(*current.users, *found.values()),
        completeness=_less(current.completeness, hidden, "active account"),
        broken=(*current.broken, *_broken("user", seen.failed, due.names)),
        asked_users=current.asked_users | as_left,
    )
    return state, (*due.waiting, *absent)


async def _with_unlisted_groups(
    current: CurrentState, due: Due, target: Target
) -> tuple[CurrentState, tuple[str, ...]]:
    if not due.names:
        return current, due.waiting
    seen = await ask_each(due.names, target.get_group)
    read = _less(current.groups_completeness, len(_there(seen.found)), "group")
    seen = await _by_name_too(seen, due, read, target, lambda name: target.look_up_groups(names=(name,)))
    found = _there(seen.found)
    absent = [id for id, group in seen.found.items() if id not in due.wanted and group is None]
    state = replace(
        current,
        groups=(*current.groups, *found.values()),
        groups_completeness=_less(current.groups_completeness, len(found), "group"),
        broken=(*current.broken, *_broken("group", seen.failed, due.names)),
        asked_groups=current.asked_groups | found.keys(),
    )
    return state, (*due.waiting, *absent)


async def _by_name_too(
    seen: Asked[T | None],
    due: Due,
    read: Completeness,
    target: Target,
    look: Callable[[str], Awaitable[Collection[T]]],
) -> Asked[T | None]:
    """Looks up by name those that a read by id didn't find, if the list is known to hide some.

    Only a resource with that very id counts. Names that would be created are looked up later, and not here.
    """
    gone = [id for id, one in seen.found.items() if one is None and match_key(due.names[id]) not in due.sought]
    if read.proven:
        return seen

    async def named(id: str) -> T | None:
        return next((one for one in await look(due.names[id]) if one.id == id), None)

    for ids in (gone[:1], gone[1:]):  # the first one shows whether filters work at all
        if not target.filters_by_name:
            break
        again = await ask_each(ids, named)
        if target.filters_by_name:
            found = {id: one for id, one in seen.found.items() if id not in again.failed}
            seen = Asked({**found, **again.found}, {**seen.failed, **again.failed})
    return seen


async def _with_unlisted_names(
    current: CurrentState, desired: DesiredState, links: Links, target: Target
) -> CurrentState:
    """Looks up by name what would be created. What can't be told is left alone, like what can't be read."""
    wanted = _to_be_made(desired.users, current.users, links.users, current.broken_of("user"))
    users_read = await _sampled(current.completeness, "user", wanted, target)
    if not users_read.proven:
        seen = await ask_each(wanted, lambda name: target.look_up_users(names=(name,)))
        users = [user for found in seen.found.values() for user in found]
        broken = _untold("user", seen.failed)
        current = replace(current, users=_merged(current.users, users), broken=(*current.broken, *broken))
    wanted = _to_be_made(desired.groups or (), current.groups, links.groups, current.broken_of("group"))
    groups_read = await _sampled(current.groups_completeness, "group", wanted, target)
    if not groups_read.proven:
        teams = await ask_each(wanted, lambda name: target.look_up_groups(names=(name,)))
        groups = [group for found in teams.found.values() for group in found]
        broken = _untold("group", teams.failed)
        current = replace(current, groups=_merged(current.groups, groups), broken=(*current.broken, *broken))
    if (users_read, groups_read) == (current.completeness, current.groups_completeness):
        return current
    return replace(current, completeness=users_read, groups_completeness=groups_read)


async def _sampled(read: Completeness, kind: Kind, names: Sequence[str], target: Target) -> Completeness:
    """Looks up a few of those that would be created: a list may be cut off and still state a total that fits.

    If names are unique, a second create is refused anyway; if filters don't work, only the same list would answer.
    """
    if not names or not read.proven or target.names_are_unique(kind) or not target.filters_by_name:
        return read
    look = target.look_up_users if kind == "user" else target.look_up_groups
    seen = await ask_each(names[:: math.ceil(len(names) / _SAMPLE)], lambda name: look(names=(name,)))
    hidden = sum(bool(found) for found in seen.found.values())
    return _less(read, hidden, "account" if kind == "user" else "group")


def _to_be_made(
    wanted: Iterable[DesiredUser | DesiredGroup],
    there: Iterable[CurrentUser | CurrentGroup],
    links: Iterable[Link],
    broken: Iterable[Broken],
) -> list[str]:
    """Returns the names that are neither linked to something that exists nor known by their name."""
    there, broken = tuple(there), tuple(broken)
    ids = {one.id for one in there} | {one.id for one in broken}
    linked = {link.external_id for link in links if link.id in ids}
    unlinked = [one for one in wanted if one.external_id not in linked]
    keys = {one.match_key for one in (*there, *broken)} if unlinked else ()
    return [one.shown_name for one in unlinked if one.match_key not in keys]


def _there(found: Mapping[str, T | None]) -> dict[str, T]:
    return {id: one for id, one in found.items() if one is not None}


def _merged(listed: tuple[T, ...], found: Iterable[T]) -> tuple[T, ...]:
    return tuple({one.id: one for one in (*listed, *found)}.values())


def _renewed(listed: Iterable[T], asked: Collection[str], found: Mapping[str, T]) -> tuple[T, ...]:
    """Returns a list with the resources that were read by id as they are now, without those that are gone or broken."""
    return (*(one for one in listed if one.id not in asked), *found.values())


def _less(read: Completeness, hidden: int, noun: str) -> Completeness:
    """Returns a completeness that proves nothing, because the read left out what exists."""
    if not hidden:
        return read
    verb = "is" if hidden == 1 else "are"
    return Completeness(proven=False, evidence=f"{read.evidence} {counted(hidden, noun)} that it lacks {verb} there.")


def _broken(
    type: Literal["user", "group"], failed: Mapping[str, RequestError], names: Mapping[str, str]
) -> list[Broken]:
    return [Broken(type, id, names.get(id), error.message) for id, error in failed.items()]


def _untold(type: Literal["user", "group"], failed: Mapping[str, RequestError]) -> list[Broken]:
    return [Broken(type, None, name, error.message) for name, error in failed.items()]
