"""What a directory said at one moment, and the protocol every directory adapter fulfils.

A snapshot is the source side of a sync. It says nothing about Heap and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from heapscim.model.completeness import Completeness

USERNAME = "username"
EMAIL = "email"
FIRSTNAME = "firstname"
LASTNAME = "lastname"
ROLE = "role"


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the directory knows them."""

    external_id: str
    """The directory's stable id: it survives a change of userName."""
    attributes: Mapping[str, str]
    """Source attributes by the directory's own names (``username``, ``firstname`` …). A missing or empty value is
    left out: it is never sent."""
    active: bool = True

    @property
    def user_name(self) -> str:
        """The sign-in name; every adapter refuses a person without one."""
        return self.attributes[USERNAME]


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    """One group as the directory knows it."""

    external_id: str
    """The directory's stable id: it survives a rename."""
    name: str
    member_ids: frozenset[str]
    """External ids of its people, effective membership (nesting resolved)."""
    bound: bool = True
    """Whether the group is connected to Heap."""


@dataclass(frozen=True, slots=True)
class DirectorySnapshot:
    """People, groups and memberships as read, and whether the read was complete."""

    source: str
    """How the directory is named to a person, such as ``people.csv``."""
    people: tuple[Person, ...]
    groups: tuple[DirectoryGroup, ...] | None
    """None where the source says nothing of groups: then no group is touched."""
    completeness: Completeness
    lists_groups: bool = True
    """False where groups exist only by being named in a person's row (CSV): there, a group nobody names is empty,
    not deleted."""
    notices: tuple[str, ...] = field(default=())
    """What a person should know about the read, such as a column left unread."""
    default_scope: Literal["all", "groups"] = "all"
    """Who belongs in Heap where the profile doesn't say: every active person, or the members of bound groups."""
    gone: frozenset[str] = frozenset()
    """External ids of people who were asked for one by one (completeness ``asked``) and are gone, or suspended: that is
    a proof about each of them, also where the whole read proves nothing."""
    gone_groups: frozenset[str] = frozenset()
    """External ids of groups that were asked for one by one and are gone: a proof about each of them, likewise."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be added to a directory."""

    attributes: Mapping[str, str]
    """By source attribute (``username``, ``firstname`` …), values that are empty left out."""
    active: bool = True
    """False for somebody whose account in Heap is inactive: being added must not bring them back at the next sync. A
    directory that can't add somebody as inactive reports them as failed."""

    @property
    def user_name(self) -> str:
        """The sign-in name."""
        return self.attributes[USERNAME]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one new person."""

    user_name: str
    status: Literal["added", "present", "failed"]
    """``present``: somebody of that userName was there already and was left as they are."""
    external_id: str | None = None
    message: str | None = None
    """Why it failed; or, when added, what a person should know about it."""
    holds: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    """What the directory says of somebody who was added, less or other than it was given, perhaps.

    None for somebody who isn't to be managed yet."""
