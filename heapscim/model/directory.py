"""Holds what a directory said at one moment, and what becomes of people who are added to it.

A snapshot is the source side of a sync. It says nothing about Heap and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from heapscim.model.completeness import Completeness

USERNAME = "username"
EMAIL = "email"
FIRSTNAME = "firstname"
LASTNAME = "lastname"
ROLE = "role"
Scope: TypeAlias = Literal["all", "groups"]
"""Who belongs in Heap: every active person, or the active members of bound groups."""


@dataclass(frozen=True, slots=True)
class Person:
    """Holds one person as the directory knows them."""

    external_id: str
    """The directory's stable id: it survives a change of userName."""
    attributes: Mapping[str, str]
    """Source attributes by the directory's own names (``username``, ``firstname`` …). A missing or empty value is left
    out: it is never sent."""
    active: bool = True
    doubt: str = ""
    """Why it can't be told whether the person is active, in a sentence: then nothing is done about them."""

    @property
    def user_name(self) -> str:
        """Returns the sign-in name; every adapter refuses a person without one."""
        return self.attributes[USERNAME]


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    """Holds one group as the directory knows it."""

    external_id: str
    """The directory's stable id: it survives a rename."""
    name: str
    member_ids: frozenset[str]
    """External ids of its people, effective membership (nesting resolved)."""
    bound: bool = True
    """Whether the group is connected to Heap."""


@dataclass(frozen=True, slots=True)
class DirectorySnapshot:
    """Holds people, groups and memberships as read, and whether the read was complete."""

    source: str
    """The directory's name in messages, such as ``people.csv``."""
    people: tuple[Person, ...]
    groups: tuple[DirectoryGroup, ...] | None
    """None if the source says nothing about groups: then no group is changed."""
    completeness: Completeness
    lists_groups: bool = True
    """False if groups exist only because a person's row names them (CSV): a group that no row names is empty, not
    deleted."""
    notices: tuple[str, ...] = field(default=())
    """What a person should know about the read, such as a column left unread."""
    default_scope: Scope = "all"
    """Who belongs in Heap if the profile doesn't say."""
    bound_people: frozenset[str] = frozenset()
    """External ids of people who are connected to Heap themselves, not through a group."""
    unread_people: frozenset[str] = frozenset()
    """External ids of people whom groups name, listed or not, and of whom nothing else could be read."""
    holds_all_members: bool = False
    """Whether everyone whom bound groups hold, or who is bound, is proven to be in ``people`` or ``unread_people``."""
    outside_people: frozenset[str] = frozenset()
    """External ids of people who certainly aren't bound and whom no bound group holds, whether they exist or not."""
    certain_people: frozenset[str] = frozenset()
    """External ids of people about whom everything here is proven, even if the whole read isn't: that they are gone or
    inactive, or which groups hold them. Their own record says so, or the directory was asked for each by id."""
    certain_groups: frozenset[str] = frozenset()
    """External ids of groups, likewise: that they are gone, or whether they are bound. Not who their members are."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Holds a person who is to be added to a directory."""

    attributes: Mapping[str, str]
    """By source attribute (``username``, ``firstname`` …), values that are empty left out."""
    active: bool = True
    """False if the person's account in Heap is inactive: the next sync must not reactivate it. A directory that can't
    add an inactive person reports a failure."""
    account: str = ""
    """The userName of the person's account in Heap, by which the outcome is reported. It is the username, too, unless
    the directory makes its own."""

    def __post_init__(self) -> None:
        """Takes the username for an account that isn't named."""
        if not self.account:
            object.__setattr__(self, "account", self.user_name)

    @property
    def user_name(self) -> str:
        """Returns the sign-in name in the directory."""
        return self.attributes[USERNAME]


@dataclass(frozen=True, slots=True)
class Added:
    """Says what became of one new person."""

    user_name: str
    """The userName of the account in Heap."""
    status: Literal["added", "present", "failed"]
    """``present``: the directory held that person already, and nothing was changed."""
    external_id: str | None = None
    message: str | None = None
    """Why it failed; or, if added, what the administrator should know about it."""
    holds: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    """What the directory holds of the person once added; it may differ from what was given.

    None if the person isn't to be managed yet."""
