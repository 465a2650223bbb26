"""Judges single values of a roster: truth values, and what a spreadsheet, a script or a paste makes of a value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from heapscim.directory.roster.headers import GROUPS, ID
from heapscim.model.directory import ROLE, USERNAME
from heapscim.model.joiners import is_needed

_TRUE = frozenset(
    {"true", "yes", "1", "y", "t", "on", "enabled", "activated", "active"}
    | {"locked_out", "password_expired", "recovery", "provisioned"}  # Okta's statuses of people who stay
)
_FALSE = frozenset(
    {"false", "no", "0", "n", "f", "off", "disabled", "suspended", "staged", "inactive", "deactivated"}
    | {"deprovisioned", "archived"}
)
_ERROR = re.compile(r"#(N/A|N/D|NV|GETTING_DATA|[¡¿]?[^\W\d_][\w/]*[!?])")
"""What spreadsheets write where a formula fails, in the languages that they speak."""
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E[+-]\d+")
_OPENING, _CLOSING = "“”„«‘‚’", "“”»‘’"
_NOTHING = frozenset({"null", "none", "nil", "nan", "n/a", "undefined", "\\n", "-", "--"})
"""Words by which programs say that there is no value."""
_LONGEST_NOTHING = max(map(len, _NOTHING))
_MARKS = frozenset('#"' + _OPENING)
_ADDRESS = re.compile(r'[^\s@<>,;"]+@[^\s@<>,;"]+')
_NAMES = frozenset({ID, USERNAME, ROLE, GROUPS})
"""Columns whose values name something, so that a stray mark makes them another name."""
_SAME_LOOK = str.maketrans({"\u2010": "-", "\u2011": "-"})


def truth(text: str) -> bool | None:
    """Returns a truth value as rosters write it; None for anything else. An empty text means true."""
    folded = text.strip().casefold()
    if not folded or folded in _TRUE:
        return True
    return False if folded in _FALSE else None


def unseen(name: str) -> str | None:
    """Returns the message for a name with an invisible character, such as a pasted one; None for any other name.

    A joiner that its script or an emoji needs isn't meant. NUL has a message of its own, since no value may contain it.
    """
    if name.isprintable():
        return None
    for at, char in enumerate(name):
        if char != "\0" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and not is_needed(name, at):
            return f"{name!r} contains the invisible character U+{ord(char):04X}"
    return None


def odd_space(name: str) -> str | None:
    """Returns the code point of a space that isn't a plain one, such as ``U+00A0``; None if there is none."""
    if name.isascii():
        return None
    found = next((char for char in name if char != " " and unicodedata.category(char) == "Zs"), None)
    return None if found is None else f"U+{ord(found):04X}"


def look(name: str) -> str:
    """Returns the form in which two names that look the same are equal: spaces, hyphens and joiners don't count."""
    if name.isascii():
        return " ".join(name.lower().split())
    seen = (char for char in name if unicodedata.category(char) != "Cf" and not "\ufe00" <= char <= "\ufe0f")
    return " ".join(unicodedata.normalize("NFC", "".join(seen).translate(_SAME_LOOK)).lower().split())


def is_address(name: str) -> bool:
    """Reports whether a userName has the form of one e-mail address."""
    return _ADDRESS.fullmatch(name) is not None


def curly(value: str) -> bool:
    """Reports whether a value is wrapped in curly quotes."""
    text = value.strip()
    return len(text) > 1 and text[0] in _OPENING and text[-1] in _CLOSING


def is_suspect(value: str) -> bool:
    """Reports quickly whether a value is worth a look by ``damaged`` and ``says_nothing``."""
    if value[0] in _MARKS or "E+" in value or "E-" in value:
        return True
    return len(value) <= _LONGEST_NOTHING and value.casefold() in _NOTHING


def damaged(column: str, value: str) -> str | None:
    """Returns the message for a value that can't be meant: a spreadsheet or a paste has changed it."""
    if value[:1] == "#" and _ERROR.fullmatch(value):
        return f"{column} is {value}, a spreadsheet's error; correct the cell, and export the file again"
    if column == ID and _SHORTENED.fullmatch(value):
        return f"id {value!r} was shortened by a spreadsheet; format the column as text, and export the file again"
    if column in _NAMES and curly(value):
        return f"{column} {value!r} is in curly quotes; a roster has straight ones or none"
    if column in _NAMES and value[:1] == '"':
        return f"{column} {value!r} begins with a quote, which belongs right behind the separator"
    return None


def says_nothing(column: str, value: str) -> bool:
    """Reports whether a value is a program's word for nothing, such as ``NULL``: a surname counts only in capitals."""
    if column in _NAMES:
        return value.casefold() in _NOTHING
    return value in ("NULL", "\\N", "NaN", "N/A")


def split_groups(text: str) -> tuple[str, ...]:
    """Returns the groups of a CSV cell."""
    return distinct(name.strip() for name in text.split(";"))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Returns each name once, in order, without empty ones."""
    return tuple(dict.fromkeys(name for name in names if name))
