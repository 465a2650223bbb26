"""Sends one change to a target. What Heap showed of it is compared at once; what it didn't show is looked at later.

A lost answer is looked up before anything is sent again. What is asked for and already so is a success.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeAlias

from heapscim import errors
from heapscim.provisioning.accounts import Accounts
from heapscim.provisioning.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
    subject,
)
from heapscim.provisioning.comparing import REMOVED, Accepted, Seen, judge, members_missing
from heapscim.provisioning.making import Lost
from heapscim.provisioning.outcomes import Outcome
from heapscim.provisioning.state import CurrentGroup, CurrentUser, match_key
from heapscim.provisioning.target import Target
from heapscim.provisioning.untangling import interim_name

Answered: TypeAlias = Outcome | Accepted
Executed: TypeAlias = Answered | Lost


class Executor:
    """Sends single changes; remembers the accounts it made, and whose replacement was not made."""

    def __init__(self, target: Target, *, unreadable: frozenset[str] = frozenset()) -> None:
        self._target = target
        self._unreadable = unreadable
        self._accounts = Accounts()
        self._not_replaced: set[str | None] = set()
        self._made: set[str] = set()
        self._looked_at_fate = False

    async def execute(self, change: Change) -> Executed:
        """Does one change. Never raises TargetError: the outcome says what went wrong."""
        try:
            return await self._dispatch(change)
        except errors.AnswerLost as error:
            if isinstance(change, CreateUser | CreateGroup):
                return Lost(self.asked(change), error)
            return failure_of(change, error, uncertain=True)
        except errors.TargetError as error:
            return failure_of(change, error)

    def asked(self, change: CreateUser | CreateGroup) -> Accepted:
        """What a create asks for, with the ids of its members as far as they are known."""
        if isinstance(change, CreateUser):
            return Accepted(change, None)
        ids, absent = self._accounts.resolve(change.members)
        return Accepted(change, None, ids, absent)

    async def found(self, asked: Accepted, there: CurrentUser | CurrentGroup) -> Answered:
        """Goes on with what a create has made, as if its answer had shown it. Never raises TargetError."""
        if isinstance(there, CurrentUser):
            return self._made_user(asked, there)
        try:
            return await self._made_group(asked, there)
        except errors.TargetError as error:
            return failure_of(asked.change, error)

    @property
    def made(self) -> frozenset[str]:
        """Heap ids of what this run has made so far."""
        return frozenset(self._made)

    async def move_aside(self, change: RenameGroup) -> bool:
        """Gives a group an interim name, so that another can have the one it is leaving; whether that worked."""
        try:
            await self._target.rename_group(change.id, interim_name(change))
        except errors.TargetError:
            return False
        return True

    def note(self, outcome: Outcome) -> None:
        """Learns from a settled change what later ones depend on."""
        change = outcome.change
        if isinstance(change, CreateUser) and outcome.id is not None:
            self._accounts.created[change.external_id] = outcome.id
        if isinstance(change, CreateUser | CreateGroup) and outcome.id is not None:
            self._made.add(outcome.id)
        if isinstance(change, CreateUser | ReactivateUser) and outcome.status != "done":
            self._not_replaced |= {change.replaces} - {None}

    def note_looks(self, outcomes: Iterable[Outcome]) -> None:
        """Learns what this tenant does with deactivated accounts from those that were looked at afterwards.

        One that was kept tells more than others that are gone: somebody may have deleted those.
        """
        done = [one for one in outcomes if isinstance(one.change, DeactivateUser) and one.status == "done"]
        if done:
            self._target.note_deactivation(kept=any(one.message != REMOVED for one in done))

    async def _dispatch(self, change: Change) -> Answered:  # noqa: C901 - one case for each kind
        match change:
            case CreateUser():
                return await self._create_user(change)
            case UpdateUser():
                user = await self._target.update_user(change.id, change.after)
                return self._seen(Accepted(change, change.id), user)
            case ReactivateUser():
                user = await self._target.update_user(change.id, change.after, active=True)
                return self._seen(Accepted(change, change.id), user)
            case DeactivateUser() | DeleteUser() if change.id in self._not_replaced:
                message = "Not done, since the account that was to replace it isn't there."
                return Outcome(change, "failed", id=change.id, error_code="not_replaced", message=message)
            case DeactivateUser():
                return await self._deactivate(change)
            case DeleteUser():
                await self._target.delete_user(change.id)
                return Accepted(change, change.id)
            case CreateGroup():
                return await self._create_group(change)
            case RenameGroup():
                group = await self._target.rename_group(change.id, change.new_name)
                return self._seen(Accepted(change, change.id), group)
            case AddMembers():
                return await self._add_members(change)
            case RemoveMembers():
                return await self._remove_members(change)
            case DeleteGroup():
                await self._target.delete_group(change.id)
                return Accepted(change, change.id)
            case TakeOverGroup() | ReleaseUser() | ReleaseGroup():
                return Outcome(change, "done", id=change.id)

    def _seen(self, accepted: Accepted, seen: Seen) -> Answered:
        """The outcome where the answer shows that it is so; everything else has to be looked at."""
        if seen is None:
            return accepted
        outcome = judge(accepted, seen, self._unreadable)
        return accepted if outcome.error_code == "unchanged" else outcome

    async def _create_user(self, change: CreateUser) -> Answered:
        return self._made_user(self.asked(change), await self._target.create_user(change.user_name, change.attributes))

    def _made_user(self, asked: Accepted, user: CurrentUser | None) -> Answered:
        if user is not None and match_key(user.user_name) != match_key(subject(asked.change)):
            return judge(asked, user, self._unreadable)
        return self._seen(replace(asked, id=None if user is None else user.id), user)

    async def _deactivate(self, change: DeactivateUser) -> Answered:
        try:
            user = await self._target.update_user(change.id, {}, active=False)
        except errors.NotFound:
            return Outcome(change, "done", id=change.id, message="The account was gone already.")
        executed = self._seen(Accepted(change, change.id), user)
        return executed if isinstance(executed, Accepted) else replace(executed, message=await self._first_fate(change))

    async def _first_fate(self, change: DeactivateUser) -> str | None:
        """Says what became of an account that was shown as inactive; one look is enough to know a tenant."""
        if self._looked_at_fate or self._target.deactivation_is_known:
            return None
        self._looked_at_fate = True
        try:
            user = await self._target.get_user(change.id)
        except errors.TargetError:
            return None  # it was shown as inactive, which is all that was asked for
        if user is None or not user.active:  # an active one is what was there before
            self._target.note_deactivation(kept=user is not None)
        return REMOVED if user is None else None

    async def _create_group(self, change: CreateGroup) -> Answered:
        asked = self.asked(change)
        ids = asked.member_ids
        if not ids and change.members:
            return members_missing(change, None, asked.without_account)
        first = ids[: self._target.members_per_request]
        try:
            group = await self._target.create_group(change.name, first)
        except errors.Rejected:
            if len(first) < 2:  # noqa: PLR2004 - nobody else would be left out for it
                raise
            group = await self._target.create_group(change.name, ())  # one member can spoil it for all
            first = ()
        if group is None and first != ids:
            group = await self._target.find_group(change.name)
        return asked if group is None else await self._made_group(asked, group)

    async def _made_group(self, asked: Accepted, group: CurrentGroup) -> Answered:
        if match_key(group.name) != match_key(subject(asked.change)):
            return judge(asked, group, self._unreadable)
        return await self._complete(replace(asked, id=group.id), group)

    async def _complete(self, accepted: Accepted, group: CurrentGroup) -> Answered:
        """Adds the members that the create had no room for. Where that fails, the look that follows tells."""
        missing = sorted(set(accepted.member_ids) - group.member_ids)
        if not missing:
            return self._seen(accepted, group)
        try:
            return await self._change_members(accepted, add=missing)
        except errors.TargetError:
            return accepted

    async def _change_members(
        self, accepted: Accepted, *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> Answered:
        """Has members join or leave; of those whom Heap refuses, the outcome tells once the others were seen."""
        try:
            group = await self._target.change_members(accepted.id or "", add=add, remove=remove)
        except errors.MembersRefused as error:
            taken = tuple(id for id in accepted.member_ids if id not in error.ids)
            members = getattr(accepted.change, "members", ())
            refused = tuple(member.user_name for member in members if self._accounts.id_of(member) in error.ids)
            return replace(accepted, member_ids=taken, refused=refused, refusal=error.message)
        return self._seen(accepted, group)

    async def _add_members(self, change: AddMembers) -> Answered:
        ids, absent = self._accounts.resolve(change.members)
        if not ids:
            return members_missing(change, change.id, absent)
        accepted = Accepted(change, change.id, ids, absent, others=change.size)
        return await self._change_members(accepted, add=ids)

    async def _remove_members(self, change: RemoveMembers) -> Answered:
        ids = tuple(member.id for member in change.members if member.id is not None)
        try:
            accepted = Accepted(change, change.id, ids, others=change.size - len(change.members))
            return await self._change_members(accepted, remove=ids)
        except errors.NotFound:
            return Outcome(change, "done", id=change.id, message="The group was gone already.")


def failure_of(change: Change, error: errors.TargetError, *, uncertain: bool = False) -> Outcome:
    """The outcome of a change that a TargetError ended."""
    return Outcome(change, "failed", error_code=error.code, message=error.message, hint=error.hint, uncertain=uncertain)
