"""Completes what a target's lists said by looking at single accounts and groups they may have left out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace

from heapscim.provisioning.state import CurrentState, DesiredState, Links
from heapscim.provisioning.target import Target


def as_last_sent(current: CurrentState, links: Links, unreadable: frozenset[str]) -> CurrentState:
    """Fills in what a tenant takes but never shows with what was last sent."""
    sent = {link.id: {path: link.sent[path] for path in unreadable if path in link.sent} for link in links.users}
    users = (replace(user, attributes={**user.attributes, **sent.get(user.id, {})}) for user in current.users)
    return replace(current, users=tuple(users)) if unreadable else current


async def with_unlisted(current: CurrentState, desired: DesiredState, links: Links, target: Target) -> CurrentState:
    """Adds linked accounts and groups that are wanted and that the lists didn't hold.

    Some tenants don't list inactive accounts, and a list may have lost a page: neither means that they are gone.
    """
    listed = {user.id for user in current.users}
    wanted = {user.external_id for user in desired.users}
    missing = [link.id for link in links.users if link.external_id in wanted and link.id not in listed]
    users = await asyncio.gather(*(target.get_user(id) for id in missing))
    groups = await asyncio.gather(*(target.get_group(id) for id in _unlisted_groups(current, desired, links)))
    return replace(
        current,
        users=(*current.users, *(user for user in users if user is not None)),
        groups=(*current.groups, *(group for group in groups if group is not None)),
    )


def _unlisted_groups(current: CurrentState, desired: DesiredState, links: Links) -> list[str]:
    listed = {group.id for group in current.groups}
    wanted = {group.external_id for group in desired.groups or ()}
    return [link.id for link in links.groups if link.external_id in wanted and link.id not in listed]


async def with_accounts(current: CurrentState, ids: Collection[str], target: Target) -> CurrentState:
    """Adds those of the given accounts that the list didn't hold and that are there all the same."""
    missing = sorted(set(ids) - {user.id for user in current.users})
    found = await target.look_up_users(ids=missing) if missing else ()
    return replace(current, users=(*current.users, *found))
