"""Puts counts and lists of names into words, and finds the word that was meant."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_NAMES = 5
_LIKELY = 0.8
"""How much of two words must agree, so that one may be a slip for the other: ``firstnam``, ``emial``."""


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, such as ``1 change`` or ``2,000 changes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Returns names in a row, and how many more there are after the first five."""
    every = list(names)
    rest = f" and {len(every) - _MOST_NAMES:,} more" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + rest


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the known word that was probably meant; None if no word is near enough for a good guess."""
    from difflib import get_close_matches

    near = get_close_matches(word, tuple(known), n=1, cutoff=_LIKELY)
    return near[0] if near else None
