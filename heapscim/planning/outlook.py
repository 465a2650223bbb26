"""What the next sync does to what a person asks for by hand: decided by the planner itself, on the world afterwards.

Nothing here guesses which changes a directory sets back: the changes are made to the values, and a sync is planned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.desired import DesiredState
from heapscim.model.phrases import listed
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentState, Links, match_key
from heapscim.planning import planner
from heapscim.planning.afterwards import made_id, world_after
from heapscim.planning.context import PlanOptions


def foreseen(
    changes: Sequence[Change], desired: DesiredState, current: CurrentState, links: Links, options: PlanOptions
) -> tuple[str, ...]:
    """Says what becomes of changes by hand: what the next sync sets back, takes over or leaves alone."""
    taken = current.groups_by_key
    possible = [one for one in changes if not (isinstance(one, CreateGroup) and match_key(one.name) in taken)]
    after, tied = world_after(possible, current, links)
    outlook = _Outlook(planner.plan(desired, after, tied, options), desired)
    return tuple(dict.fromkeys(outlook.of(possible)))


def left_alone(changes: Iterable[Change]) -> tuple[str, ...]:
    """The same where no directory can be asked."""
    names = [_name(change) for change in changes if isinstance(change, CreateUser | CreateGroup)]
    return (f"Managed by hand, left alone by sync until a directory holds them: {listed(names)}.",) if names else ()


@dataclass(frozen=True)
class _Outlook:
    """The plan of the next sync, by what it is about."""

    plan: Plan
    desired: DesiredState

    def of(self, changes: Iterable[Change]) -> Iterator[str]:
        """What the plan does about changes by hand, those that are simply left alone in one sentence."""
        alone: defaultdict[str, list[str]] = defaultdict(list)
        for change in changes:
            match change:
                case CreateUser():
                    said = tuple(self._created(change))
                case CreateGroup():
                    said = tuple(self._group_created(change))
                case _:
                    yield from self._changed(change)
                    continue
            yield from said
            if not said:
                alone[self._until(change)].append(_name(change))
            if isinstance(change, CreateGroup):
                yield from self._leavers(change.members)
        for until, names in alone.items():
            yield f"Managed by hand, left alone by sync until {until}: {listed(names)}."

    @cached_property
    def _planned(self) -> dict[str, list[Change]]:
        """Heap id → what the plan does to it, also what it withholds for now."""
        found: defaultdict[str, list[Change]] = defaultdict(list)
        for change in (*self.plan.changes, *(entry.change for entry in self.plan.withheld)):
            found[str(getattr(change, "id", None))].append(change)
        return found

    @cached_property
    def _adopted(self) -> frozenset[str]:
        return frozenset(adoption.id for adoption in self.plan.adoptions)

    @cached_property
    def _unbound(self) -> frozenset[str]:
        """Folded names of people whom the directory holds, and doesn't connect to Heap."""
        return frozenset(match_key(skip.user_name) for skip in self.desired.skips if not skip.is_refused)

    def _until(self, change: CreateUser | CreateGroup) -> str:
        source = self.desired.source
        if isinstance(change, CreateGroup):
            return f"{source} binds a group of that name"
        bound = match_key(change.user_name) in self._unbound
        return f"a bound group of {source} holds them" if bound else f"{source} holds them"

    def _created(self, change: CreateUser) -> Iterator[str]:
        id, source = made_id(change), self.desired.source
        if id in self._adopted:
            yield f"{change.user_name} is in {source}: the next sync takes the account over."
        yield from self._to_user(id, change.user_name)

    def _group_created(self, change: CreateGroup) -> Iterator[str]:
        planned = self._planned.get(made_id(change), ())
        if any(isinstance(found, TakeOverGroup) for found in planned):
            yield f"{self.desired.source} binds a group {change.name}: the next sync takes it over."
            yield from self._to_members(planned, change.name)

    def _changed(self, change: Change) -> Iterator[str]:
        planned = self._planned.get(str(getattr(change, "id", None)), ())
        match change:
            case UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser():
                paths = frozenset(change.after) if isinstance(change, UpdateUser) else frozenset()
                yield from self._to_user(change.id, change.user_name, paths, change)
            case AddMembers() | RemoveMembers():
                yield from self._to_members(planned, change.name, change)
                if isinstance(change, AddMembers):
                    yield from self._leavers(change.members)
            case RenameGroup():
                yield from self._renamed(planned, change)
            case DeleteGroup():
                yield from self._deleted(change)
            case _:
                pass

    def _to_user(
        self, id: str, name: str, paths: frozenset[str] | None = None, change: Change | None = None
    ) -> Iterator[str]:
        """What is done to one account; of its attributes those that were asked for, all where none are named."""
        source = self.desired.source
        for found in self._planned.get(id, ()):
            if isinstance(found, UpdateUser | ReactivateUser):
                for path, value in sorted(found.after.items()):
                    if paths is None or path in paths:
                        yield f"{source} says {path} {value} for {name}: the next sync sets it back. Change it there."
            if isinstance(found, ReactivateUser) and isinstance(change, DeactivateUser):
                yield f"{name} is still in {source}: the next sync brings them back."
            if isinstance(found, DeactivateUser | DeleteUser) and not isinstance(change, UpdateUser):
                again = " again" if isinstance(change, ReactivateUser) else ""
                verb = "deactivates" if isinstance(found, DeactivateUser) else "deletes"
                yield f"The next sync {verb} {name}{again}: {found.reason}. Change it in {source} to prevent that."

    def _to_members(
        self, planned: Iterable[Change], group: str, change: AddMembers | RemoveMembers | None = None
    ) -> Iterator[str]:
        source = self.desired.source
        named = None if change is None else {member.id for member in change.members}
        for found in planned:
            match found:
                case RemoveMembers() if not isinstance(change, RemoveMembers):
                    names = _names(found.members, named)
                    if names:
                        yield f"Not in {group} in {source}: {names}. The next sync removes them. Change it there."
                case AddMembers() if isinstance(change, RemoveMembers):
                    names = _names(found.members, named)
                    if names:
                        yield f"Still in {group} in {source}: {names}. The next sync puts them back. Change it there."
                case _:
                    pass

    def _renamed(self, planned: Iterable[Change], change: RenameGroup) -> Iterator[str]:
        source = self.desired.source
        for found in planned:
            match found:
                case RenameGroup():
                    yield f"{change.new_name} is called {found.new_name} in {source}: the next sync renames it back."
                case TakeOverGroup():
                    yield f"{source} binds a group {change.new_name}: the next sync takes it over."
                case _:
                    pass

    def _deleted(self, change: DeleteGroup) -> Iterator[str]:
        for found in self._planned.get("None", ()):
            same = isinstance(found, CreateGroup) and match_key(found.name) == match_key(change.name)
            if same or (isinstance(found, CreateGroup) and found.external_id == change.external_id is not None):
                yield f"{self.desired.source} binds the group {change.name}: the next sync makes it again."

    def _leavers(self, members: Iterable[MemberRef]) -> Iterator[str]:
        """Who joins a group by hand and leaves all the same: the directory decides who has an account."""
        for member in members:
            for found in self._planned.get(member.id or "", ()):
                if isinstance(found, DeactivateUser | DeleteUser):
                    yield (
                        f"The next sync takes {found.user_name}'s account all the same: {found.reason}. "
                        "A membership given by hand keeps nobody."
                    )


def _names(members: Iterable[MemberRef], among: set[str | None] | None) -> str:
    return listed(member.user_name for member in members if among is None or member.id in among)


def _name(change: CreateUser | CreateGroup) -> str:
    return change.user_name if isinstance(change, CreateUser) else change.name
