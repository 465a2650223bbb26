"""Completes what a target's lists said by looking at single accounts and groups they may have left out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from heapscim.provisioning.state import CurrentGroup, CurrentState, CurrentUser, DesiredState, Links, match_key
from heapscim.provisioning.target import Target

T = TypeVar("T", bound=CurrentUser | CurrentGroup)


def as_last_sent(current: CurrentState, links: Links, unreadable: frozenset[str]) -> CurrentState:
    """Fills in what a tenant takes but never shows with what was last sent."""
    sent = {link.id: {path: link.sent[path] for path in unreadable if path in link.sent} for link in links.users}
    users = (replace(user, attributes={**user.attributes, **sent.get(user.id, {})}) for user in current.users)
    return replace(current, users=tuple(users)) if unreadable else current


async def with_unlisted(current: CurrentState, desired: DesiredState, links: Links, target: Target) -> CurrentState:
    """Adds accounts and groups that are wanted and that the lists didn't hold.

    Some tenants don't list inactive accounts, and a list may have lost a page: neither means that they are gone. Who is
    linked is asked for by id. What an unproven list lacks is looked for by name, too, before it is made a second time.
    """
    listed = {user.id for user in current.users}
    wanted = {user.external_id for user in desired.users}
    names = {user.match_key for user in desired.users} if links.made_by_hand.users else frozenset()
    missing = [
        link.id
        for link in links.users
        if link.id not in listed and (match_key(link.name) in names if link.by_hand else link.external_id in wanted)
    ]
    users = await asyncio.gather(*(target.get_user(id) for id in missing))
    groups = await asyncio.gather(*(target.get_group(id) for id in _unlisted_groups(current, desired, links)))
    found = replace(
        current,
        users=(*current.users, *(user for user in users if user is not None)),
        groups=(*current.groups, *(group for group in groups if group is not None)),
    )
    return await _with_unlisted_names(found, desired, target)


async def _with_unlisted_names(current: CurrentState, desired: DesiredState, target: Target) -> CurrentState:
    if not current.completeness.proven:
        lacking = _lacking((user.user_name for user in desired.users), (user.user_name for user in current.users))
        found = await target.look_up_users(names=lacking) if lacking else ()
        current = replace(current, users=_merged(current.users, found))
    if not current.groups_completeness.proven:
        lacking = _lacking((group.name for group in desired.groups or ()), (group.name for group in current.groups))
        also = await target.look_up_groups(names=lacking) if lacking else ()
        current = replace(current, groups=_merged(current.groups, also))
    return current


def _lacking(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    keys = set(map(match_key, there))
    return [name for name in wanted if match_key(name) not in keys]


def _merged(listed: tuple[T, ...], found: tuple[T, ...]) -> tuple[T, ...]:
    return tuple({one.id: one for one in (*listed, *found)}.values())


def _unlisted_groups(current: CurrentState, desired: DesiredState, links: Links) -> list[str]:
    listed = {group.id for group in current.groups}
    wanted = {group.external_id for group in desired.groups or ()}
    return [link.id for link in links.groups if link.external_id in wanted and link.id not in listed]


async def with_accounts(current: CurrentState, ids: Collection[str], target: Target) -> CurrentState:
    """Adds those of the given accounts that the list didn't hold and that are there all the same."""
    missing = sorted(set(ids) - {user.id for user in current.users})
    found = await target.look_up_users(ids=missing) if missing else ()
    return replace(current, users=(*current.users, *found))
