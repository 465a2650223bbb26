"""Folds a log into what its runs left behind: who is active, with which role, in which group, managed by whom.

A change whose outcome isn't known, or that failed in part, proves nothing; what it was about is noted as uncertain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar, assert_never

from heapscim.model.changes import (
    AddMembers,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
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
from heapscim.model.state import ROLE, Kind, Links
from heapscim.planning.review.values import (
    OUTSIDE,
    UNKNOWN,
    LastChange,
    PastRun,
    PeriodChange,
    Since,
    What,
)

K = TypeVar("K")
V = TypeVar("V")


class Left(NamedTuple, Generic[V]):
    """Holds a value that a run left behind."""

    value: V
    at: float
    run: str


@dataclass(slots=True)
class Facts(Generic[K, V]):
    """Holds the last known value of each thing, and of which things it is uncertain."""

    left: dict[K, Left[V]] = field(default_factory=dict)
    uncertain: set[K] = field(default_factory=set)

    def note(self, key: K, value: V, run: PastRun) -> None:
        """Notes a value that a run left behind for certain."""
        self.left[key] = Left(value, run.at, run.run)
        self.uncertain.discard(key)

    def since(self, key: K, value: V, *, otherwise: Since) -> Since:
        """Returns since when a value holds; ``otherwise`` says it if the log never spoke of it."""
        found = self.left.get(key)
        if found is not None and found.value == value:
            return Since("run", found.at, found.run)
        if key in self.uncertain:
            return UNKNOWN
        return otherwise if found is None else OUTSIDE


@dataclass(slots=True)
class Past:
    """Holds what all runs left behind. Keys are Heap ids."""

    links: Links
    active: Facts[str, bool] = field(default_factory=Facts)
    roles: Facts[str, str] = field(default_factory=Facts)
    members: Facts[tuple[str, str], bool] = field(default_factory=Facts)
    """By group and account."""
    managed: dict[tuple[Kind, str], Since] = field(default_factory=dict)
    last: dict[str, LastChange] = field(default_factory=dict)
    made: set[tuple[Kind, str]] = field(default_factory=set)
    """What runs created, so that nothing of it is older than the log."""
    changes: list[PeriodChange] = field(default_factory=list)
    """Every joiner, leaver and change of a role, oldest first."""
    in_doubt: int = 0
    """Changes that were sent and have no recorded outcome."""
    _created: dict[str, str] = field(default_factory=dict)
    """External id → Heap id, of accounts that runs created."""

    def fold(self, run: PastRun) -> None:
        """Adds the next run; runs come oldest first."""
        for adoption in run.adoptions:
            self.managed["user", adoption.id] = Since("run", run.at, run.run)
            reason = "matched a person in the directory"
            self.last[adoption.id] = LastChange(run.at, run.run, "take_over_user", reason)
        for entry in run.changes:
            if entry.state == "sent":
                self.in_doubt += 1
            is_made = isinstance(entry.change, CreateUser) and entry.id is not None
            if entry.state == "done" or (is_made and entry.state == "failed"):
                self._carried_out(run, entry)
            elif entry.state in ("sent", "failed"):
                self._uncertain(entry)

    def _carried_out(self, run: PastRun, entry: Recorded) -> None:
        match entry.change:
            case CreateUser() | UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser() | ReleaseUser():
                self._user(run, entry.change, entry.id)
            case CreateGroup() | DeleteGroup() | AddMembers() | RemoveMembers():
                self._members(run, entry.change, entry.id)
            case TakeOverGroup() as change:
                self.managed["group", change.id] = Since("run", run.at, run.run)
            case ReleaseGroup() as change:
                self.managed.pop(("group", change.id), None)
            case RenameGroup():
                pass
            case never:
                assert_never(never)

    def _user(
        self,
        run: PastRun,
        change: CreateUser | UpdateUser | ReactivateUser | DeactivateUser | DeleteUser | ReleaseUser,
        made: str | None,
    ) -> None:
        id = made if isinstance(change, CreateUser) else change.id
        if id is None:
            return
        self.last[id] = LastChange(run.at, run.run, change.kind, change.reason)
        match change:
            case CreateUser():
                self._create(run, change, id)
            case UpdateUser():
                self._role(run, change, before=change.before.get(ROLE))
            case ReactivateUser():
                self.active.note(id, True, run)  # noqa: FBT003 - a value, not a switch
                self._changed(run, "joined", change, change.role, change.after.get(ROLE) or change.role)
                self._role(run, change, before=change.before.get(ROLE, change.role))
            case DeactivateUser() | DeleteUser():
                self.active.note(id, False, run)  # noqa: FBT003
                role = change.role if isinstance(change, DeactivateUser) else change.before.get(ROLE)
                self._changed(run, "left", change, role, None)
            case ReleaseUser():
                self.managed.pop(("user", id), None)

    def _create(self, run: PastRun, change: CreateUser, id: str) -> None:
        self._created[change.external_id] = id
        self.made.add(("user", id))
        self.managed["user", id] = Since("run", run.at, run.run)
        self.active.note(id, True, run)  # noqa: FBT003
        role = change.attributes.get(ROLE)
        if role:
            self.roles.note(id, role, run)
        self.changes.append(
            PeriodChange(run.at, "joined", id, change.user_name, "", role or "", run.run, run.who, change.reason)
        )

    def _role(self, run: PastRun, change: UpdateUser | ReactivateUser, *, before: str | None) -> None:
        if ROLE not in change.after:
            return
        after = change.after[ROLE] or ""
        self.roles.note(change.id, after, run)
        if after != (before or ""):
            self._changed(run, "role changed", change, before, after)

    def _changed(
        self,
        run: PastRun,
        what: What,
        change: UpdateUser | ReactivateUser | DeactivateUser | DeleteUser,
        before: str | None,
        after: str | None,
    ) -> None:
        self.changes.append(
            PeriodChange(
                run.at, what, change.id, change.user_name, before or "", after or "", run.run, run.who, change.reason
            )
        )

    def _members(
        self, run: PastRun, change: CreateGroup | DeleteGroup | AddMembers | RemoveMembers, made: str | None
    ) -> None:
        group = made if isinstance(change, CreateGroup) else change.id
        if group is None:
            return
        joined = isinstance(change, CreateGroup | AddMembers)
        for member in self._ids(change.members):
            self.members.note((group, member), joined, run)
            self.last[member] = LastChange(run.at, run.run, change.kind, f"{change.name}: {change.reason}")
        if isinstance(change, CreateGroup):
            self.made.add(("group", group))
            if change.external_id is not None:
                self.managed["group", group] = Since("run", run.at, run.run)

    def _uncertain(self, entry: Recorded) -> None:
        """Notes what a change may have done that failed, or whose outcome isn't known."""
        match entry.change:
            case UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser() as change:
                if not isinstance(change, UpdateUser):
                    self.active.uncertain.add(change.id)
                if isinstance(change, UpdateUser | ReactivateUser) and ROLE in change.after:
                    self.roles.uncertain.add(change.id)
            case AddMembers() | RemoveMembers() as change:
                self.members.uncertain.update((change.id, member) for member in self._ids(change.members))
            case CreateGroup() as change if entry.id is not None:
                self.members.uncertain.update((entry.id, member) for member in self._ids(change.members))
            case _:
                pass

    def _ids(self, members: Iterable[MemberRef]) -> Iterable[str]:
        """Yields the Heap id of each member; one that the same plan created is known by its external id."""
        for member in members:
            id = member.id
            if id is None and member.external_id is not None:
                link = self.links.users_by_external_id.get(member.external_id)
                id = self._created.get(member.external_id) or (None if link is None else link.id)
            if id is not None:
                yield id
