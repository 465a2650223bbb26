"""How numbers of things are said, and many names."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_NAMES = 5


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as ``1 change`` or ``2,000 changes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Names in a row, the first few of many."""
    every = list(names)
    rest = f" and {len(every) - _MOST_NAMES:,} more" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + rest
