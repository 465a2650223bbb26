"""Derives from our own runs the value that each account, attribute, membership and name was last given.

It counts how often in a row: twice the same value means that others changed it back in between, because what is already
so is never sent. A failed change leaves its value unknown, and so does a change that may have had side effects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

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
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded
from heapscim.model.state import match_key, same_text
from heapscim.planning.user_changes import differs

History: TypeAlias = Iterable[tuple[str, Recorded]]
"""Changes of earlier runs, each with the name of its run, in the order in which they were carried out."""
Fact: TypeAlias = tuple[str, ...]
"""A thing that has a value: ``("access", id)``, ``("attribute", id, path)``, ``("member", group id, user id)``,
``("name", group id)``; and, by external id, the name of an ``("account", …)`` or ``("group", …)`` that was created."""
Value: TypeAlias = str | bool | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Holds the value that our runs last gave to a fact."""

    value: Value
    times: int
    """How often in a row it was given."""
    run: str
    """The last run that gave it."""
    place: int
    """The position of that change in the history."""


class Past:
    """Holds everything that follows from a history; built in one walk through it."""

    def __init__(self, history: History = ()) -> None:
        self._standings: dict[Fact, Standing] = {}
        self._forgotten: dict[Fact, int] = {}
        self._accounts: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        for place, (run, recorded) in enumerate(history):
            self._take(place, run, recorded)

    def changed_back(self, fact: Fact, *, wanted: Value) -> Standing | None:
        """Returns what our runs last gave to a fact, if it is wanted again: others have changed it since."""
        standing = self._standing(fact)
        return standing if standing is not None and _same(fact, standing.value, wanted) else None

    def made(self, change: CreateUser | CreateGroup) -> str | None:
        """Returns the Heap id of what was last created for the same person or group of the directory."""
        made = self._accounts if isinstance(change, CreateUser) else self._groups
        return made.get(change.external_id or "")

    def _take(self, place: int, run: str, recorded: Recorded) -> None:
        change, done = recorded.change, recorded.state == "done"
        # What a change may have altered besides is forgotten first, so that what it did itself is remembered.
        for group_of_facts in _side_effects(change, self._accounts, done=done):
            self._forgotten[group_of_facts] = place
        if isinstance(change, CreateUser) and recorded.id is not None:
            self._accounts[change.external_id] = recorded.id
        if isinstance(change, CreateGroup) and recorded.id is not None and change.external_id is not None:
            self._groups[change.external_id] = recorded.id
        for fact, value in facts_of(change, recorded.id, self._accounts):
            before = self._standing(fact)
            if done:
                times = before.times + 1 if before is not None and _same(fact, before.value, value) else 1
                self._standings[fact] = Standing(value, times, run, place)
            else:
                self._standings.pop(fact, None)  # it may or may not have been carried out

    def _standing(self, fact: Fact) -> Standing | None:
        standing = self._standings.get(fact)
        if standing is None:
            return None
        groups_of_facts = _groups_of_facts(fact, standing.value)
        return None if any(self._forgotten.get(it, -1) > standing.place for it in groups_of_facts) else standing


def facts_of(change: Change, id: str | None, accounts: Mapping[str, str]) -> Iterator[tuple[Fact, Value]]:
    """Returns the facts that a change sets. ``id`` is the resource's; ``accounts`` are those created meanwhile."""
    match change:
        case CreateUser() | UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser():
            yield from _facts_of_a_user(change, id)
        case CreateGroup():
            if change.external_id is not None:
                yield ("group", change.external_id), match_key(change.name)
            if id is not None:
                yield ("name", id), change.name
                yield from ((("member", id, member), True) for member in _ids(change.members, accounts))
        case RenameGroup():
            yield ("name", change.id), change.new_name
        case AddMembers() | RemoveMembers():
            joining = isinstance(change, AddMembers)
            yield from ((("member", change.id, member), joining) for member in _ids(change.members, accounts))
        case _:
            pass


def _facts_of_a_user(
    change: CreateUser | UpdateUser | ReactivateUser | DeactivateUser | DeleteUser, id: str | None
) -> Iterator[tuple[Fact, Value]]:
    match change:
        case CreateUser():
            yield ("account", change.external_id), match_key(change.user_name)
            if id is not None:
                yield ("access", id), True
                yield from ((("attribute", id, path), value) for path, value in change.attributes.items())
        case UpdateUser() | ReactivateUser():
            if isinstance(change, ReactivateUser):
                yield ("access", change.id), True
            yield from ((("attribute", change.id, path), value) for path, value in change.after.items())
        case DeactivateUser() | DeleteUser():
            yield ("access", change.id), False


def _ids(members: Iterable[MemberRef], accounts: Mapping[str, str]) -> Iterator[str]:
    """Returns the Heap ids of members; that of an account which the same run created is only known from its create."""
    for member in members:
        id = member.id or accounts.get(member.external_id or "")
        if id is not None:
            yield id


def _side_effects(change: Change, accounts: Mapping[str, str], *, done: bool) -> Iterator[Fact]:
    """Returns the groups of facts that a tenant may have changed along with a change: others need not have.

    A tenant may remove an account that is deactivated, or its memberships. It may delete a group that loses its last
    member, or lose other members along with one.
    """
    match change:
        case DeactivateUser() | DeleteUser():
            yield ("details", change.id)
            if change.external_id is not None and accounts.get(change.external_id) == change.id:
                yield ("account of", change.external_id)
        case ReleaseUser():
            yield from (("all", change.id), ("account of", change.external_id))
        case AddMembers() | RemoveMembers():
            if not done:
                yield ("members", change.id)
            if isinstance(change, RemoveMembers) and len(change.members) >= change.size and change.external_id:
                yield ("group of", change.external_id)
        case DeleteGroup() | ReleaseGroup():
            yield ("all", change.id)
            if change.external_id is not None:
                yield ("group of", change.external_id)
        case _:
            pass


def _groups_of_facts(fact: Fact, value: Value) -> tuple[Fact, ...]:
    """Returns the groups of facts that a fact belongs to: it is forgotten with any of them."""
    match fact:
        case ("access" | "name", id):
            return (("all", id),)
        case ("attribute", id, _):
            return (("all", id), ("details", id))
        case ("member", group, user) if value is False:
            # No tenant puts a person into a group by itself: only deleting either of them ends this.
            return (("all", group), ("all", user))
        case ("member", group, user):
            return (("all", group), ("members", group), ("all", user), ("details", user))
        case (kind, external_id):
            return ((f"{kind} of", external_id),)
        case _:
            return ()


def _same(fact: Fact, one: Value, other: Value) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    match fact:
        case ("attribute", _, path):
            return not differs(path, one, other)
        case ("name", _) if one is not None and other is not None:
            return same_text(one, other)
        case _:
            return one == other
