"""Holds a roster's rows before they become people, the place of each value, and every problem."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_MOST_TOLD = 10
"""How many places are named for one kind of notice."""


@dataclass(frozen=True, slots=True)
class Place:
    """Holds the place of something in a file; lines and columns count from 1."""

    line: int
    column: int = 1


@dataclass(slots=True)
class Problems:
    """Collects every problem of one file, to report them together, and what is only worth a word."""

    file: str
    found: list[tuple[Place, str]] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    """Columns that caused a problem, and that a profile may leave unread."""
    hint: str | None = None
    """What to do about a problem, if there is something better to say than where the format is described."""
    _told: dict[str, list[tuple[Place, str]]] = field(default_factory=lambda: defaultdict(list))
    _more: Counter[str] = field(default_factory=Counter)

    def add(self, place: Place, message: str) -> None:
        """Notes a problem at a place."""
        self.found.append((place, message))

    def tell(self, kind: str, find: Callable[[], Place], message: str) -> None:
        """Notes something that is allowed and probably not meant; ``kind`` says what, for a count of many."""
        if len(self._told[kind]) < _MOST_TOLD:
            self._told[kind].append((find(), message))
        else:
            self._more[kind] += 1

    def notices(self) -> tuple[str, ...]:
        """Returns each notice with file, line and column; of many of one kind, the first and how many more."""
        lines = [line for told in self._told.values() for line in self._ordered(told)]
        return (*lines, *(f"{self.file}: and {more:,} more: {kind}." for kind, more in self._more.items()))

    def lines(self) -> tuple[str, ...]:
        """Returns each problem with file, line and column, in order."""
        return tuple(self._ordered(self.found))

    def _ordered(self, found: list[tuple[Place, str]]) -> list[str]:
        ordered = sorted(found, key=lambda problem: (problem[0].line, problem[0].column))
        return [f"{self.file}:{place.line}:{place.column}: {message}" for place, message in ordered]


@dataclass(frozen=True, slots=True)
class Row:
    """Holds one person as written, by canonical column names."""

    values: dict[str, str]
    at: Callable[[str], Place]
    """Returns the place of a column's value, or of the row if it has none. Called only if there is a problem."""
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Holds one group as written; members are userNames or ids."""

    find: Callable[[int], Place]
    """Returns the place of a position in the text. Called only if there is a problem."""
    at: int
    name: str
    id: str | None
    bound: bool
    members: tuple[tuple[str, int], ...]
    """Each with its position in the text."""

    @property
    def place(self) -> Place:
        """Returns the place where the group begins."""
        return self.find(self.at)


@dataclass(frozen=True, slots=True)
class Rows:
    """Holds everything that a file holds."""

    people: Iterable[Row]
    """Read once, and one after the other: a large file has many."""
    groups: tuple[GroupRow, ...] | None = None
    """None if the file has no list of groups."""
    mentions_groups: bool = False
    """Whether people's rows can name groups."""
    from_cells: bool = False
    """Whether groups were named in cells, in which a separator stands between names."""
    unread: tuple[str, ...] = ()
    """Columns that aren't read, for the administrator to hear."""
