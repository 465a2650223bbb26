"""Carries out one change against a target and compares what it answers with what was asked (rule 5).

A lost answer is looked up before anything is sent again. What is asked for and already so is a success.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from heapscim import errors
from heapscim.provisioning.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.provisioning.outcomes import Outcome
from heapscim.provisioning.state import CurrentGroup, CurrentUser, match_key, same_text
from heapscim.provisioning.target import Target
from heapscim.provisioning.user_changes import differs


@dataclass(slots=True)
class Accounts:
    """Heap ids of the people this run created, by external id."""

    created: dict[str, str] = field(default_factory=dict)

    def resolve(self, members: Iterable[MemberRef]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Heap ids of members, and the names of those who have none."""
        ids: list[str] = []
        absent: list[str] = []
        for member in members:
            id = member.id or self.created.get(member.external_id or "")
            if id is None:
                absent.append(member.user_name)
            else:
                ids.append(id)
        return tuple(ids), tuple(absent)


class Executor:
    """Carries out single changes; remembers the accounts it made."""

    def __init__(self, target: Target, *, unreadable: frozenset[str] = frozenset()) -> None:
        self._target = target
        self._unreadable = unreadable
        self._accounts = Accounts()

    async def execute(self, change: Change) -> Outcome:
        """Does one change. Never raises TargetError for it: the outcome says what went wrong.

        Unauthenticated alone is raised: nothing else would fare better.
        """
        try:
            return await self._dispatch(change)
        except errors.Unauthenticated:
            raise
        except errors.TargetError as error:
            return Outcome(change, "failed", error_code=error.code, message=error.message, hint=error.hint)

    async def _dispatch(self, change: Change) -> Outcome:  # noqa: C901 - one case for each kind
        match change:
            case CreateUser():
                return await self._create_user(change)
            case UpdateUser():
                user = await self._target.update_user(change.id, change.after)
                return self._updated(change, user, change.after)
            case ReactivateUser():
                user = await self._target.update_user(change.id, change.after, active=True)
                return self._updated(change, user, change.after)
            case DeactivateUser():
                return await self._deactivate(change)
            case DeleteUser():
                await self._target.delete_user(change.id)
                return Outcome(change, "done", id=change.id)
            case CreateGroup():
                return await self._create_group(change)
            case RenameGroup():
                group = await self._target.rename_group(change.id, change.new_name)
                wrong = None if same_text(group.name, change.new_name) else f"the name is still {group.name!r}"
                return _judged(change, change.id, wrong)
            case AddMembers():
                return await self._add_members(change)
            case RemoveMembers():
                return await self._remove_members(change)
            case DeleteGroup():
                await self._target.delete_group(change.id)
                return Outcome(change, "done", id=change.id)
            case TakeOverGroup() | ReleaseGroup():
                return Outcome(change, "done", id=change.id)

    async def _create_user(self, change: CreateUser) -> Outcome:
        try:
            user = await self._target.create_user(change.user_name, change.attributes)
        except errors.AnswerLost:
            found = await self._target.find_user(change.user_name)
            user = found or await self._target.create_user(change.user_name, change.attributes)
        if match_key(user.user_name) != match_key(change.user_name):
            return _judged(change, None, f"it made an account named {user.user_name!r}")
        self._accounts.created[change.external_id] = user.id
        return self._updated(change, user, change.attributes)

    def _updated(
        self,
        change: CreateUser | UpdateUser | ReactivateUser,
        user: CurrentUser | None,
        asked: Mapping[str, str | None],
    ) -> Outcome:
        if user is None:
            return _judged(change, None, "the account is gone")
        if not user.active and not isinstance(change, UpdateUser):
            return _judged(change, user.id, "the account is still inactive")
        return _judged(change, user.id, self._difference(user, asked))

    def _difference(self, user: CurrentUser, asked: Mapping[str, str | None]) -> str | None:
        for path, value in sorted(asked.items()):
            found = user.attributes.get(path)
            if path not in self._unreadable and differs(path, value, found):
                wanted = "empty" if value is None else repr(value)
                return f"{path} is {'still empty' if found is None else repr(found)}, not {wanted}"
        return None

    async def _deactivate(self, change: DeactivateUser) -> Outcome:
        try:
            user = await self._target.update_user(change.id, {}, active=False)
        except errors.NotFound:
            return Outcome(change, "done", id=change.id, message="The account was gone already.")
        if user is None:
            message = "This tenant removes accounts instead of deactivating them; personal charts went with it."
            return Outcome(change, "done", id=change.id, message=message)
        return _judged(change, user.id, "the account is still active" if user.active else None)

    async def _create_group(self, change: CreateGroup) -> Outcome:
        ids, absent = self._accounts.resolve(change.members)
        if not ids and change.members:
            return _failed_members(change, None, absent)
        try:
            group = await self._target.create_group(change.name, ids)
        except errors.AnswerLost:
            found = await self._target.find_group(change.name)
            group = found or await self._target.create_group(change.name, ids)
            if missing := set(ids) - group.member_ids:
                group = await self._target.change_members(group.id, add=sorted(missing))
        if absent:
            return _failed_members(change, group.id, absent)
        return _judged(change, group.id, _not_members(group, ids))

    async def _add_members(self, change: AddMembers) -> Outcome:
        ids, absent = self._accounts.resolve(change.members)
        if ids:
            group = await self._target.change_members(change.id, add=ids)
            if wrong := _not_members(group, ids):
                return _judged(change, change.id, wrong)
        return _failed_members(change, change.id, absent) if absent else Outcome(change, "done", id=change.id)

    async def _remove_members(self, change: RemoveMembers) -> Outcome:
        ids = tuple(member.id for member in change.members if member.id is not None)
        try:
            group = await self._target.change_members(change.id, remove=ids)
        except errors.NotFound:
            return Outcome(change, "done", id=change.id, message="The group was gone already.")
        still = len(group.member_ids & set(ids))
        return _judged(change, change.id, f"{still} of {len(ids)} are still members" if still else None)


def _judged(change: Change, id: str | None, wrong: str | None) -> Outcome:
    if wrong is None:
        return Outcome(change, "done", id=id)
    return Outcome(
        change,
        "failed",
        id=id,
        error_code="unchanged",
        message=f"Heap accepted the change, but {wrong}.",
        hint="How a tenant may differ is in the settings reference, under [dialect].",
    )


def _not_members(group: CurrentGroup, ids: Collection[str]) -> str | None:
    missing = len(set(ids) - group.member_ids)
    return f"{missing} of {len(ids)} are no members" if missing else None


def _failed_members(change: CreateGroup | AddMembers, id: str | None, absent: tuple[str, ...]) -> Outcome:
    named = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")  # noqa: PLR2004
    return Outcome(
        change,
        "failed",
        id=id,
        error_code="members_missing",
        message=f"Not added, since they have no account: {named}.",
        hint="Sync once more when their accounts are there.",
    )
