"""What a run left behind, held against what Heap holds now: everything the inverse of a change may look at."""

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
    """Which run is undone, and how this tenant is written to."""

    run: str
    plan: PlanOptions
    recurs: bool = False
    """Whether a sync made the run, so that the next one makes it again."""
    adoptions: tuple[TakeOver, ...] = ()
    """Accounts the run took over as they were."""


@dataclass(frozen=True, slots=True)
class Back:
    """Something that is as it was before the run, without an undo."""

    name: str


Finding: TypeAlias = Change | TakeOver | Conflict | Back
"""What comes of looking at one thing the run did."""


@dataclass(frozen=True)
class UndoContext:
    """One run as recorded, Heap as it is now, and what is managed."""

    recorded: tuple[Recorded, ...]
    """What was carried out, and what failed: that may have been carried out in part."""
    current: CurrentState
    links: Links
    options: UndoOptions

    @property
    def reason(self) -> str:
        """Why each change of the way back is made."""
        return f"undo of {self.options.run}"

    @cached_property
    def created(self) -> Mapping[str, str]:
        """External id → Heap id, of the accounts the run made."""
        return {
            entry.change.external_id: entry.id
            for entry in self.recorded
            if isinstance(entry.change, CreateUser) and entry.id is not None
        }

    @cached_property
    def coming_back(self) -> Mapping[str, MemberRef]:
        """Heap id of each account the run deleted and the undo makes anew → how the new one is named."""
        return {
            entry.change.id: MemberRef(entry.change.user_name, None, id_for(entry.change))
            for entry in self.recorded
            if isinstance(entry.change, DeleteUser)
            and entry.change.id not in self.current.users_by_id
            and match_key(entry.change.user_name) not in self.current.users_by_key
        }

    @cached_property
    def deleted_groups(self) -> frozenset[str]:
        """Heap ids of the groups the run deleted."""
        return frozenset(entry.change.id for entry in self.recorded if isinstance(entry.change, DeleteGroup))

    def member(self, member: MemberRef) -> MemberRef | None:
        """The account that was a member, by the id it has now; None where it is gone.

        One that was made anew since goes by the person's link, if it is of the same userName.
        """
        id = member.id or self.created.get(member.external_id or "") or ""
        if id in self.coming_back:
            return self.coming_back[id]
        if id in self.current.users_by_id:
            return MemberRef(self.current.users_by_id[id].user_name, id, member.external_id)
        link = self.links.users_by_external_id.get(member.external_id or "")
        found = self.current.users_by_id.get(link.id) if link else None
        if found is None or found.match_key != match_key(member.user_name):
            return None
        return MemberRef(found.user_name, found.id, member.external_id)

    def group(self, id: str, external_id: str | None) -> CurrentGroup | None:
        """The group by the id it had, or by the link it has since it was made anew."""
        if id in self.current.groups_by_id:
            return self.current.groups_by_id[id]
        link = self.links.groups_by_external_id.get(external_id or "")
        return self.current.groups_by_id.get(link.id) if link else None


def id_for(change: DeleteUser) -> str:
    """The external id by which an account is linked once it is made anew."""
    return change.external_id or match_key(change.user_name)


def moved(name: str, message: str) -> Conflict:
    """Something that is no longer as the run left it, and is therefore left alone."""
    return Conflict("moved", name, message, "Undo what came later first, or change it by hand.")


def beyond(name: str, message: str) -> Conflict:
    """Something that no undo brings back."""
    return Conflict("irreversible", name, message, "This can't be undone.")
