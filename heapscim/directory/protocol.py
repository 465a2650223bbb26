"""Describes directories: all can be read; to some, people can be added or groups bound.

Writing here changes the directory alone, never Heap, and never a person who is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, runtime_checkable

from heapscim.errors import AmbiguousInDirectory, NotInDirectory, UsageError
from heapscim.model.completeness import ReadProgress
from heapscim.model.directory import Added, DirectoryGroup, DirectorySnapshot, NewPerson, Person
from heapscim.model.state import match_key

Report: TypeAlias = Callable[[Added], None]


@runtime_checkable
class PeopleWriter(Protocol):
    """Describes a directory that people can be added to."""

    def proposed(self, people: Sequence[NewPerson], held: Iterable[Person]) -> Sequence[NewPerson | Added]:
        """Returns each person as the directory would hold them beside the people whom it holds, in the same order.

        A directory with its own rules for usernames makes them here. A person whom it can't take is returned as failed,
        with the reason. Sends no request. The same input always leads to the same usernames.
        """
        ...

    def warnings(self, people: Sequence[NewPerson]) -> tuple[str, ...]:
        """Returns what the administrator should know before these people are added, such as who is mailed."""
        ...

    async def add_people(self, people: Sequence[NewPerson], *, group: str | None, report: Report) -> None:
        """Adds people, also to ``group`` (a name) if given; reports each person once, when the outcome is known.

        If groups are stored apart from people, people who are there already are put into the group, too. A person who
        was added and isn't in the group has failed.

        One failed person never stops the others. Raises DirectoryError if nothing can be written at all, or if the
        directory has changed since it was read.
        """
        ...


@runtime_checkable
class SnapshotWriter(Protocol):
    """Describes a directory that can be written as a whole: a file."""

    def rendered(self, snapshot: DirectorySnapshot) -> Rendered:
        """Returns the content that holds a snapshot, and what it can't hold. Writes nothing.

        Equal snapshots lead to equal content. Raises DirectoryError if the content can't be read back.
        """
        ...

    def write(self, content: bytes) -> None:
        """Writes the content in one step, in place of what is there; raises DirectoryError."""
        ...


@runtime_checkable
class PeopleSampler(Protocol):
    """Describes a directory that shows some of its people without a whole read."""

    async def sample(self) -> Sequence[Person]:
        """Returns some people, each as ``read`` returns them except for their role; raises DirectoryError."""
        ...


@runtime_checkable
class GroupBinder(Protocol):
    """Describes a directory whose groups can be connected to Heap."""

    async def set_bound(self, group: str, *, bound: bool) -> None:
        """Connects a group (by name or id) to Heap or disconnects it; raises DirectoryError if that fails.

        A group that is in this state already is a success.
        """
        ...

    async def read_as_if(self, group: str, *, bound: bool, progress: ReadProgress) -> Supposed:
        """Reads the directory as it is, and as it would be if the group (by name or id) were bound, or not.

        Both hold the group's members. Raises DirectoryError, also if there is no such group.
        """
        ...


@runtime_checkable
class DirectoryLookup(Protocol):
    """Describes a directory that answers about single people and groups, by their ids."""

    async def look_up(
        self, snapshot: DirectorySnapshot, *, people: Collection[str], groups: Collection[str]
    ) -> DirectorySnapshot:
        """Returns an unproven snapshot with what the directory says of these people and groups, by external id.

        What it says for certain is among ``certain_people`` and ``certain_groups`` then. Those who are there after all
        are in the snapshot, with the bound groups that hold them. A doubtful answer, or none, changes nothing, and the
        directory may limit how many it asks for. Raises DirectoryUnauthenticated.
        """
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """Holds what a change feed showed at one look."""

    mark: object
    """What the feed showed, in a form of its own: the next look compares with it."""
    changed: bool
    """Whether something may have changed since the mark of the look before."""


@runtime_checkable
class ChangeFeed(Protocol):
    """Describes a directory that shows soon when something in it may have changed.

    A feed is a hint only: what has changed is found by a whole read. It may show too much, late, or nothing at all.
    """

    async def look(self, mark: object | None) -> Look:
        """Waits for the time of its next look, and compares with the mark of an earlier one; None takes the first mark.

        The feed decides how often it looks, and returns from each look, also if nothing has changed: so a feed that
        works is told from one that doesn't. It never waits for more than a few minutes, keeps nothing between two
        looks, and may be cancelled at any moment. Raises DirectoryError if it can't tell.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """Holds the content of a directory that is a file."""

    content: bytes
    snapshot: DirectorySnapshot
    """What is read from this content."""
    left_out: tuple[str, ...] = ()
    """Whom and what it can't hold, each with the reason, in a sentence."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """Holds a directory as it is and as it would be."""

    before: DirectorySnapshot
    after: DirectorySnapshot
    group: DirectoryGroup
    """As it would be."""

    @property
    def changes_anything(self) -> bool:
        """Reports whether the group isn't in that state already."""
        return self.before != self.after


def supposed(snapshot: DirectorySnapshot, group: str, *, bound: bool) -> Supposed:
    """Returns what a snapshot would be if a group, by name or id, were bound or not; raises NotInDirectory."""
    found = group_of(snapshot, group)
    changed = replace(found, bound=bound)
    groups = tuple(changed if entry is found else entry for entry in snapshot.groups or ())
    return Supposed(snapshot, replace(snapshot, groups=groups), changed)


def group_of(snapshot: DirectorySnapshot, name: str) -> DirectoryGroup:
    """Returns the group with an id or a name; raises NotInDirectory or AmbiguousInDirectory, listing the candidates."""
    groups = snapshot.groups or ()
    found = [group for group in groups if group.external_id == name]
    found = found or [group for group in groups if match_key(group.name) == match_key(name)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(group.external_id for group in found)
        raise AmbiguousInDirectory(
            f"{snapshot.source} has {len(found)} groups called {name!r}.", hint=f"Their ids: {ids}."
        )
    names = ", ".join(sorted(group.name for group in groups))
    raise NotInDirectory(f"{snapshot.source} has no group {name!r}.", hint=f"It has {names or 'none'}.")


def group_to_join(snapshot: DirectorySnapshot, name: str) -> DirectoryGroup:
    """Returns the bound group with a name; raises UsageError, listing the bound groups, if there is none."""
    bound = {match_key(group.name): group for group in snapshot.groups or () if group.bound}
    if found := bound.get(match_key(name)):
        return found
    names = ", ".join(sorted(group.name for group in bound.values()))
    raise UsageError(
        f"{snapshot.source} has no bound group {name!r}.",
        hint=f"Its bound groups: {names}." if names else "It has no bound group at all.",
    )


class Directory(Protocol):
    """Describes a source of people and groups."""

    @property
    def spec(self) -> str:
        """Returns the directory as given on the command line, such as ``people.csv``."""
        ...

    async def read(self, progress: ReadProgress) -> DirectorySnapshot:
        """Reads everything once.

        Raises DirectoryError if nothing usable can be read. Returns a partial read with its completeness unproven.
        """
        ...
