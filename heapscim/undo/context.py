"""Gathers everything that the inverse of a change may look at: the run as recorded, and Heap as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from heapscim.model.changes import Change, CreateUser, DeleteGroup, DeleteUser, MemberRef
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import Conflict, TakeOver
from heapscim.model.state import CurrentGroup, CurrentState, Links, match_key
from heapscim.planning.context import PlanOptions


@dataclass(frozen=True, slots=True)
class UndoOptions:
    """Says which run is undone, and how this tenant is written to."""

    run: str
    plan: PlanOptions
    recurs: bool = False
    """Whether the run was a sync, so that the next one makes its changes again."""
    adoptions: tuple[TakeOver, ...] = ()
    """Accounts that the run took over as they were."""


@dataclass(frozen=True, slots=True)
class Back:
    """Names something that is already as it was before the run."""

    name: str


UndoStep: TypeAlias = Change | TakeOver | Conflict | Back
"""What follows from one thing that the run did."""


@dataclass(frozen=True)
class UndoContext:
    """Holds one run as recorded, Heap as it is now, and what is managed."""

    recorded: tuple[Recorded, ...]
    """Changes that were carried out, and changes that failed: those may have been carried out in part."""
    current: CurrentState
    links: Links
    options: UndoOptions

    @property
    def reason(self) -> str:
        """Returns the reason of each change that the undo makes."""
        return f"undo of {self.options.run}"

    @cached_property
    def created(self) -> Mapping[str, str]:
        """Maps external ids to Heap ids, for the accounts that the run created."""
        return {
            entry.change.external_id: entry.id
            for entry in self.recorded
            if isinstance(entry.change, CreateUser) and entry.id is not None
        }

    @cached_property
    def coming_back(self) -> Mapping[str, MemberRef]:
        """Maps the Heap id of each account that the run deleted and the undo creates again to the new member."""
        return {
            entry.change.id: MemberRef(entry.change.user_name, None, id_for(entry.change))
            for entry in self.recorded
            if isinstance(entry.change, DeleteUser)
            and entry.change.id not in self.current.users_by_id
            and match_key(entry.change.user_name) not in self.current.users_by_key
        }

    @cached_property
    def deleted_groups(self) -> frozenset[str]:
        """Returns the Heap ids of the groups that the run deleted."""
        return frozenset(entry.change.id for entry in self.recorded if isinstance(entry.change, DeleteGroup))

    def member(self, member: MemberRef) -> MemberRef | None:
        """Returns the account that was a member, by the id it has now; None if it is gone."""
        # A member whom the run itself created has no id in the recorded change; its create recorded one.
        id = member.id or self.created.get(member.external_id or "") or ""
        if id in self.coming_back:
            return self.coming_back[id]
        if id in self.current.users_by_id:
            return MemberRef(self.current.users_by_id[id].user_name, id, member.external_id)
        # The account may have been created again since: the person's link leads there, if the userName is the same.
        link = self.links.users_by_external_id.get(member.external_id or "")
        found = self.current.users_by_id.get(link.id) if link else None
        if found is None or found.match_key != match_key(member.user_name):
            return None
        return MemberRef(found.user_name, found.id, member.external_id)

    def group(self, id: str, external_id: str | None) -> CurrentGroup | None:
        """Returns the group by its id, or by its link if it was created again since; None if it is gone."""
        if id in self.current.groups_by_id:
            return self.current.groups_by_id[id]
        link = self.links.groups_by_external_id.get(external_id or "")
        return self.current.groups_by_id.get(link.id) if link else None


def id_for(change: DeleteUser) -> str:
    """Returns the external id by which an account is linked once it is created again."""
    return change.external_id or match_key(change.user_name)


def moved(name: str, message: str) -> Conflict:
    """Reports something that changed after the run, and is therefore left alone."""
    return Conflict("moved", name, message, "Undo what came later first, or change it by hand.")


def beyond(name: str, message: str) -> Conflict:
    """Reports something that no undo brings back."""
    return Conflict("irreversible", name, message, "This can't be undone.")
