"""Judges single values of a roster: truth values, and what a spreadsheet, a script or a paste makes of a value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from heapscim.directory.roster.headers import GROUPS, ID, holds_flags, may_be_place
from heapscim.model.directory import ROLE, USERNAME
from heapscim.model.joiners import is_needed

_TRUE = frozenset({
    "true", "yes", "1", "1.0", "y", "t", "on", "enabled", "activated", "active", "employed",
    "locked_out", "password_expired", "recovery", "provisioned",  # Okta's statuses of people who stay
    "aktiv", "actif", "activo", "attivo", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "vero", "sì", "verdadeiro",
    "sim", "waar", "sant", "prawda", "tak",
})  # fmt: skip
_FALSE = frozenset({
    "false", "no", "0", "0.0", "n", "f", "off", "disabled", "suspended", "staged", "inactive", "deactivated",
    "deprovisioned", "archived", "deleted", "terminated",
    "inaktiv", "inactif", "inactivo", "inattivo", "falsch", "nein", "faux", "non", "falso", "não", "onwaar", "nee",
    "falskt", "nej", "fałsz", "nie",
})  # fmt: skip
"""Truth values, and the words that spreadsheets and staff lists in other languages write for them."""
_ACCOUNT_DISABLED = 0x2
"""A bit of ``userAccountControl``."""
_ERROR = re.compile(r"#(N/A|N/D|NV|GETTING_DATA|##+|[¡¿]?[^\W\d_][\w/]*[!?])")
"""What spreadsheets write where a formula fails, in the languages that they speak."""
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E[+-]\d+")
_OPENING, _CLOSING = "“”„«‘‚’", "“”»‘’"
_REGROUPED = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+|\d+[.,]0")
_PROGRAMS_LIST = re.compile(r"""\[\s*(?:["'].*)?\]|\{\s*(?:["'].*)?\}""")
_ENTITY = re.compile(r"&(?:#\d+|#x[\da-f]+|amp|quot|apos|lt|gt|nbsp);", re.IGNORECASE)
_RECODED = re.compile(r"[\u00c2-\u00f4][^\x00-\x7f]|\ufffd")
"""What a wrong encoding leaves: two letters of which UTF-8 makes one, or the mark of a lost one."""
_NOTHING = frozenset({"null", "none", "nil", "nan", "n/a", "undefined", "\\n", "-", "--"})
"""Words by which programs say that there is no value."""
_LONGEST_NOTHING = max(map(len, _NOTHING))
_PLAIN = re.compile(r"(?:(?:[A-Za-z][A-Za-z0-9_ .,@()/-]*|[0-9]*)\n)*")
"""Values of a row, each with a line break behind it: words, addresses and numbers."""
_LONGEST = 100_000
"""The most characters of one value: far more than any name has, far fewer than a reader refuses."""
_MARKS = frozenset("-#\"'[{=" + _OPENING)
_ADDRESS = re.compile(r'[^\s@<>()\[\],;:"]+@[^\s@<>()\[\],;:"]*[^\s@<>()\[\],;:".]')
_QUOTES = frozenset(_OPENING + _CLOSING)
_BREAKS = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}
_NAMES = frozenset({ID, USERNAME, ROLE, GROUPS})
"""Columns whose values name something, so that a stray mark makes them another name."""
_SAME_LOOK = str.maketrans({"\u2010": "-", "\u2011": "-"})


def truth(text: str, header: str = "") -> bool | None:
    """Returns a truth value as rosters write it; None for anything else. An empty text means true.

    Under a header ``State``, ``NO`` and ``ON`` may be states of a country, so they aren't truth values there. Under
    Active Directory's ``userAccountControl``, a bit of the number decides.
    """
    folded = text.strip().casefold()
    if not folded:
        return True
    if holds_flags(header) and folded.isdecimal():
        return not int(folded[:10]) & _ACCOUNT_DISABLED
    if folded in ("no", "on") and may_be_place(header):
        return None
    if folded in _TRUE:
        return True
    return False if folded in _FALSE else None


def unseen(name: str) -> str | None:
    """Returns what is wrong with a name with an invisible character, such as a pasted one; None for any other name.

    A joiner that its script or an emoji needs isn't meant. NUL has a message of its own, since no value may contain it.
    """
    if name.isprintable():
        return None
    for at, char in enumerate(name):
        if char != "\0" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and not is_needed(name, at):
            what = _BREAKS.get(char) or f"the invisible character U+{ord(char):04X}"
            return f"{name!r} contains {what}"
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
    """Reports whether a value is wrapped in curly quotes: in one pair of them."""
    text = value.strip()
    return len(text) > 1 and text[0] in _OPENING and text[-1] in _CLOSING and not _QUOTES.intersection(text[1:-1])


def are_plain(values: Collection[str]) -> bool:
    """Reports at once that no value of a row is suspect, as in most rows. False says nothing."""
    text = "\n".join(values) + "\n"
    if _PLAIN.fullmatch(text) is None or "E-" in text or text.count("\n") != len(values):
        return False
    return _NOTHING.isdisjoint(map(str.lower, values))


def is_suspect(value: str) -> bool:
    """Reports quickly whether a value is worth a look by ``damaged`` and ``doubtful``."""
    if value[0] in _MARKS or not value.isprintable() or "E+" in value or "E-" in value:
        return True
    if not value.isascii() and _RECODED.search(value):
        return True
    if "&" in value or (value[0].isdigit() and not value.isalnum()) or value.startswith("Example:"):
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
    if "\ufffd" in value:
        return f"{column} {value!r} has lost a letter (U+FFFD) to a wrong encoding; export the file again, as UTF-8"
    if column in (ID, ROLE) and (trouble := unseen(value)):
        return f"{column} {trouble}; type it again by hand"
    if column == ROLE and (space := odd_space(value)):
        return f"role {value!r} contains the space {space}; type it again by hand"
    if column in (ID, USERNAME) and value[:1] == "'":
        return f"{column} {value!r} begins with an apostrophe; take it out (a quote in CSV is a double one)"
    if column == GROUPS and _PROGRAMS_LIST.fullmatch(value):
        return f"group {value!r} is a list as programs print it; write names with semicolons between them: a;b"
    return _no_user_name(value) if column == USERNAME else None


def unstorable(column: str, value: str) -> str | None:
    """Returns why a file can't hold a value exactly, in a sentence; None if it can."""
    if trouble := damaged(column, value):
        return f"A roster can't hold it: {trouble}."
    if len(value) > _LONGEST:
        return f"A value is longer than {_LONGEST:,} characters."
    if any("\ud800" <= char <= "\udfff" for char in value):
        return "A value contains half a character (a lone surrogate), which can't be stored in a file."
    if "\0" in value:
        return "A value contains a NUL character, which can't be stored in a roster."
    return None


def doubtful(column: str, value: str) -> str | None:
    """Returns the message for a value that is taken as written and is probably not meant; None for any other."""
    written = f"{column} is {value!r}, taken as written"
    # A surname is a program's word for nothing only in capitals.
    if (value.casefold() in _NOTHING) if column in _NAMES else value in ("NULL", "\\N", "NaN", "N/A"):
        return f"{written}; an empty cell says nothing"
    if column == ID and _REGROUPED.fullmatch(value):
        return f"{written}; a spreadsheet or program has made a number of it, which may look different next time"
    if value[0] == "=":
        return f"{written}; it looks like a formula of a spreadsheet"
    if _ENTITY.search(value):
        return f"{written}; it holds a character as HTML writes it"
    if value.startswith("Example:"):
        return f"{written}; this may be the example of a template"
    if (
        column not in (USERNAME, GROUPS)
        and (trouble := unseen(value))
        and ("line break" not in trouble or "@" in value)
    ):
        return f"{column} {trouble}, taken as written"
    if (meant := _encoded_twice(value)) is not None:
        return f"{written}; it was read in a wrong encoding somewhere, and {meant!r} is probably meant"
    return None


def _no_user_name(value: str) -> str | None:
    if value.casefold() in _NOTHING or not value.strip("-"):
        return f"userName {value!r} is a word for no value; correct the row, or take it out"
    if value[0] == "#":
        return f"userName {value!r} begins with #; if the line is a comment, take it out: a roster has none"
    return None


def _encoded_twice(value: str) -> str | None:
    """Returns what a value was before its UTF-8 was read as Windows-1252; None if that didn't happen."""
    if _RECODED.search(value) is None:
        return None
    try:
        return value.encode("windows-1252").decode()
    except UnicodeError:
        return None


def split_groups(text: str) -> tuple[str, ...]:
    """Returns the groups of a CSV cell."""
    return distinct(map(str.strip, text.split(";"))) if ";" in text else (text,) if text else ()


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Returns each name once, in order, without empty ones."""
    return tuple(dict.fromkeys(filter(None, names)))
