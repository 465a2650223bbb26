"""What our own runs left: the value we last gave to each account, attribute, membership and name, how often in a row.

The same value twice in a row means that it was changed back in between, since nothing is sent that is so already. What
failed counts as unknown, and so does what a tenant may have changed along with what we asked for.
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
"""Changes of earlier runs, each with its run's name, in the order in which they were carried out."""
Fact: TypeAlias = tuple[str, ...]
"""One thing that has a value: ``("access", id)``, ``("attribute", id, path)``, ``("member", group id, user id)``,
``("name", group id)``; and, by external id, whether there is such an ``("account", …)`` or ``("group", …)``."""
Value: TypeAlias = str | bool | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What we last gave to a fact."""

    value: Value
    times: int
    """How often in a row it was given this value."""
    run: str
    """The run that did it last."""
    place: int
    """Where in the history that is."""


class Past:
    """Everything that a history amounts to. Built in one walk through it."""

    def __init__(self, history: History = ()) -> None:
        self._standings: dict[Fact, Standing] = {}
        self._forgotten: dict[Fact, int] = {}
        self._accounts: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        for place, (run, recorded) in enumerate(history):
            self._take(place, run, recorded)

    def changed_back(self, fact: Fact, *, wanted: Value) -> Standing | None:
        """What we left there, where it is what is wanted once more: then somebody else changed it since."""
        standing = self._standing(fact)
        return standing if standing is not None and _same(fact, standing.value, wanted) else None

    def made(self, change: CreateUser | CreateGroup) -> str | None:
        """The Heap id of what was last created for the same person or group of the directory."""
        made = self._accounts if isinstance(change, CreateUser) else self._groups
        return made.get(change.external_id or "")

    def _take(self, place: int, run: str, recorded: Recorded) -> None:
        change, done = recorded.change, recorded.state == "done"
        for scope in _shaken_by(change, self._accounts, done=done):
            self._forgotten[scope] = place
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
                self._standings.pop(fact, None)

    def _standing(self, fact: Fact) -> Standing | None:
        standing = self._standings.get(fact)
        if standing is None:
            return None
        if any(self._forgotten.get(scope, -1) > standing.place for scope in _scopes(fact, standing.value)):
            return None
        return standing


def facts_of(change: Change, id: str | None, accounts: Mapping[str, str]) -> Iterator[tuple[Fact, Value]]:
    """What a change makes of which facts. ``id`` is that of the resource; ``accounts`` are those made meanwhile."""
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
    """Heap ids; that of an account which was made by the same run stands in its create alone."""
    for member in members:
        id = member.id or accounts.get(member.external_id or "")
        if id is not None:
            yield id


def _shaken_by(change: Change, accounts: Mapping[str, str], *, done: bool) -> Iterator[Fact]:
    """What a change may have touched besides what it was asked for: nobody else need have changed that since.

    A tenant may remove an account that is deactivated, or its memberships; it may drop a group that loses its last
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


def _scopes(fact: Fact, value: Value) -> tuple[Fact, ...]:
    """Everything whose being forgotten takes a fact along. No tenant puts somebody into a group by itself."""
    match fact:
        case ("access" | "name", id):
            return (("all", id),)
        case ("attribute", id, _):
            return (("all", id), ("details", id))
        case ("member", group, user) if value is False:
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
