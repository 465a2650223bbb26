"""Completes what a target's lists said by looking at single accounts and groups they may have left out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from heapscim.provisioning.state import (
    DISPLAY_NAME,
    USER_NAME,
    CurrentGroup,
    CurrentState,
    CurrentUser,
    DesiredGroup,
    DesiredState,
    DesiredUser,
    Link,
    Links,
    match_key,
    same_text,
)
from heapscim.provisioning.target import Target

T = TypeVar("T", bound=CurrentUser | CurrentGroup)


def as_last_sent(current: CurrentState, links: Links, unreadable: frozenset[str]) -> CurrentState:
    """Fills in what a tenant takes but never shows with what was last sent."""
    sent = {link.id: {path: link.sent[path] for path in unreadable if path in link.sent} for link in links.users}
    users = (replace(user, attributes={**user.attributes, **sent.get(user.id, {})}) for user in current.users)
    return replace(current, users=tuple(users)) if unreadable else current


def as_asked(current: CurrentState, links: Links, desired: DesiredState | None = None) -> CurrentState:
    """Shows what a tenant keeps in a form of its own as it was asked for, as long as nobody has changed it since.

    Whatever compares names or values then finds no difference. What the directory itself calls as the tenant does stays
    as it is. Members that were sent and that the tenant doesn't show are added.
    """
    users = {link.id: link for link in links.users if link.kept}
    groups = {link.id: link for link in links.groups if link.kept or link.unseen}
    people = {} if desired is None or not users else {user.external_id: user for user in desired.users}
    teams = {} if desired is None or not groups else {group.external_id: group for group in desired.groups or ()}
    if users:
        seen = (
            user if (link := users.get(user.id)) is None else _user_as_asked(user, link, people)
            for user in current.users
        )
        current = replace(current, users=tuple(seen))
    if groups:
        there = {user.id for user in current.users}
        teams_seen = (
            group if (link := groups.get(group.id)) is None else _team_as_asked(group, link, teams, there)
            for group in current.groups
        )
        current = replace(current, groups=tuple(teams_seen))
    return current


def _user_as_asked(user: CurrentUser, link: Link, people: Mapping[str, DesiredUser]) -> CurrentUser:
    wanted, values = people.get(link.external_id), dict(user.attributes)
    for path, (asked, kept) in link.kept.items():
        value = values.get(path)
        if value is not None and same_text(value, kept):
            by_name = None if wanted is None else wanted.attributes.get(path)
            values[path] = value if by_name is not None and same_text(by_name, value) else asked
    name = user.user_name
    asked, kept = link.kept.get(USER_NAME, ("", ""))
    is_ours = asked and match_key(name) == match_key(kept) and (wanted is None or wanted.match_key != match_key(name))
    return replace(user, user_name=asked if is_ours else name, attributes=values)


def _team_as_asked(
    group: CurrentGroup, link: Link, teams: Mapping[str, DesiredGroup], there: Collection[str]
) -> CurrentGroup:
    wanted = teams.get(link.external_id)
    asked, kept = link.kept.get(DISPLAY_NAME, ("", ""))
    is_ours = asked and same_text(group.name, kept) and (wanted is None or not same_text(wanted.name, group.name))
    hidden = frozenset() if group.is_whole else link.unseen.intersection(there)
    return replace(group, name=asked if is_ours else group.name, member_ids=group.member_ids | hidden)


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
