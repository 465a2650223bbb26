"""Reads the CSV form of a roster into rows. UTF-8 with or without BOM, any line ending, quoted line breaks.

Cells are separated by commas, or by the semicolons or tabs that spreadsheets write where a comma is the decimal mark.
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
    """Reads rows; problems go to ``problems``, and what is wrong is left out."""
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
    """What separates the cells: whatever makes most known columns of the first line, and a comma where nothing does."""
    return max(_SEPARATORS, key=lambda mark: sum(name is not None for name in map(canonical, header_of(text, mark))))


def header_of(text: str, separator: str) -> list[str]:
    """The cells of the first line that isn't blank; none where it isn't CSV with this separator."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        return next((cells for cells in rows if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []


def _lines(reader: Iterator[list[str]], problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """The records that aren't blank. One that isn't CSV is noted and left out; after such a header nothing is read."""
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
    """Where the cells of a text stand."""

    source: RosterText
    separator: str
    _line: int = 0
    _begins: list[int] = field(default_factory=list)
    """Where the cells of ``_line`` begin, as far as anybody has asked."""
    _quoted: bool = False
    _at: int = 0

    def place(self, line: int, number: int) -> Place:
        """Where a cell of the record that begins in ``line`` begins; cells count from 0.

        Asked for every cell of one record, it walks through that record once.
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
    """What the header says: which cell holds what."""

    cells: _Cells
    count: int
    values: tuple[tuple[int, str], ...]
    groups: tuple[tuple[int, bool], ...]
    """Cells that name groups, and whether they name just one."""
    unread: tuple[str, ...]

    def row(self, line: int, cells: list[str], problems: Problems) -> Row | None:
        """The row of a line, None where it doesn't fit the header."""
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
            problems.add(cells.place(line, number), f"column {column!r} stands twice")
        else:
            values[column] = number
    if USERNAME not in values:
        problems.add(Place(line), f"there is no column {USERNAME!r}")
        return None
    order = tuple((number, column) for column, number in values.items())
    return _Columns(cells, len(header), order, tuple(groups), tuple(unread))
