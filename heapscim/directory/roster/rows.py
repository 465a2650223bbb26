"""A roster's rows before they are people: where each value stands, and every problem found on the way."""

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
"""JumpCloud's other user attributes: read under these names, for a profile's mapping to use."""

ALIASES = {
    "userid": ID, "user": USERNAME, "givenname": FIRSTNAME, "familyname": LASTNAME, "surname": LASTNAME,
    "state": ACTIVE, "userstate": ACTIVE, "status": ACTIVE, "heaprole": ROLE, "employeeid": "employeeidentifier",
    "title": "jobtitle", "useremail": "email", "companyemail": "email", "preferredname": "displayname",
}  # fmt: skip
"""Other names of the same columns, folded as ``canonical`` folds them."""

_NUMBERED_GROUP = re.compile(r"group\d*")
"""``Group1``, ``Group2`` … of JumpCloud's import template: one group to a cell."""
_UNREAD = re.compile(
    r"password|systemid|administrator|managedappleid|unixuid|unixguid|enableuserportalmultifactor|enrollmentdays"
    r"|ldapserverid|ldapbindinguser|attribute\d+(name|value)|localuseraccount"
    r"|(home|work)(streetaddress|pobox|city|state|postalcode|country)|(mobile|home|work|workmobile|workfax)number"
)
"""The other columns of JumpCloud's import template: known, of no use to Heap, and left unread."""
_LONGEST_NAME = 80
"""Characters of an unknown name that are shown, and up to which one is compared with those that are known."""
MOST_LIKENESSES = 1_000
"""Unknown names of one file that are compared with those that are known: comparing is slow."""
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

    values: dict[str, str]
    at: Callable[[str], Place]
    """Where the value of a column stands, or the row where it has none. Asked only where there is a problem."""
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group as written; members are userNames or ids."""

    find: Callable[[int], Place]
    """Where a position of the text stands. Asked only where there is a problem."""
    at: int
    name: str
    id: str | None
    bound: bool
    members: tuple[tuple[str, int], ...]
    """Each with its position in the text."""

    @property
    def place(self) -> Place:
        """Where the group begins."""
        return self.find(self.at)


@dataclass(frozen=True, slots=True)
class Rows:
    """All that a file holds."""

    people: tuple[Row, ...]
    groups: tuple[GroupRow, ...] | None = None
    """None where the file has no list of groups."""
    mentions_groups: bool = False
    """Whether people's rows can name groups."""
    unread: tuple[str, ...] = ()
    """Columns that are known and left unread."""


def canonical(column: str) -> str | None:
    """The column a header stands for, None for one nobody knows. Case, spaces and punctuation don't count."""
    plain = _plain(column)
    if plain in COLUMNS or plain in SOURCE_ATTRIBUTES:
        return plain
    return GROUPS if _NUMBERED_GROUP.fullmatch(plain) else ALIASES.get(plain)


def is_unread(column: str) -> bool:
    """Whether a column is JumpCloud's own but says nothing that Heap could use."""
    return _UNREAD.fullmatch(_plain(column)) is not None


def holds_one_group(column: str) -> bool:
    """Whether a column names one group to a cell, so that ``;`` doesn't separate names in it."""
    return _NUMBERED_GROUP.fullmatch(_plain(column)) is not None


def unknown(word: str, name: str, known: Iterable[str]) -> str:
    """What to say of a column or key nobody knows: the nearest known one, or all there are."""
    names = tuple(known)
    near = _likeness(name, names)
    shown = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return f"unknown {word} {shown!r}; " + (f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}")


def unknown_column(word: str, name: str, *, near: bool = True) -> str:
    """What to say of a person's column or key nobody knows; ``near``: whether the nearest known one is looked for."""
    likeness = _likeness(name, (*COLUMNS, *SOURCE_ATTRIBUTES, *ALIASES)) if near else []
    return unknown(word, name, likeness or COLUMNS)


def _likeness(name: str, known: Iterable[str]) -> list[str]:
    """The nearest known name. A long one is like none, and comparing it would take long."""
    return get_close_matches(_plain(name), known, n=1) if len(name) <= _LONGEST_NAME else []


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def truth(text: str) -> bool | None:
    """A truth value as rosters write it; None for anything else. Nothing at all means true."""
    folded = text.strip().casefold()
    if not folded or folded in _TRUE:
        return True
    return False if folded in _FALSE else None


def unseen(name: str) -> str | None:
    """What to say of a name with a character that nobody sees, such as pasting brings along; None for any other.

    A NUL is told elsewhere: no value may hold one.
    """
    if name.isprintable():
        return None
    hidden = (char for char in name if char != "\0" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"))
    found = next(hidden, None)
    return None if found is None else f"{name!r} holds U+{ord(found):04X}, which nobody sees"


def split_groups(text: str) -> tuple[str, ...]:
    """The groups of a CSV cell."""
    return distinct(name.strip() for name in text.split(";"))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names once each, in order, empty ones left out."""
    return tuple(dict.fromkeys(name for name in names if name))
