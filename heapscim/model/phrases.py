"""Puts counts, lists of names and reasons into words, and finds the word that was probably meant."""

from __future__ import annotations

import errno
from collections.abc import Iterable

_MOST_NAMES = 5
_SHORTEST = 3
"""Shorter words are near to too many names."""
_LETTERS_PER_SLIP = 4
"""A word may hold one slip, and one more for each further group of so many letters."""
_REASONS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
}
"""What systems say with the word directory, which means something else here."""


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, such as ``1 change`` or ``2,000 changes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Returns names in a row, and how many more there are after the first five."""
    every = list(names)
    rest = f" and {len(every) - _MOST_NAMES:,} more" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + rest


def reason_of(error: OSError) -> str:
    """Returns why a file can't be used, as a part of a sentence."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the known name that a word probably means: its only completion, or the one with the fewest slips.

    A slip is a letter too many, too few, wrong, or swapped with the next one. Case, dashes and underscores don't count.
    """
    plain = _plain(word)
    if len(plain) < _SHORTEST:
        return None
    names = list(known)
    completed = [name for name in names if _plain(name).startswith(plain)]
    if len(completed) == 1:
        return completed[0]
    allowed = max(1, len(plain) // _LETTERS_PER_SLIP)
    near = [(_slips(plain, _plain(name)), name) for name in names if abs(len(_plain(name)) - len(plain)) <= allowed]
    slips, name = min(near, key=lambda entry: entry[0], default=(allowed + 1, ""))
    return name if slips <= allowed else None


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")


def _slips(one: str, other: str) -> int:
    """Returns the optimal string alignment distance of two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        older, before, row = before, row, [place]
        for at, theirs in enumerate(other, 1):
            swapped = place > 1 and at > 1 and letter == other[at - 2] and one[place - 2] == theirs
            best = min(before[at] + 1, row[-1] + 1, before[at - 1] + (letter != theirs))
            row.append(min(best, older[at - 2] + 1) if swapped else best)
    return row[-1]
