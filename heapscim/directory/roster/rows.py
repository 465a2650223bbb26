"""Holds a roster's rows before they become people, the place of each value, and every problem."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from heapscim.model.directory import FIRSTNAME, LASTNAME, ROLE, USERNAME

ID = "id"
ACTIVE = "active"
GROUPS = "groups"
COLUMNS = (ID, USERNAME, FIRSTNAME, LASTNAME, ROLE, ACTIVE, GROUPS)

SOURCE_ATTRIBUTES = (
    "email", "displayname", "middlename", "alternateemail", "company", "costcenter", "department", "description",
    "employeeidentifier", "employeetype", "jobtitle", "location", "manager",
)  # fmt: skip
"""JumpCloud's other user attributes. A profile's mapping can use them under these names."""

ALIASES = {
    "userid": ID, "user": USERNAME, "givenname": FIRSTNAME, "familyname": LASTNAME, "surname": LASTNAME,
    "state": ACTIVE, "userstate": ACTIVE, "status": ACTIVE, "heaprole": ROLE, "employeeid": "employeeidentifier",
    "title": "jobtitle", "useremail": "email", "companyemail": "email", "preferredname": "displayname",
}  # fmt: skip
"""Other names of the same columns, in the plain form that ``canonical`` compares."""

_NUMBERED_GROUP = re.compile(r"group\d*")
"""``Group1``, ``Group2`` … of JumpCloud's import template: one group in each cell."""
_UNREAD = re.compile(
    r"password|systemid|administrator|managedappleid|unixuid|unixguid|enableuserportalmultifactor|enrollmentdays"
    r"|ldapserverid|ldapbindinguser|attribute\d+(name|value)|localuseraccount"
    r"|(home|work)(streetaddress|pobox|city|state|postalcode|country)|(mobile|home|work|workmobile|workfax)number"
)
"""The other columns of JumpCloud's import template: known, of no use to Heap, and not read."""
_LONGEST_NAME = 80
"""The most characters of an unknown name that are shown; a longer name isn't compared with known ones."""
MOST_LIKENESSES = 1_000
"""The most unknown names of one file that are compared with known ones: comparing is slow."""
_TRUE = frozenset({"true", "yes", "1", "activated", "active"})
_FALSE = frozenset({"false", "no", "0", "suspended", "staged", "inactive"})


@dataclass(frozen=True, slots=True)
class Place:
    """Holds the place of something in a file; lines and columns count from 1."""

    line: int
    column: int = 1


@dataclass(slots=True)
class Problems:
    """Collects every problem of one file, to report them together."""

    file: str
    found: list[tuple[Place, str]] = field(default_factory=list)

    def add(self, place: Place, message: str) -> None:
        """Notes a problem at a place."""
        self.found.append((place, message))

    def lines(self) -> tuple[str, ...]:
        """Returns each problem with file, line and column, in order."""
        ordered = sorted(self.found, key=lambda problem: (problem[0].line, problem[0].column))
        return tuple(f"{self.file}:{place.line}:{place.column}: {message}" for place, message in ordered)


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

    people: tuple[Row, ...]
    groups: tuple[GroupRow, ...] | None = None
    """None if the file has no list of groups."""
    mentions_groups: bool = False
    """Whether people's rows can name groups."""
    unread: tuple[str, ...] = ()
    """Columns that are known and not read."""


def canonical(column: str) -> str | None:
    """Returns the column that a header means, or None. Case, spaces and punctuation don't matter."""
    plain = _plain(column)
    if plain in COLUMNS or plain in SOURCE_ATTRIBUTES:
        return plain
    return GROUPS if _NUMBERED_GROUP.fullmatch(plain) else ALIASES.get(plain)


def is_unread(column: str) -> bool:
    """Reports whether a column is JumpCloud's own and of no use to Heap."""
    return _UNREAD.fullmatch(_plain(column)) is not None


def holds_one_group(column: str) -> bool:
    """Reports whether a cell of this column names one group, so that ``;`` doesn't separate names in it."""
    return _NUMBERED_GROUP.fullmatch(_plain(column)) is not None


def unknown(word: str, name: str, known: Iterable[str]) -> str:
    """Returns the message for an unknown column or key: with the nearest known name, or all of them."""
    names = tuple(known)
    near = _likeness(name, names)
    shown = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return f"unknown {word} {shown!r}; " + (f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}")


def unknown_column(word: str, name: str, *, near: bool = True) -> str:
    """Returns the message for an unknown column or key of a person; ``near`` also looks for the nearest name."""
    likeness = _likeness(name, (*COLUMNS, *SOURCE_ATTRIBUTES, *ALIASES)) if near else []
    return unknown(word, name, likeness or COLUMNS)


def _likeness(name: str, known: Iterable[str]) -> list[str]:
    """Returns the nearest known name; none for a long name, since comparing it would take long."""
    return get_close_matches(_plain(name), known, n=1) if len(name) <= _LONGEST_NAME else []


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def truth(text: str) -> bool | None:
    """Returns a truth value as rosters write it; None for anything else. An empty text means true."""
    folded = text.strip().casefold()
    if not folded or folded in _TRUE:
        return True
    return False if folded in _FALSE else None


def unseen(name: str) -> str | None:
    """Returns the message for a name with an invisible character, such as a pasted one; None for any other name.

    NUL has a message of its own, since no value may contain it.
    """
    if name.isprintable():
        return None
    hidden = (char for char in name if char != "\0" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"))
    found = next(hidden, None)
    return None if found is None else f"{name!r} contains the invisible character U+{ord(found):04X}"


def split_groups(text: str) -> tuple[str, ...]:
    """Returns the groups of a CSV cell."""
    return distinct(name.strip() for name in text.split(";"))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Returns each name once, in order, without empty ones."""
    return tuple(dict.fromkeys(name for name in names if name))
