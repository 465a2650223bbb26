"""Chooses whom to import: ticked in a list at a terminal, or named by options."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heapscim.errors import UsageError
from heapscim.model.phrases import reason_of
from heapscim.output.console import Screen
from heapscim.planning.importing import Choice, Finding, New, choose
from heapscim.workflows.importing.listing import Found

_SEPARATORS = (",", ";", "\t")
_HEADINGS = ("username", "user")
_WIDTHS = {"username": 14, "name": 18, "role": 10, "active": 8, "status": 8}
_HINT = "Choose with --user, --all or --from FILE; --list only lists."


@dataclass(frozen=True, slots=True)
class Selection:
    """Holds the options that say whom to import."""

    users: tuple[str, ...] = ()
    every: bool = False
    source: str | None = None
    """A file of userNames; ``-`` is stdin."""

    @property
    def is_empty(self) -> bool:
        """Returns whether no option says it."""
        return not (self.users or self.every or self.source)

    def check(self, screen: Screen, *, only_list: bool) -> None:
        """Raises UsageError, before anything is read, if no one is chosen and there is no terminal to ask at."""
        if only_list and not self.is_empty:
            raise UsageError("--list imports no one.", hint="Leave out --list, or leave out --user, --all and --from.")
        if self.is_empty and not only_list and not _can_ask(screen):
            raise UsageError("No one is chosen, and there is no terminal to choose at.", hint=_HINT)


async def choose_accounts(
    selection: Selection, found: Found, findings: Sequence[Finding], screen: Screen
) -> Choice | None:
    """Returns who is to be imported; None if the user left the list without a choice."""
    if selection.is_empty:
        return await _pick(found, findings, screen)
    names = (*selection.users, *(_names_in(selection.source) if selection.source else ()))
    if selection.source and not names and not selection.every:
        screen.notice(f"{selection.source} names no one.")
    return choose(found.findings, names, every=selection.every)


async def _pick(found: Found, findings: Sequence[Finding], screen: Screen) -> Choice | None:
    from heapscim.output.picker.screen import pick
    from heapscim.output.picker.state import Entry

    columns, rows = found.rows(findings)
    entries = [Entry(row, isinstance(finding, New)) for row, finding in zip(rows, findings, strict=True)]
    new = sum(entry.tickable for entry in entries)
    if not new:
        return Choice(())
    title = f"Import into {found.name}: {len(entries):,} accounts, {new:,} new"
    picked = await pick(entries, title, [_WIDTHS[column] for column in columns[1:]], colours=screen.has_colours)
    if picked is None:
        return None
    return Choice(tuple(finding for number in picked if isinstance(finding := findings[number], New)))


def _can_ask(screen: Screen) -> bool:
    return screen.is_interactive and screen.format == "table" and not screen.is_dumb


def _names_in(source: str) -> tuple[str, ...]:
    """Returns the userNames in a file: from the column with that heading, or else from the first column."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig")
        first = next(filter(str.strip, text.splitlines()), "")
        separator = next((mark for mark in _SEPARATORS if any(map(_heads_names, first.split(mark)))), _SEPARATORS[0])
        lines = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
        rows = [row for row in lines if any(map(str.strip, row))]
    except (OSError, ValueError, csv.Error) as error:
        words = reason_of(error) if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"{source} can't be read: {words}.", hint="It must hold userNames, one a line, or CSV."
        ) from error
    column = next((place for place, cell in enumerate(rows[0]) if _heads_names(cell)), None) if rows else None
    people = rows if column is None else rows[1:]
    names = (row[column or 0].strip() for row in people if len(row) > (column or 0))
    return tuple(dict.fromkeys(name for name in names if name))


def _heads_names(cell: str) -> bool:
    """Returns whether a cell of the first line is the heading of userNames."""
    return re.sub(r"[\W_]", "", cell).casefold() in _HEADINGS
