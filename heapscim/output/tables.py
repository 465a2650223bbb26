"""Tables as values: lines and colour on a terminal, tab-separated rows in a pipe, CSV on request."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from heapscim.output.console import Screen
from heapscim.output.text import cropped, spreadsheet_safe, visible

_STATE_STYLES = {"active": "green", "inactive": "dim", "managed": "green", "unmanaged": "dim", "failed": "red"}
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings: identity first, state last, six columns at most."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    """Columns that are right-aligned."""
    empty: str = "Nothing to list."
    """What a person reads on stderr in place of no rows."""

    def to_csv(self) -> str:
        """RFC 4180 with a heading line; cells are safe to open in a spreadsheet."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([spreadsheet_safe(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def show_table(table: Table, screen: Screen) -> None:
    """Prints a table as fits where stdout goes."""
    if not table.rows:
        screen.note(table.empty)
    elif screen.is_pretty:
        _show_rich(table, screen)
    else:
        for row in (table.columns, *table.rows):
            screen.out.file.write("\t".join(map(visible, row)) + "\n")


def show_pairs(pairs: Sequence[tuple[str, str]], screen: Screen, *, alarming: frozenset[str] = frozenset()) -> None:
    """Prints names with their values, wrapped beside the names on a terminal; tab-separated in a pipe."""
    if not screen.is_pretty:
        screen.out.file.writelines(f"{visible(name)}\t{visible(value)}\n" for name, value in pairs)
        return
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable.grid(padding=(0, 2))
    for name, value in pairs:
        grid.add_row(Text(visible(name), "dim"), Text(visible(value), "bold red" if value in alarming else ""))
    screen.out.print(grid)


def _show_rich(table: Table, screen: Screen) -> None:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    rich = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in table.columns:
        rich.add_column(column, justify="right" if column in table.numbers else "left", overflow="ellipsis")
    for row in table.rows:
        rich.add_row(*(Text(cropped(cell, _WIDEST), style=_STATE_STYLES.get(cell, "")) for cell in row))
    screen.out.print(rich)
