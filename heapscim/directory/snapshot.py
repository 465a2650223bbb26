"""What a directory said at one moment, and the protocol every directory adapter fulfils.

A snapshot is the source side of a sync. It says nothing about Heap and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

USERNAME = "username"
EMAIL = "email"
FIRSTNAME = "firstname"
LASTNAME = "lastname"
ROLE = "role"


Method: TypeAlias = Literal["counted", "read twice", "asked"]


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether a read proved that it saw everything; without that proof nothing is removed on its word."""

    proven: bool
    evidence: str
    """One sentence with the figures, such as ``412 users announced, 400 unique read``."""
    method: Method = "counted"
    """How it was proven: by a count, by two reads that agree, or by asking for one person or group by id."""


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


ReadProgress = Callable[[int, int | None], None]
"""Told how many items were read and, where known, of how many."""


class Directory(Protocol):
    """A source of people and groups."""

    @property
    def spec(self) -> str:
        """The directory as given on the command line, such as ``people.csv``."""
        ...

    async def read(self, progress: ReadProgress) -> DirectorySnapshot:
        """Reads everything once.

        Raises DirectoryError where nothing usable can be read. A partial read is returned, its completeness unproven.
        """
        ...
