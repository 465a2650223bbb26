"""Lays out cells in columns of given widths, as Rich's table does, whose general layout costs twenty times as much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from heapscim.output.console import Line
from heapscim.output.text import width_of

GAP = 3
"""Columns of a screen between two of a table."""


@dataclass(frozen=True, slots=True)
class Column:
    """Says how the cells of one column are shown."""

    name: str
    width: int
    is_number: bool
    """Whether cells are right-aligned."""
    folds: bool
    """Whether a cell that is too long takes several lines; otherwise it is cropped."""


def laid_out(columns: Sequence[Column], rows: Sequence[Sequence[str]], styles: Mapping[str, str]) -> Iterator[Line]:
    """Returns the lines of a table: its heading, a rule, and the rows; ``styles`` has the style of certain cells."""
    heading = (" " * GAP).join(_lines_of(column.name, column)[0] for column in columns)
    yield ((heading, "bold"),)
    yield (("─" * width_of(heading), None),)
    blanks = [" " * column.width for column in columns]
    for row in rows:
        cells = [_lines_of(cell, column) for cell, column in zip(row, columns, strict=True)]
        looks = [styles.get(cell) for cell in row]
        for line in zip_longest(*cells):
            texts = [blank if text is None else text for text, blank in zip(line, blanks, strict=True)]
            yield _joined(texts, looks)


def _joined(texts: Sequence[str], looks: Sequence[str | None]) -> Line:
    """Returns texts beside each other; those without a style are one text, since each costs time."""
    line: list[tuple[str, str | None]] = []
    plain: list[str] = []
    for text, style in zip(texts, looks, strict=True):
        if style is None:
            plain.append(text)
            continue
        line.append(((" " * GAP).join([*plain, ""]), None))
        line.append((text, style))
        plain = [""]
    line.append(((" " * GAP).join(plain), None))
    return line


def _lines_of(cell: str, column: Column) -> list[str]:
    """Returns the lines of a cell, each as wide as its column."""
    if width_of(cell) > column.width:
        return _wrapped(cell, column)
    if column.is_number:
        cell = cell.rstrip()
    padding = " " * (column.width - width_of(cell))
    return [padding + cell if column.is_number else cell + padding]


def _wrapped(cell: str, column: Column) -> list[str]:
    from rich.console import Console
    from rich.text import Text

    lines = Text(cell).wrap(
        Console(width=column.width),
        column.width,
        justify="right" if column.is_number else "left",
        overflow="fold" if column.folds else "ellipsis",
        no_wrap=not column.folds,
    )
    return [line.plain for line in lines]
