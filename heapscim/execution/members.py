"""Adds and removes members, names those whom Heap refused, and those who went though nobody asked for that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from heapscim import errors
from heapscim.execution.comparison import with_lost
from heapscim.execution.expectation import Expectation
from heapscim.execution.ports import Target
from heapscim.model.changes import Change, CreateGroup, MemberRef
from heapscim.model.outcomes import Outcome
from heapscim.model.state import CurrentGroup


def failure_of(change: Change, error: errors.RequestError, *, uncertain: bool = False) -> Outcome:
    """Returns the outcome of a change that a RequestError ended; ``uncertain`` if it may have been carried out."""
    return Outcome(change, "failed", error_code=error.code, message=error.message, hint=error.hint, uncertain=uncertain)


class Members:
    """Sends changes of members; knows the accounts that this run created."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.created: dict[str, str] = {}
        """External id → Heap id of each person whom this run created."""

    def resolve(self, members: Iterable[MemberRef]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Returns the Heap ids of members, and the userNames of those who have no account."""
        found = [(self._id_of(member), member.user_name) for member in members]
        return tuple(id for id, _ in found if id is not None), tuple(name for id, name in found if id is None)

    async def change(
        self, expected: Expectation, *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> tuple[Expectation, CurrentGroup | None] | Outcome:
        """Adds and removes members; returns what to expect now, and the group if the response shows it.

        Members whom Heap refuses are named in the expectation, and the others are expected. Raises RequestError; but a
        failure after which others are gone from the group is an outcome that names them.
        """
        id = expected.id or ""
        before = self._target.members_of(id) or {}
        named = {*add, *remove}
        if not isinstance(expected.change, CreateGroup):
            bystanders = {member: name for member, name in before.items() if member not in named}
            expected = replace(expected, bystanders=bystanders)
        group: CurrentGroup | None = None
        failed: errors.RequestError | None = None
        try:
            group = await self._target.change_members(id, add=add, remove=remove)
        except errors.MembersRefused as error:
            taken = tuple(id for id in expected.member_ids if id not in error.ids)
            members = getattr(expected.change, "members", ())
            refused = tuple(member.user_name for member in members if self._id_of(member) in error.ids)
            expected = replace(expected, member_ids=taken, refused=refused, refusal=error.message)
        except errors.RequestError as error:
            failed = error
        # A failed request may have removed others too, so the target is asked in any case.
        expected = replace(expected, restored=tuple(sorted(before.get(id, id) for id in self._target.restored(id))))
        return (expected, group) if failed is None else await self._naming_lost(expected, failed)

    async def put_back(self, outcome: Outcome) -> bool:
        """Adds members again who went with a change of others; returns whether they are back."""
        id = outcome.id or str(getattr(outcome.change, "id", ""))
        try:
            await self._target.change_members(id, add=outcome.lost)
            seen = await self._target.get_group(id)
        except errors.RequestError:
            return False
        return seen is not None and seen.member_ids.issuperset(outcome.lost)

    async def _naming_lost(self, expected: Expectation, error: errors.RequestError) -> Outcome:
        """Returns the outcome of a failed change of members, with those who are gone though nobody asked for that.

        Raises the error if nobody can have gone with it, or if a look at the group fails.
        """
        never_left = isinstance(error, errors.Unavailable) and not isinstance(error, errors.ResponseLost)
        refused = isinstance(error, errors.Unauthenticated | errors.Forbidden | errors.NotFound)
        if refused or (never_left and error.status is None) or not expected.bystanders:
            raise error
        try:
            seen = await self._target.get_group(expected.id or "")
        except errors.RequestError:
            raise error from None
        outcome = failure_of(expected.change, error, uncertain=isinstance(error, errors.ResponseLost))
        return with_lost(outcome, expected, seen)

    def _id_of(self, member: MemberRef) -> str | None:
        return member.id or self.created.get(member.external_id or "")
