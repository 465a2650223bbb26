"""Computes what Heap and the links hold once changes by hand have succeeded, without any server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser, Link, Links


def made_id(change: CreateUser | CreateGroup) -> str:
    """Returns a placeholder for the Heap id of an account or group that isn't created yet."""
    return f"(new) {change.user_name if isinstance(change, CreateUser) else change.name}"


def world_after(changes: Iterable[Change], current: CurrentState, links: Links) -> tuple[CurrentState, Links]:
    """Returns Heap's state and the links as they are after changes that all succeed."""
    world = _World(current, links)
    for change in changes:
        world.take(change)
    return world.state(), world.links()


class _World:
    def __init__(self, current: CurrentState, links: Links) -> None:
        self._current = current
        self._users = dict(current.users_by_id)
        self._groups = dict(current.groups_by_id)
        self._user_links = dict(links.users_by_id)
        self._group_links = dict(links.groups_by_id)
        self._user_owners = {link.external_id: link.id for link in links.users}
        self._group_owners = {link.external_id: link.id for link in links.groups}

    def state(self) -> CurrentState:
        return replace(self._current, users=tuple(self._users.values()), groups=tuple(self._groups.values()))

    def links(self) -> Links:
        return Links(tuple(self._user_links.values()), tuple(self._group_links.values()))

    def take(self, change: Change) -> None:
        match change:
            case CreateUser() | UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser():
                self._take_user(change)
            case _:
                self._take_group(change)

    def _take_user(self, change: CreateUser | UpdateUser | ReactivateUser | DeactivateUser | DeleteUser) -> None:
        if isinstance(change, CreateUser):
            id = made_id(change)
            self._users[id] = CurrentUser(id, change.user_name, active=True, attributes=dict(change.attributes))
            link = Link(change.external_id, id, change.user_name, dict(change.attributes), by_hand=change.by_hand)
            _tie(self._user_links, self._user_owners, link)
        elif isinstance(change, DeleteUser):
            self._users.pop(change.id, None)
            self._user_links.pop(change.id, None)
        elif change.id in self._users:
            values = {} if isinstance(change, DeactivateUser) else change.after
            user, active = self._users[change.id], not isinstance(change, DeactivateUser)
            attributes = {path: value for path, value in {**user.attributes, **values}.items() if value is not None}
            kept = user.active if isinstance(change, UpdateUser) else active
            self._users[change.id] = replace(user, active=kept, attributes=attributes)
            if (tie := self._user_links.get(change.id)) is not None:
                sent = {path: value for path, value in {**tie.sent, **values}.items() if value is not None}
                self._user_links[change.id] = replace(tie, sent=sent)

    def _take_group(self, change: Change) -> None:
        match change:
            case CreateGroup():
                id = made_id(change)
                members = frozenset(member.id for member in change.members if member.id is not None)
                self._groups[id] = CurrentGroup(id, change.name, members)
                if change.external_id is not None:
                    link = Link(change.external_id, id, change.name, by_hand=change.by_hand)
                    _tie(self._group_links, self._group_owners, link)
            case RenameGroup() if change.id in self._groups:
                self._groups[change.id] = replace(self._groups[change.id], name=change.new_name)
            case AddMembers() | RemoveMembers() if change.id in self._groups:
                group = self._groups[change.id]
                named = frozenset(member.id for member in change.members if member.id is not None)
                adding = isinstance(change, AddMembers)
                members = group.member_ids | named if adding else group.member_ids - named
                self._groups[change.id] = replace(group, member_ids=members)
            case DeleteGroup():
                self._groups.pop(change.id, None)
                self._group_links.pop(change.id, None)
            case _:
                pass


def _tie(links: dict[str, Link], owners: dict[str, str], link: Link) -> None:
    # The directory's id is unique among links: a new account takes the place of the one before it.
    if (before := owners.get(link.external_id)) is not None:
        links.pop(before, None)
    links[link.id] = link
    owners[link.external_id] = link.id
