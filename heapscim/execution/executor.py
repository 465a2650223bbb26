"""Sends single changes to a target. What Heap shows is compared at once; the rest is looked at later.

A create whose response was lost is looked for before it is sent again. A change that is already true is a success.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeAlias

from heapscim import errors
from heapscim.execution.comparison import REMOVED, UNSEEN, compare, members_missing
from heapscim.execution.creation import Lost
from heapscim.execution.expectation import Actual, Expectation
from heapscim.execution.members import Members, failure_of
from heapscim.execution.names_kept import NamesKept
from heapscim.execution.ports import Target
from heapscim.execution.rename_cycles import interim_name
from heapscim.model.changes import (
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
from heapscim.model.outcomes import Outcome
from heapscim.model.state import CurrentGroup, CurrentUser, Links, same_name
from heapscim.planning.name_forms import NameForms

Answered: TypeAlias = Outcome | Expectation
Executed: TypeAlias = Answered | Lost


class Executor:
    """Sends single changes; remembers what it created, and which accounts weren't replaced."""

    def __init__(
        self,
        target: Target,
        *,
        unreadable: frozenset[str] = frozenset(),
        forms: NameForms | None = None,
        links: Links = Links(),  # noqa: B008 - a frozen value
    ) -> None:
        self._target = target
        self._unreadable = unreadable
        self._forms = forms or NameForms()
        self._owners: dict[str, dict[str, str | None]] = {
            "user": {link.id: link.external_id for link in links.users},
            "group": {link.id: link.external_id for link in links.groups},
        }
        self.members = Members(target)
        self._names = NamesKept(target)
        self._not_replaced: set[str | None] = set()
        self._made: set[str] = set()
        self._answered_kinds: set[str] = set()

    async def execute(self, change: Change) -> Executed:
        """Carries out one change. Never raises RequestError: the outcome says what went wrong."""
        try:
            return await self._dispatch(change)
        except errors.ResponseLost as error:
            if isinstance(change, CreateUser | CreateGroup):
                return Lost(self.asked(change), error)
            return failure_of(change, error, uncertain=True)
        except errors.Taken as error:
            return failure_of(change, self._names.explained(change, error))
        except errors.RequestError as error:
            return failure_of(change, error)

    def asked(self, change: CreateUser | CreateGroup) -> Expectation:
        """Returns what a create asks for, with the ids of its members as far as they are known."""
        if isinstance(change, CreateUser):
            return Expectation(change, None)
        ids, absent = self.members.resolve(change.members)
        return Expectation(change, None, ids, absent)

    async def found(self, asked: Expectation, there: CurrentUser | CurrentGroup) -> Answered:
        """Continues with what a create has created, as if the response had shown it. Never raises RequestError."""
        if isinstance(there, CurrentUser):
            return self._made_user(replace(asked, id=there.id), there)
        try:
            return await self._made_group(asked, there)
        except errors.RequestError as error:
            return failure_of(asked.change, error)

    @property
    def made(self) -> frozenset[str]:
        """Returns the Heap ids of what this run has created so far."""
        return frozenset(self._made)

    async def move_aside(self, change: RenameGroup) -> bool:
        """Gives a group an interim name, so that another one can have its name; returns whether that worked."""
        try:
            await self._target.rename_group(change.id, interim_name(change))
        except errors.RequestError:
            return False
        return True

    def note(self, outcome: Outcome) -> None:
        """Learns from the outcome of a change what later changes depend on."""
        change = outcome.change
        if isinstance(change, CreateUser) and outcome.id is not None:
            self.members.created[change.external_id] = outcome.id
        if isinstance(change, CreateUser | CreateGroup) and outcome.id is not None:
            self._made.add(outcome.id)
        if isinstance(change, CreateUser | ReactivateUser) and outcome.status != "done":
            self._not_replaced |= {change.replaces} - {None}

    def note_looks(self, outcomes: Iterable[Outcome]) -> None:
        """Learns from deactivated accounts that were looked at what this tenant does with them.

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
                return self._seen(Expectation(change, change.id), user)
            case ReactivateUser():
                user = await self._target.update_user(change.id, change.after, active=True)
                return self._seen(Expectation(change, change.id), user)
            case DeactivateUser() | DeleteUser() if change.id in self._not_replaced:
                message = "Not done, since the account that was to replace it isn't there."
                return Outcome(change, "failed", id=change.id, error_code="not_replaced", message=message)
            case DeactivateUser():
                return await self._deactivate(change)
            case DeleteUser():
                await self._target.delete_user(change.id)
                return Expectation(change, change.id)
            case CreateGroup():
                return await self._create_group(change)
            case RenameGroup():
                expected = Expectation(change, change.id, bystanders=self._target.members_of(change.id) or {})
                return self._seen(expected, await self._target.rename_group(change.id, change.new_name))
            case AddMembers():
                return await self._add_members(change)
            case RemoveMembers():
                return await self._remove_members(change)
            case DeleteGroup():
                await self._target.delete_group(change.id)
                return Expectation(change, change.id)
            case TakeOverGroup() | ReleaseUser() | ReleaseGroup():
                return Outcome(change, "done", id=change.id)

    def _seen(self, expected: Expectation, seen: Actual) -> Answered:
        """Returns the outcome if the response shows the effect; anything else must be looked at later.

        The first change of each kind in a run is looked at too: a response may repeat the request although nothing was
        done. Creates are exempt, because their ids prove them.
        """
        if seen is None:
            return expected
        outcome = compare(expected, seen, self._unreadable)
        if outcome.error_code in ("unchanged", UNSEEN) or outcome.kept:
            return expected
        kind = outcome.change.kind
        is_first = outcome.status == "done" and kind not in self._answered_kinds
        self._answered_kinds.add(kind)
        return expected if is_first and kind not in ("create_user", "create_group") else outcome

    async def _create_user(self, change: CreateUser) -> Answered:
        user = await self._target.create_user(change.user_name, change.attributes)
        self._check_owner(change, user)
        return self._made_user(Expectation(change, None if user is None else user.id), user)

    def _check_owner(self, change: CreateUser | CreateGroup, shown: Actual) -> None:
        """Raises ResponseLost if a response shows a resource of another person or group, which tells nothing."""
        if shown is None:
            return
        owners = self._owners["user" if isinstance(change, CreateUser) else "group"]
        if owners.setdefault(shown.id, change.external_id) != change.external_id:
            raise errors.ResponseLost(
                f"Heap answered with {shown.shown_name} (id {shown.id}), which is somebody else's.", is_over=True
            )

    def _made_user(self, expected: Expectation, user: CurrentUser | None) -> Answered:
        if user is not None:
            self._forms.note("user", subject(expected.change), user.user_name)
            if not same_name(user.user_name, subject(expected.change)):
                return self._names.made_otherwise(expected, user)
        return self._seen(expected, user)

    async def _deactivate(self, change: DeactivateUser) -> Answered:
        try:
            user = await self._target.update_user(change.id, {}, active=False)
        except errors.NotFound:
            return Outcome(change, "done", id=change.id, message="The account was gone already.")
        return self._seen(Expectation(change, change.id), user)

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
        self._check_owner(change, group)
        return asked if group is None else await self._made_group(asked, group, sent=first)

    async def _made_group(self, asked: Expectation, group: CurrentGroup, *, sent: Collection[str] = ()) -> Answered:
        self._forms.note("group", subject(asked.change), group.name)
        if same_name(group.name, subject(asked.change)):
            return await self._complete(replace(asked, id=group.id), group, sent=sent)
        executed = self._names.made_otherwise(asked, group)
        seen = None if isinstance(executed, Outcome) else await self._target.get_group(group.id)
        if isinstance(executed, Outcome) or seen is None:
            return executed
        return await self._complete(executed, seen, sent=sent)

    async def _complete(self, expected: Expectation, group: CurrentGroup, *, sent: Collection[str]) -> Answered:
        """Adds the members that the create had no room for. If that fails, the later look tells."""
        missing = sorted(set(expected.member_ids) - group.member_ids - (set() if group.is_whole else set(sent)))
        if not missing:
            return self._seen(expected, group)
        try:
            return await self._change_members(expected, add=missing)
        except errors.RequestError:
            return expected

    async def _change_members(
        self, expected: Expectation, *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> Answered:
        sent = await self.members.change(expected, add=add, remove=remove)
        if isinstance(sent, Outcome):
            return sent
        expected, group = sent
        return expected if expected.refused else self._seen(expected, group)

    def note_form(self, outcome: Outcome) -> bool:
        """Tells the target whether a form of request had an effect; returns whether another one is left to try."""
        id = outcome.id or getattr(outcome.change, "id", None)
        if id is None:
            return False
        if outcome.lost:
            self._target.did_harm(id)
        elif outcome.status == "done" and not isinstance(outcome.change, DeleteUser | DeleteGroup):
            self._target.had_effect(id)  # a DELETE says nothing about the form of an update before it
        if outcome.ignored:
            self._answered_kinds.discard(outcome.change.kind)
        return outcome.ignored and self._target.has_another_form(id)

    async def _add_members(self, change: AddMembers) -> Answered:
        ids, absent = self.members.resolve(change.members)
        if not ids:
            return members_missing(change, change.id, absent)
        expected = Expectation(change, change.id, ids, absent, others=change.size)
        return await self._change_members(expected, add=ids)

    async def _remove_members(self, change: RemoveMembers) -> Answered:
        ids = tuple(member.id for member in change.members if member.id is not None)
        try:
            expected = Expectation(change, change.id, ids, others=change.size - len(change.members))
            return await self._change_members(expected, remove=ids)
        except errors.NotFound:
            return Outcome(change, "done", id=change.id, message="The group was gone already.")
