"""The protocol of a target: what the decision may ask of Heap, in the decision's own words.

A target converts between wire and values; it never decides and never compares. Every method raises TargetError. A
write answers what Heap showed of the resource afterwards, None where it showed nothing; nobody looks again on its own
account. A create whose answer was lost raises AnswerLost and is not repeated.
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
    """What creates in doubt may have made."""

    names: tuple[str, ...]
    for_sure: tuple[str, ...] = ()
    """Those names among them that are about to be sent again: they are also looked for one by one."""
    explained: frozenset[str] = frozenset()
    """Heap ids of what is known to have come about otherwise."""
    expected: frozenset[str] = frozenset()
    """Folded names of everything that is being created; what bears one of them is no stranger."""
    known: frozenset[str] | None = None
    """Heap ids of what was there before; None for what the target itself has read."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is there of creates in doubt."""

    named: tuple[CurrentUser | CurrentGroup, ...] = ()
    """What bears one of the names."""
    unexplained: tuple[CurrentUser | CurrentGroup, ...] = ()
    """What is new and bears none of them: a tenant may have stored a name otherwise than it was sent."""
    known: frozenset[str] = frozenset()
    """Heap ids of what was there before, by the run's own read."""
    doubt: str | None = None
    """Why what isn't here may be there all the same; None where the list is proven complete."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What a target tells of members in some other way than by showing them."""

    known: Mapping[str, bool] = field(default_factory=dict)
    """Heap id → whether that is a member, of those who were asked for. Of many, some stand for all."""
    hides: bool = False
    """Whether the group has members that it doesn't show, as far as anybody can tell."""


class Target(Protocol):
    """A SCIM service provider as the decision sees it."""

    @property
    def members_per_request(self) -> int:
        """How many members one request may name."""
        ...

    def note_deactivation(self, *, kept: bool) -> None:
        """Remembers whether a deactivated account was still there when it was looked at."""
        ...

    def had_effect(self, id: str) -> None:
        """Told that what was last asked of a resource is so: the form of that request is worth remembering."""
        ...

    def has_another_form(self, id: str) -> bool:
        """Told that what was last asked of a resource changed nothing; whether the same request has another form.

        Asking for the same again then sends that one.
        """
        ...

    def did_harm(self, id: str) -> None:
        """Told that the last change of a group's members removed others, too: that form isn't used again."""
        ...

    def members_of(self, id: str) -> Mapping[str, str] | None:
        """Who was in a group when it was last seen: ids and userNames; None where it wasn't. Asks nobody."""
        ...

    def restored(self, id: str) -> Collection[str]:
        """Ids of those who went with the last change of a group's members, and were put back at once."""
        ...

    def listed(self, type: Literal["user", "group"]) -> Mapping[str, str]:
        """Heap id → name of each account or group that the last whole read showed."""
        ...

    async def read(self, *, groups: bool, progress: ReadProgress) -> CurrentState:
        """Reads all users and, where asked for, all groups with their members."""
        ...

    async def get_user(self, id: str) -> CurrentUser | None:
        """One account by its id, None where there is none."""
        ...

    async def find_user(self, user_name: str) -> CurrentUser | None:
        """One account by its userName (also where the tenant can't filter), None where there is none."""
        ...

    async def look_up_users(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentUser, ...]:
        """The accounts of these ids and userNames, in as few requests as that takes: one by one, or one list read.

        An id that a list leaves out is asked for by itself, unless ``trust_absence`` lets a proven list do.
        """
        ...

    async def look_for(self, kind: Kind, sought: Sought) -> Sighting:
        """Looks for what creates in doubt may have made: in the whole list, and for sure where that is asked for."""
        ...

    def names_are_unique(self, kind: Kind) -> bool:
        """Whether this tenant is known to refuse a second resource of one name (409)."""
        ...

    @property
    def filters_by_name(self) -> bool:
        """Whether a look by name may find what a list leaves out; False where it would only read that list again."""
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
        """Sets the given attributes (None takes a value away) and, unless None, the active flag, in one request."""
        ...

    async def delete_user(self, id: str) -> None:
        """Deletes an account; one that is gone already is a success."""
        ...

    async def get_group(self, id: str) -> CurrentGroup | None:
        """One group with its members, None where there is none."""
        ...

    async def find_group(self, name: str) -> CurrentGroup | None:
        """One group by its displayName, None where there is none."""
        ...

    async def look_up_groups(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentGroup, ...]:
        """The groups of these ids and displayNames with their members, as ``look_up_users`` does."""
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

        Raises MembersRefused where some of them are refused; the others are in, or out.
        """
        ...

    async def ask_members(self, id: str, ids: Sequence[str], *, before: int | None, again: bool = False) -> Membership:
        """Asks in every other way it knows which of these are in a group that doesn't show them.

        ``before`` is how many members it showed before they were sent, None where nobody counted; ``again`` says that
        they were sent before, and weren't shown then.
        """
        ...

    async def delete_group(self, id: str) -> None:
        """Deletes a group; one that is gone already is a success."""
        ...


class Journal(Protocol):
    """Makes intents and outcomes durable."""

    run: str
    """The run's name."""

    async def sent(self, seq: int) -> None:
        """Returns once the intent is durable."""
        ...

    async def settled(self, seq: int, outcome: Outcome) -> None:
        """Returns once the outcome is durable."""
        ...


class Observer(Protocol):
    """Is told how a run goes on."""

    def started(self, total: int) -> None:
        """So many changes will be attempted."""
        ...

    def waiting(self, count: int, seconds: float) -> None:
        """So many creates have lost their answers and may still arrive; the run looks on for so long at most."""
        ...

    def finished(self, outcome: Outcome) -> None:
        """One change is settled."""
        ...
