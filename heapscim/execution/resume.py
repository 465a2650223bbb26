"""Finds what is left to do of a run that was cut off, by comparing its changes with what exists now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from heapscim.execution.comparison import compare
from heapscim.execution.in_doubt import account_ids, sought, with_ids
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded
from heapscim.model.state import CurrentState, CurrentUser, Links, match_key
from heapscim.planning.user_changes import differs

Step: TypeAlias = "Change | str"
"""A change that is left to do, or a sentence about why it isn't."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """Holds what a resume does, what it leaves out, and why."""

    changes: tuple[Change, ...]
    notices: tuple[str, ...]


def remaining(
    recorded: Sequence[Recorded], current: CurrentState, links: Links, unreadable: Collection[str] = ()
) -> Remaining:
    """Picks what wasn't done and still has to be. A change that is already true is left out without a word."""
    rest, accounts = _Rest(current, links, unreadable), account_ids(links)
    undone = (with_ids(entry.change, accounts) for entry in recorded if entry.state != "done")
    steps = [step for change in undone for step in rest.of(change)]
    return Remaining(
        changes=tuple(step for step in steps if not isinstance(step, str)),
        notices=tuple(step for step in steps if isinstance(step, str)),
    )


class _Rest:
    def __init__(self, current: CurrentState, links: Links, unreadable: Collection[str]) -> None:
        self._users = current.users_by_id
        self._groups = current.groups_by_id
        self._users_named = {key: users[-1] for key, users in current.users_by_key.items()}
        self._groups_named = {key: groups[-1] for key, groups in current.groups_by_key.items()}
        self._user_links = links.users_by_external_id
        self._group_links = links.groups_by_external_id
        self._our_users = links.users_by_id
        self._our_groups = links.groups_by_id
        self._by_hand = {link.id for link in (*links.made_by_hand.users, *links.made_by_hand.groups)}
        self._unreadable = unreadable

    def of(self, change: Change) -> Iterator[Step]:
        match change:
            case CreateUser():
                yield from self._create_user(change)
            case CreateGroup():
                yield from self._create_group(change)
            case TakeOverGroup() | ReleaseGroup():
                yield from self._local(change)
            case ReleaseUser():
                if self._is_to_be_released(change, self._our_users):
                    yield change
            case AddMembers() | RemoveMembers() | RenameGroup() | DeleteGroup():
                yield from self._to_group(change)
            case _:
                yield from self._to_user(change)

    def _create_user(self, change: CreateUser) -> Iterator[Step]:
        link = self._user_links.get(change.external_id)
        linked = self._users.get(link.id) if link and link.id != change.replaces else None
        found = linked or self._users_named.get(match_key(change.user_name))
        if found is None:
            yield change
        elif found.id not in self._our_users:
            then = "it is left as it is" if change.by_hand else "the next sync takes it over"
            yield f"{change.user_name} has an account in Heap by now; {then}."
        else:
            id, name, after = found.id, found.user_name, dict(change.attributes)
            update = UpdateUser(id, change.external_id, name, {}, after, change.reason, by_hand=change.by_hand)
            yield from self._to_user(update)

    def _to_user(self, change: Change) -> Iterator[Step]:
        user = self._users.get(str(getattr(change, "id", None)))
        if compare(sought(change), user, self._unreadable).status == "done":
            return
        if user is None:
            yield f"{getattr(change, 'user_name', '')} is no longer in Heap."
        elif isinstance(change, UpdateUser | ReactivateUser):
            yield self._as_seen(change, user)
        else:
            yield change

    def _as_seen(self, change: UpdateUser | ReactivateUser, user: CurrentUser) -> Change:
        """Returns only the values that differ now, and from what: that is what an undo would restore."""
        after = {
            path: value
            for path, value in change.after.items()
            if path in self._unreadable or differs(path, value, user.attributes.get(path))
        }
        return replace(change, before={path: user.attributes.get(path) for path in after}, after=after)

    def _create_group(self, change: CreateGroup) -> Iterator[Step]:
        link = self._group_links.get(change.external_id or "")
        linked = self._groups.get(link.id) if link else None
        found = linked or self._groups_named.get(match_key(change.name))
        if found is None:
            yield change
        elif found.id not in self._our_groups:
            then = "it is left as it is" if change.by_hand else "the next sync takes it over"
            yield f"A group {change.name} is in Heap by now; {then}."
        else:
            adding = AddMembers(found.id, change.external_id, found.name, change.members, change.reason)
            yield from self._to_group(adding)

    def _to_group(self, change: AddMembers | RemoveMembers | RenameGroup | DeleteGroup) -> Iterator[Step]:
        group = self._groups.get(change.id)
        if compare(sought(change), group, self._unreadable).status == "done":
            return
        if group is None:
            yield f"The group {change.name} is no longer in Heap."
        elif isinstance(change, AddMembers):
            joining = _unless(change.members, group.member_ids)
            yield replace(change, members=joining, size=len(group.member_ids))
        elif isinstance(change, RemoveMembers):
            inside = tuple(member for member in change.members if member.id in group.member_ids)
            if inside:
                yield replace(change, members=inside, size=len(group.member_ids))
        else:
            yield change

    def _local(self, change: TakeOverGroup | ReleaseGroup) -> Iterator[Step]:
        if isinstance(change, ReleaseGroup):
            if self._is_to_be_released(change, self._our_groups):
                yield change
        elif change.id not in self._groups:
            yield f"The group {change.name} is no longer in Heap."
        elif change.id not in self._our_groups or change.id in self._by_hand:
            yield change

    def _is_to_be_released(self, change: ReleaseUser | ReleaseGroup, ours: Collection[str]) -> bool:
        return change.id in ours and not (change.by_hand and change.id in self._by_hand)


def _unless(members: Sequence[MemberRef], present: Collection[str]) -> tuple[MemberRef, ...]:
    return tuple(member for member in members if member.id not in present)
