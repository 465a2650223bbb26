"""Describes what a plan's execution needs: a target, a journal and an observer.

A target converts between its protocol and values; it never decides and never compares. Every method of it raises
RequestError. A write returns what Heap showed of the resource afterwards, None if it showed nothing; a target doesn't
look again by itself. A create whose response was lost raises ResponseLost and isn't repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from heapscim.model.completeness import ReadProgress
from heapscim.model.outcomes import Outcome
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser, Kind


@dataclass(frozen=True, slots=True)
class Sought:
    """Says what creates in doubt may have created."""

    names: tuple[str, ...]
    for_sure: tuple[str, ...] = ()
    """Names among them that are about to be sent again: they are looked up one by one as well."""
    explained: frozenset[str] = frozenset()
    """Heap ids of what other changes are known to have created."""
    expected: frozenset[str] = frozenset()
    """Folded names of everything that is being created; a resource of such a name is no stranger."""
    known: frozenset[str] | None = None
    """Heap ids of what existed before; None for what the target itself has read."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Holds what exists of creates in doubt."""

    named: tuple[CurrentUser | CurrentGroup, ...] = ()
    """Resources of one of the names."""
    unexplained: tuple[CurrentUser | CurrentGroup, ...] = ()
    """New resources of none of the names: a tenant may have changed a name."""
    known: frozenset[str] = frozenset()
    """Heap ids of what existed before, by the run's own read."""
    doubt: str | None = None
    """Why something that wasn't found may exist all the same; None if the list is proven complete."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Holds what a target tells about members in another way than by showing them."""

    known: Mapping[str, bool] = field(default_factory=dict)
    """Heap id → whether that is a member, for those who were asked for. Of many, some stand for all."""
    hides: bool = False
    """Whether the group has members that it doesn't show, as far as that can be told."""


class Target(Protocol):
    """Describes a SCIM service provider as the execution sees it."""

    @property
    def members_per_request(self) -> int:
        """Returns how many members one request may name."""
        ...

    def note_deactivation(self, *, kept: bool) -> None:
        """Remembers whether a deactivated account still existed when it was looked at."""
        ...

    def had_effect(self, id: str) -> None:
        """Learns that the last request about a resource had an effect, so that its form is worth remembering."""
        ...

    def has_another_form(self, id: str) -> bool:
        """Learns that the last request about a resource had no effect; returns whether it has another form.

        The same request then uses that form.
        """
        ...

    def did_harm(self, id: str) -> None:
        """Learns that the last change of a group's members removed others too, so that its form isn't used again."""
        ...

    def members_of(self, id: str) -> Mapping[str, str] | None:
        """Returns who was in a group when it was last seen, as id → userName; None if it wasn't. Sends nothing."""
        ...

    def restored(self, id: str) -> Collection[str]:
        """Returns the ids of those whom the last change of a group removed unasked, and who were put back at once."""
        ...

    def listed(self, type: Literal["user", "group"]) -> Mapping[str, str]:
        """Returns Heap id → name of each account or group that the last whole read showed."""
        ...

    async def read(self, *, groups: bool, progress: ReadProgress) -> CurrentState:
        """Reads all users and, if asked for, all groups with their members."""
        ...

    async def get_user(self, id: str) -> CurrentUser | None:
        """Returns an account by its id, None if it doesn't exist."""
        ...

    async def find_user(self, user_name: str) -> CurrentUser | None:
        """Returns an account by its userName, even if the tenant can't filter; None if it doesn't exist."""
        ...

    async def look_up_users(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentUser, ...]:
        """Returns the accounts of these ids and userNames in as few requests as possible: one by one, or by one list.

        An id that a list leaves out is read by itself, unless ``trust_absence`` accepts a proven list.
        """
        ...

    async def look_for(self, kind: Kind, sought: Sought) -> Sighting:
        """Looks for what creates in doubt may have created: in the whole list, and for sure if asked for."""
        ...

    def names_are_unique(self, kind: Kind) -> bool:
        """Returns whether this tenant is known to refuse a second resource of one name (409)."""
        ...

    @property
    def filters_by_name(self) -> bool:
        """Returns whether a lookup by name may find what a list leaves out, instead of reading that list again."""
        ...

    def note_unique_names(self, kind: Kind) -> None:
        """Remembers that this tenant refuses a second resource of one name."""
        ...

    async def create_user(self, user_name: str, attributes: Mapping[str, str]) -> CurrentUser | None:
        """Creates an active account."""
        ...

    async def update_user(
        self, id: str, attributes: Mapping[str, str | None], *, active: bool | None = None
    ) -> CurrentUser | None:
        """Sets the given attributes (None removes a value) and, unless None, the active flag, in one request."""
        ...

    async def delete_user(self, id: str) -> None:
        """Deletes an account; one that is already gone is a success."""
        ...

    async def get_group(self, id: str) -> CurrentGroup | None:
        """Returns a group with its members by its id, None if it doesn't exist."""
        ...

    async def find_group(self, name: str) -> CurrentGroup | None:
        """Returns a group by its displayName, None if it doesn't exist."""
        ...

    async def look_up_groups(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentGroup, ...]:
        """Returns the groups of these ids and displayNames with their members, as ``look_up_users`` does."""
        ...

    async def create_group(self, name: str, member_ids: Collection[str]) -> CurrentGroup | None:
        """Creates a group with its first members, at most ``members_per_request``."""
        ...

    async def rename_group(self, id: str, name: str) -> CurrentGroup | None:
        """Renames a group and leaves its members as they are."""
        ...

    async def change_members(
        self, id: str, *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> CurrentGroup | None:
        """Adds and removes members, at most ``members_per_request`` in one PATCH.

        Raises MembersRefused if some of them are refused; the others are added or removed.
        """
        ...

    async def ask_members(self, id: str, ids: Sequence[str], *, before: int | None, again: bool = False) -> Membership:
        """Asks in every other way it knows which of these are in a group that doesn't show them.

        ``before`` is how many members it showed before they were sent, None if nobody counted; ``again`` says that they
        were sent before, and weren't shown then.
        """
        ...

    async def delete_group(self, id: str) -> None:
        """Deletes a group; one that is already gone is a success."""
        ...


class Journal(Protocol):
    """Makes intents and outcomes durable."""

    run: str
    """The name of the run."""

    async def sent(self, seq: int) -> None:
        """Returns once the intent is durable, with every outcome before it."""
        ...

    async def settled(self, seq: int, outcome: Outcome) -> None:
        """Takes an outcome, which is durable before any later intent is.

        If it can't be written, the next intent and ``flush`` raise the error.
        """
        ...

    async def flush(self) -> None:
        """Returns once everything is durable; raises the error if something couldn't be written."""
        ...


class Observer(Protocol):
    """Is told how a run goes on."""

    def started(self, total: int) -> None:
        """Is told how many changes will be attempted."""
        ...

    def waiting(self, count: int, seconds: float) -> None:
        """Is told how many creates without a response may still arrive, and how long the run looks for them."""
        ...

    def looking(self, count: int) -> None:
        """Is told that the run looks whether so many changes had their effect."""
        ...

    def finished(self, outcome: Outcome) -> None:
        """Is told the outcome of one change."""
        ...
