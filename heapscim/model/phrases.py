"""Puts counts and lists of names into words."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_NAMES = 5


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, such as ``1 change`` or ``2,000 changes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Returns names in a row, and how many more there are after the first five."""
    every = list(names)
    rest = f" and {len(every) - _MOST_NAMES:,} more" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + rest
