"""Says what the next sync will do about changes by hand: sets back, takes over, or leaves alone.

It never guesses: the changes are made to the values (`afterwards`), and the planner plans a sync of the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

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
from heapscim.planning.email_addresses import REMEDY


def foreseen(
    changes: Sequence[Change], desired: DesiredState, current: CurrentState, links: Links, options: PlanOptions
) -> tuple[str, ...]:
    """Returns what the next sync sets back or takes over of changes by hand, and one sentence for the others.

    Several accounts of which the same is said share a sentence.
    """
    taken = current.groups_by_key
    possible = [one for one in changes if not (isinstance(one, CreateGroup) and match_key(one.name) in taken)]
    after, tied = world_after(possible, current, links)
    outlook = _Outlook(planner.plan(desired, after, tied, replace(options, mark=None)), desired)
    return tuple(dict.fromkeys(_merged(outlook.of(possible))))


def left_alone(changes: Iterable[Change]) -> tuple[str, ...]:
    """Returns the sentence about what is created by hand, if no directory can be read."""
    names = [_name(change) for change in changes if isinstance(change, CreateUser | CreateGroup)]
    return (f"Managed by hand, left alone by sync until a directory holds them: {listed(names)}.",) if names else ()


class _AboutOne(NamedTuple):
    """Holds a sentence about one account, and the same about several: what stands before and after the names."""

    name: str
    one: tuple[str, str]
    many: tuple[str, str]


def _merged(said: Iterable[str | _AboutOne]) -> Iterator[str]:
    """Yields the sentences, and one for all accounts of which the same is said: a thousand leavers are one line."""
    names: dict[str | tuple[tuple[str, str], tuple[str, str]], list[str]] = {}
    for sentence in said:
        if isinstance(sentence, str):
            names[sentence] = []
        else:
            names.setdefault((sentence.one, sentence.many), []).append(sentence.name)
    for key, those in names.items():
        if isinstance(key, str):
            yield key
        else:
            before, after = key[len(those) > 1]
            yield f"{before}{listed(dict.fromkeys(those))}{after}"


@dataclass(frozen=True)
class _Outlook:
    """Holds the plan of the next sync, with its changes by the resource that they are about."""

    plan: Plan
    desired: DesiredState

    def of(self, changes: Iterable[Change]) -> Iterator[str | _AboutOne]:
        """Says what the plan does about changes by hand, with one sentence for all that is left alone."""
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
        """Maps Heap ids to planned changes, with those that are withheld for now."""
        found: defaultdict[str, list[Change]] = defaultdict(list)
        for change in (*self.plan.changes, *(entry.change for entry in self.plan.withheld)):
            found[str(getattr(change, "id", None))].append(change)
        return found

    @cached_property
    def _known_by_email(self) -> dict[str, list[str]]:
        """Maps folded e-mail addresses to the people who are in conflict with an account of that name."""
        names = {conflict.name for conflict in self.plan.conflicts if conflict.kind == "known_by_email"}
        found: defaultdict[str, list[str]] = defaultdict(list)
        for user in self.desired.users:
            if user.user_name in names:
                found[match_key(user.email)].append(user.user_name)
        return found

    @cached_property
    def _taken_over(self) -> frozenset[str]:
        return frozenset(entry.id for entry in self.plan.adoptions)

    @cached_property
    def _unbound(self) -> frozenset[str]:
        """Returns the folded names of people whom the directory holds in no bound group."""
        skips = self.desired.skips
        return frozenset(match_key(skip.user_name) for skip in skips if not skip.is_refused and not skip.is_in_doubt)

    def _until(self, change: CreateUser | CreateGroup) -> str:
        source = self.desired.source
        if isinstance(change, CreateGroup):
            return f"{source} binds a group of that name"
        bound = match_key(change.user_name) in self._unbound
        return f"a bound group of {source} holds them" if bound else f"{source} holds them"

    def _created(self, change: CreateUser) -> Iterator[str | _AboutOne]:
        id, source = made_id(change), self.desired.source
        if id in self._taken_over:
            then = f"in {source}: the next sync takes the account"
            yield _AboutOne(change.user_name, ("", f" is {then} over."), ("", f" are {then}s over."))
        for person in self._known_by_email.get(match_key(change.user_name), ()):
            whose = f"{change.user_name} is the e-mail address of {person} in {source}"
            yield f"{whose}: the next sync reports a conflict, unless the e-mail address is the userName: {REMEDY}."
        yield from self._to_user(id, change.user_name)

    def _group_created(self, change: CreateGroup) -> Iterator[str]:
        planned = self._planned.get(made_id(change), ())
        if any(isinstance(found, TakeOverGroup) for found in planned):
            yield f"{self.desired.source} binds a group {change.name}: the next sync takes it over."
            yield from self._to_members(planned, change.name)

    def _changed(self, change: Change) -> Iterator[str | _AboutOne]:
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
    ) -> Iterator[_AboutOne]:
        """Says what is done to one account; of its attributes only those in ``paths``, unless that is None."""
        source = self.desired.source
        for found in self._planned.get(id, ()):
            if isinstance(found, UpdateUser | ReactivateUser):
                for path, value in sorted(found.after.items()):
                    if paths is None or path in paths:
                        says = (f"{source} says {path} {value} for ", ": the next sync sets it back. Change it there.")
                        yield _AboutOne(name, says, says)
            if isinstance(found, ReactivateUser) and isinstance(change, DeactivateUser):
                back = f"still in {source}: the next sync brings them back."
                yield _AboutOne(name, ("", f" is {back}"), ("", f" are {back}"))
            if isinstance(found, DeactivateUser | DeleteUser) and not isinstance(change, UpdateUser):
                again = " again" if isinstance(change, ReactivateUser) else ""
                verb = "deactivates" if isinstance(found, DeactivateUser) else "deletes"
                then = (f"The next sync {verb} ", f"{again}: {found.reason}. Change it in {source} to prevent that.")
                yield _AboutOne(name, then, then)

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

    def _leavers(self, members: Iterable[MemberRef]) -> Iterator[_AboutOne]:
        """Names people who join a group by hand and lose their account all the same: the directory decides that."""
        for member in members:
            for found in self._planned.get(member.id or "", ()):
                if isinstance(found, DeactivateUser | DeleteUser):
                    why = f" all the same: {found.reason}. A membership given by hand keeps nobody."
                    takes = "The next sync takes "
                    yield _AboutOne(found.user_name, (takes, "'s account" + why), (takes + "the accounts of ", why))


def _names(members: Iterable[MemberRef], among: set[str | None] | None) -> str:
    return listed(member.user_name for member in members if among is None or member.id in among)


def _name(change: CreateUser | CreateGroup) -> str:
    return change.user_name if isinstance(change, CreateUser) else change.name
