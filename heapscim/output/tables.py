"""Holds tables as values and prints them: with lines and colour on a terminal, tab-separated in a pipe, or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from heapscim.output.console import Screen
from heapscim.output.text import cropped, spreadsheet_safe, visible

_STATE_STYLES = {"active": "green", "inactive": "dim", "managed": "green", "unmanaged": "dim", "failed": "red"}
_WIDEST = 100
_NARROWEST = 12
_GAP = 3
"""Columns of a screen between two of a table."""


@dataclass(frozen=True, slots=True)
class Table:
    """Holds rows of text under headings: identity first, state last, six columns at most."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    """Columns that are right-aligned."""
    whole: frozenset[str] = frozenset()
    """Columns that are cropped last, such as names that a person types again."""
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
            screen.out.file.write("\t".join(map(visible, row)) + "\n")


def show_pairs(pairs: Sequence[tuple[str, str]], screen: Screen, *, alarming: frozenset[str] = frozenset()) -> None:
    """Prints names with their values, wrapped beside the names on a terminal, tab-separated in a pipe."""
    if not screen.is_pretty:
        screen.out.file.writelines(f"{visible(name)}\t{visible(value)}\n" for name, value in pairs)
        return
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable.grid(padding=(0, 2))
    for name, value in pairs:
        grid.add_row(Text(visible(name), "dim"), Text(visible(value), "bold red" if value in alarming else ""))
    screen.out.print(grid)


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
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = [[cropped(cell, _WIDEST) for cell in row] for row in table.rows]
    natural = [max(map(cell_len, column)) for column in zip(table.columns, *shown, strict=True)]
    whole = {place for place, name in enumerate(table.columns) if name in table.whole}
    widths = fitting_widths(natural, screen.width - _GAP * (len(natural) - 1), whole)
    rich = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, width in zip(table.columns, widths, strict=True):
        side: Literal["left", "right"] = "right" if name in table.numbers else "left"
        rich.add_column(name, justify=side, overflow="ellipsis", no_wrap=True, width=width)
    for row in shown:
        rich.add_row(*(Text(cell, style=_STATE_STYLES.get(cell, "")) for cell in row))
    screen.out.print(rich)
    if table.sum:
        screen.note(table.sum)
