"""Holds what ``python -m tests.docs`` makes from the app for the Tab key and ``--help``, which can't wait for Typer.

The tables are Python, since a compiled module is read in a fraction of the time that JSON needs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    Rows: TypeAlias = Sequence[tuple[str, str]]
    """Words on the left, and what they mean."""
    Page: TypeAlias = tuple[str, str, Sequence[tuple[str, Rows]], bool]
    """What follows the command's name in the usage line, the text, the sections, and whether it names the kinds of
    directory."""
