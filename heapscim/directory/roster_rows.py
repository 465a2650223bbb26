"""A roster's rows before they are people: where each value stands, and every problem found on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from heapscim.directory.snapshot import FIRSTNAME, LASTNAME, ROLE, USERNAME

ID = "id"
ACTIVE = "active"
GROUPS = "groups"
COLUMNS = (ID, USERNAME, FIRSTNAME, LASTNAME, ROLE, ACTIVE, GROUPS)

SOURCE_ATTRIBUTES = (
    "email", "displayname", "middlename", "alternateemail", "company", "costcenter", "department", "description",
    "employeeidentifier", "employeetype", "jobtitle", "location", "manager",
)  # fmt: skip
"""JumpCloud's other user attributes: read under these names, for a profile's mapping to use."""

_ALIASES = {
    "_id": ID, "userid": ID, "user": USERNAME, "givenname": FIRSTNAME, "familyname": LASTNAME, "surname": LASTNAME,
    "state": ACTIVE, "employeeid": "employeeidentifier", "heaprole": ROLE, "title": "jobtitle",
}  # fmt: skip
_TRUE = frozenset({"true", "yes", "1", "activated", "active"})
_FALSE = frozenset({"false", "no", "0", "suspended", "staged", "inactive"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; lines and columns count from 1."""

    line: int
    column: int = 1


@dataclass(slots=True)
class Problems:
    """Every problem of one file, told together."""

    file: str
    found: list[tuple[Place, str]] = field(default_factory=list)

    def add(self, place: Place, message: str) -> None:
        """Notes a problem at its place."""
        self.found.append((place, message))

    def lines(self) -> tuple[str, ...]:
        """Each problem with file, line and column, in order."""
        ordered = sorted(self.found, key=lambda problem: (problem[0].line, problem[0].column))
        return tuple(f"{self.file}:{place.line}:{place.column}: {message}" for place, message in ordered)


@dataclass(frozen=True, slots=True)
class Row:
    """One person as written, by canonical column names."""

    place: Place
    values: dict[str, str]
    places: dict[str, Place]
    groups: tuple[str, ...] | None = None

    def at(self, column: str) -> Place:
        """Where a value stands."""
        return self.places.get(column, self.place)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group as written; members are userNames or ids."""

    place: Place
    name: str
    id: str | None
    bound: bool
    members: tuple[tuple[str, Place], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """All that a file holds."""

    people: tuple[Row, ...]
    groups: tuple[GroupRow, ...] | None = None
    """None where the file has no list of groups."""
    mentions_groups: bool = False
    """Whether people's rows can name groups."""


def canonical(column: str) -> str | None:
    """The column a header stands for, None for one nobody knows."""
    folded = "".join(char for char in column.casefold() if char.isalnum() or char == "_")
    plain = folded.replace("_", "")
    if plain in COLUMNS or plain in SOURCE_ATTRIBUTES:
        return plain
    return _ALIASES.get(folded) or _ALIASES.get(plain)


def unknown_column(column: str) -> str:
    """What to say of a column nobody knows."""
    near = get_close_matches(column.casefold(), (*COLUMNS, *SOURCE_ATTRIBUTES, *_ALIASES), n=1)
    return f"unknown column {column!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def truth(text: str) -> bool | None:
    """A truth value as rosters write it; None for anything else. Nothing at all means true."""
    folded = text.strip().casefold()
    if not folded or folded in _TRUE:
        return True
    return False if folded in _FALSE else None


def split_groups(text: str) -> tuple[str, ...]:
    """The groups of a CSV cell."""
    return distinct(name.strip() for name in text.split(";"))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names once each, in order, empty ones left out."""
    return tuple(dict.fromkeys(name for name in names if name))
