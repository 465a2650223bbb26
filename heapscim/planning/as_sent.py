"""Replaces what a tenant hides or keeps in its own form by what was sent, so that comparing finds no difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from heapscim.model.desired import DesiredGroup, DesiredState, DesiredUser
from heapscim.model.state import (
    DISPLAY_NAME,
    USER_NAME,
    CurrentGroup,
    CurrentState,
    CurrentUser,
    Link,
    Links,
    match_key,
    same_text,
)


def as_last_sent(current: CurrentState, links: Links, unreadable: frozenset[str]) -> CurrentState:
    """Fills in attributes that a tenant takes and never shows with the values last sent."""
    if not unreadable:
        return current
    sent = {link.id: {path: link.sent[path] for path in unreadable if path in link.sent} for link in links.users}
    users = (replace(user, attributes={**user.attributes, **sent.get(user.id, {})}) for user in current.users)
    return replace(current, users=tuple(users))


def as_asked(current: CurrentState, links: Links, desired: DesiredState | None = None) -> CurrentState:
    """Replaces names and values that a tenant keeps in a form of its own by those asked for, unless they changed since.

    A name or value that the directory itself has in the tenant's form stays as it is. Members that were sent and that
    the tenant doesn't show are added.
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
        there = current.users_by_id
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
            # A directory that was corrected to the tenant's form asks for no change, and must not get one.
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
