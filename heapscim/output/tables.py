"""Holds tables as values and prints them: with lines and colour on a terminal, tab-separated in a pipe, or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from heapscim.output.columns import GAP, Column, laid_out
from heapscim.output.console import Screen
from heapscim.output.text import cropped, spreadsheet_safe, visible, width_of, wrapped

_STATE_STYLES = {"active": "green", "inactive": "dim", "managed": "green", "unmanaged": "dim", "failed": "red"}
_WIDEST = 100
_LONGEST = 2_000
_FOLDED = 24
_NARROWEST = 12


@dataclass(frozen=True, slots=True)
class Table:
    """Holds rows of text under headings: identity first, state last, six columns at most."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    """Columns that are right-aligned."""
    whole: frozenset[str] = frozenset()
    """Columns that are never cropped: who it is, what was done, and how it ended."""
    spare: tuple[str, ...] = ()
    """Columns that are left out, in this order, if a screen is too narrow."""
    empty: str = "Nothing to list."
    """The message on stderr if there are no rows."""
    sum: str = ""
    """The message on stderr below the rows."""

    def to_csv(self) -> str:
        """Returns the table as CSV (RFC 4180) with a heading line; cells are safe to open in a spreadsheet."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([spreadsheet_safe(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def show_table(table: Table, screen: Screen) -> None:
    """Prints a table in the form that fits stdout."""
    if not table.rows:
        screen.note(table.empty)
    elif screen.is_pretty:
        _show_rich(table, screen)
    else:
        for row in (table.columns, *table.rows):
            screen.write("\t".join(map(visible, row)) + "\n")


def show_pairs(pairs: Sequence[tuple[str, str]], screen: Screen, *, alarming: frozenset[str] = frozenset()) -> None:
    """Prints names with their values, wrapped beside the names on a terminal, tab-separated in a pipe."""
    if not screen.is_pretty:
        screen.write("".join(f"{visible(name)}\t{visible(value)}\n" for name, value in pairs))
        return
    from rich.table import Table as RichTable
    from rich.text import Text

    if max((len(visible(name)) for name, _ in pairs), default=0) > screen.width // 2:
        _show_stacked(pairs, screen, alarming)
        return
    grid = RichTable.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(Text(visible(name), "dim"), Text(visible(value), "bold red" if value in alarming else ""))
    screen.out.print(grid)


def _show_stacked(pairs: Sequence[tuple[str, str]], screen: Screen, alarming: frozenset[str]) -> None:
    """Prints each value below its name, since the names leave no room beside them."""
    for name, value in pairs:
        screen.print(name, "dim")
        for line in wrapped(visible(value), max(screen.width - 3, _NARROWEST)):
            screen.print(f"  {line}", "bold red" if value in alarming else None)


def fitting_widths(natural: Sequence[int], available: int, whole: Collection[int] = ()) -> tuple[int, ...]:
    """Returns column widths that fit: the widest column shrinks first, those in ``whole`` only after all others.

    The first column shrinks late, and if it is in ``whole``, never.
    """
    widths = list(natural)
    for _ in range(sum(widths) - available):
        wide = [place for place, width in enumerate(widths) if width > _NARROWEST]
        wide = [place for place in wide if place not in whole] or [place for place in wide if place or not whole]
        if not wide:
            break
        widths[max(wide, key=lambda place: widths[place] if place else widths[place] / 2)] -= 1
    return tuple(widths)


def _show_rich(table: Table, screen: Screen) -> None:
    """Prints lines of columns; if those that must be whole don't fit, a block of lines for each row instead."""
    cells = [
        [
            cropped(cell, _LONGEST if name in table.whole else _WIDEST)
            for name, cell in zip(table.columns, row, strict=True)
        ]
        for row in table.rows
    ]
    shown = _fitting(table, cells, screen.width)
    if shown:
        _show_columns(table, cells, shown, screen)
    else:
        _show_blocks(table, cells, screen)
    left_out = [name for place, name in enumerate(table.columns) if shown and place not in shown]
    narrow = f"The screen is too narrow for: {', '.join(left_out)}." if left_out else ""
    if said := " ".join(filter(None, (f"{table.sum}." if table.sum and narrow else table.sum, narrow))):
        screen.note(said)


def _fitting(table: Table, cells: Sequence[Sequence[str]], width: int) -> tuple[int, ...]:
    """Returns the columns that fit without cropping one that must be whole; none if no choice of them fits."""
    least = [
        min(natural, _FOLDED if name in table.whole else _NARROWEST)
        for name, natural in zip(table.columns, _natural(table, cells), strict=True)
    ]
    places = list(range(len(least)))
    for spare in (None, *table.spare):
        places = [place for place in places if table.columns[place] != spare]
        if sum(least[place] for place in places) + GAP * (len(places) - 1) <= width:
            return tuple(places)
    return ()


def _natural(table: Table, cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width_of, column)) for column in zip(table.columns, *cells, strict=True)]


def _show_columns(table: Table, cells: Sequence[Sequence[str]], places: Sequence[int], screen: Screen) -> None:
    names = [table.columns[place] for place in places]
    every = _natural(table, cells)
    whole = {place for place, name in enumerate(names) if name in table.whole}
    room = screen.width - GAP * (len(places) - 1)
    widths = fitting_widths(_folded([every[place] for place in places], room, whole), room, whole)
    columns = [
        Column(name, width, is_number=name in table.numbers, folds=name in table.whole)
        for name, width in zip(names, widths, strict=True)
    ]
    rows = [[row[place] for place in places] for row in cells]
    screen.print_lines(laid_out(columns, rows, _STATE_STYLES))


def _folded(natural: Sequence[int], room: int, whole: Collection[int]) -> list[int]:
    """Narrows the columns that must be whole, whose cells then take several lines, until the others have room."""
    widths = list(natural)
    others = sum(min(width, _NARROWEST) for place, width in enumerate(widths) if place not in whole)
    for _ in range(sum(widths[place] for place in whole) + others - room):
        widths[max(whole, key=lambda place: widths[place])] -= 1
    return widths


def _show_blocks(table: Table, cells: Sequence[Sequence[str]], screen: Screen) -> None:
    """Prints each row as its identity, with the other columns that it has below."""
    margin = max(map(len, table.columns[1:]), default=0)
    for identity, *rest in cells:
        screen.print(identity, "bold")
        for name, cell in zip(table.columns[1:], rest, strict=True):
            lines = wrapped(cell, max(screen.width - margin - 5, _NARROWEST))
            for heading, line in zip_longest((name,), lines, fillvalue=""):
                if cell:
                    screen.print(f"  {heading:<{margin}}  {line}", _STATE_STYLES.get(cell))
