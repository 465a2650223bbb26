"""Guards CSV cells that a spreadsheet would run as a formula, and takes the guard off again."""

from __future__ import annotations

import re

_RUNS = re.compile(r"\s*[=+\-@]|[\t\r]")
_TEXT = re.compile(r'="((?:[^"]|"")*)"')
"""A formula that is nothing but a text: ``="007"``."""
_GUARDED = re.compile(r"'+(?:\s*[=+\-@]|[\t\r])")


def runs_as_formula(value: str) -> bool:
    """Reports whether a spreadsheet takes a cell for a formula."""
    return _RUNS.match(value) is not None


def guarded(value: str) -> str:
    """Returns a cell with an apostrophe before what a spreadsheet would run; ``unguarded`` returns the value."""
    return f"'{value}" if runs_as_formula(value) or is_guarded(value) else value


def is_guarded(value: str) -> bool:
    """Reports whether a value looks like a cell with a guard."""
    return _GUARDED.match(value) is not None


def unguarded(cell: str) -> str:
    """Returns the value of a cell: without the guard, if it has one, and ``007`` for ``="007"``, which keeps zeros."""
    if found := _TEXT.fullmatch(cell):
        return found[1].replace('""', '"')
    return cell[1:] if is_guarded(cell) else cell
