"""Completes what a target's list said by looking at single accounts it may have left out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from heapscim.provisioning.state import CurrentState, DesiredState, Links
from heapscim.provisioning.target import Target


def as_last_sent(current: CurrentState, links: Links, unreadable: frozenset[str]) -> CurrentState:
    """Fills in what a tenant takes but never shows with what was last sent."""
    sent = {link.id: {path: link.sent[path] for path in unreadable if path in link.sent} for link in links.users}
    users = (replace(user, attributes={**user.attributes, **sent.get(user.id, {})}) for user in current.users)
    return replace(current, users=tuple(users)) if unreadable else current


async def with_unlisted(current: CurrentState, desired: DesiredState, links: Links, target: Target) -> CurrentState:
    """Adds linked accounts of people in scope that the list didn't hold: some tenants don't list inactive ones."""
    listed = {user.id for user in current.users}
    wanted = {user.external_id for user in desired.users}
    missing = [link.id for link in links.users if link.external_id in wanted and link.id not in listed]
    found = await asyncio.gather(*(target.get_user(id) for id in missing))
    return replace(current, users=(*current.users, *(user for user in found if user is not None)))
