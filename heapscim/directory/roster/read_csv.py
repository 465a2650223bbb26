"""Reads the CSV form of a roster into rows: UTF-8 with or without BOM, any line ending, quoted line breaks.

Cells are separated by commas, or by semicolons or tabs, as spreadsheets write them if a comma is the decimal mark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from heapscim.directory.roster.rows import (
    GROUPS,
    Place,
    Problems,
    Row,
    Rows,
    canonical,
    distinct,
    holds_one_group,
    is_unread,
    split_groups,
    unknown_column,
)
from heapscim.directory.roster.text import RosterText
from heapscim.model.directory import USERNAME

_MOST_CHARACTERS = 1_000_000
_MOST_COLUMNS = 2_000
_SEPARATORS = (",", ";", "\t")


def read_csv(source: RosterText, problems: Problems) -> Rows:
    """Reads rows; problems go to ``problems``, and wrong rows are left out."""
    csv.field_size_limit(_MOST_CHARACTERS)
    separator = separator_of(source.text)
    reader = csv.reader(io.StringIO(source.text, newline=""), strict=True, delimiter=separator)
    lines = _lines(reader, problems)
    header = next(lines, None)
    if header is None:
        if not problems.found:
            problems.add(Place(1), "the file is empty; its first line names the columns, such as id,username,groups")
        return Rows(())
    columns = _columns(_Cells(source, separator), *header, problems)
    if columns is None:
        return Rows(())
    people = tuple(row for line, cells in lines if (row := columns.row(line, cells, problems)) is not None)
    return Rows(people, mentions_groups=bool(columns.groups), unread=columns.unread)


def separator_of(text: str) -> str:
    """Returns the separator that makes most known columns of the first line; a comma if none does."""
    return max(_SEPARATORS, key=lambda mark: sum(name is not None for name in map(canonical, header_of(text, mark))))


def header_of(text: str, separator: str) -> list[str]:
    """Returns the cells of the first line that isn't blank; none if it isn't CSV with this separator."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        return next((cells for cells in rows if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []


def _lines(reader: Iterator[list[str]], problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yields the records that aren't blank. A record that isn't CSV is noted and skipped; a bad header ends it."""
    start, headed = 1, False
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cut = "end of data" in str(error)
            what = "a quote is opened here and never closed; the file may have been cut off" if cut else str(error)
            problems.add(Place(start), f"this isn't CSV: {what}")
            if cut or not headed:
                return
            cells = []
        if any(cell.strip() for cell in cells):
            headed = True
            yield start, cells
        start = reader.line_num + 1  # type: ignore[attr-defined]


@dataclass(slots=True)
class _Cells:
    """Finds the places of cells in a text."""

    source: RosterText
    separator: str
    _line: int = 0
    _begins: list[int] = field(default_factory=list)
    """Where the cells of ``_line`` begin, as far as they were asked for."""
    _quoted: bool = False
    _at: int = 0

    def place(self, line: int, number: int) -> Place:
        """Returns the place of a cell of the record that begins in ``line``; cells count from 0.

        All cells of one record together take one walk through it.
        """
        if line != self._line:
            self._line, self._at, self._quoted = line, self.source.start_of(line), False
            self._begins = [self._at]
        while len(self._begins) <= number:
            char = self.source.text[self._at]
            self._quoted ^= char == '"'
            self._at += 1
            if char == self.separator and not self._quoted:
                self._begins.append(self._at)
        return self.source.place(self._begins[number])


@dataclass(frozen=True, slots=True)
class _Columns:
    """Holds what the header says: which cell holds what."""

    cells: _Cells
    count: int
    values: tuple[tuple[int, str], ...]
    groups: tuple[tuple[int, bool], ...]
    """Cells that name groups, and whether they name exactly one."""
    unread: tuple[str, ...]

    def row(self, line: int, cells: list[str], problems: Problems) -> Row | None:
        """Returns the row of a line; None if it doesn't fit the header."""
        if len(cells) != self.count:
            found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            problems.add(Place(line), f"{found} where the header has {self.count}")
            return None
        values = {column: cells[number].strip() for number, column in self.values}
        return Row(values, partial(self._place, line), self._groups(cells) if self.groups else None)

    def _groups(self, cells: list[str]) -> tuple[str, ...]:
        if len(self.groups) == 1 and not self.groups[0][1]:
            return split_groups(cells[self.groups[0][0]])
        named: list[str] = []
        for number, single in self.groups:
            named += (cells[number].strip(),) if single else split_groups(cells[number])
        return distinct(named)

    def _place(self, line: int, column: str) -> Place:
        number = next((number for number, name in self.values if name == column), None)
        return Place(line) if number is None else self.cells.place(line, number)


def _columns(cells: _Cells, line: int, header: list[str], problems: Problems) -> _Columns | None:
    if len(header) > _MOST_COLUMNS:
        problems.add(Place(line), f"the header has {len(header):,} columns; a roster has {_MOST_COLUMNS:,} at most")
        return None
    values: dict[str, int] = {}
    groups: list[tuple[int, bool]] = []
    unread: list[str] = []
    for number, name in enumerate(header):
        column = canonical(name)
        if column == GROUPS:
            groups.append((number, holds_one_group(name)))
        elif column is None and is_unread(name):
            unread.append(name)
        elif not name.strip():
            problems.add(cells.place(line, number), "this column has no name; name it, or remove it from every line")
        elif column is None:
            problems.add(cells.place(line, number), unknown_column("column", name))
        elif column in values:
            problems.add(cells.place(line, number), f"column {column!r} appears twice")
        else:
            values[column] = number
    if USERNAME not in values:
        problems.add(Place(line), f"there is no column {USERNAME!r}")
        return None
    order = tuple((number, column) for column, number in values.items())
    return _Columns(cells, len(header), order, tuple(groups), tuple(unread))
