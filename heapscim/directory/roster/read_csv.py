"""Reads the CSV form of a roster into rows: any line ending, quoted line breaks.

Cells are separated by commas, semicolons or tabs, as spreadsheets write them. What some programs put before the header
is skipped: ``sep=;`` of Excel, and the version of an Entra template.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from heapscim.directory.roster.headers import (
    ACTIVE,
    GROUPS,
    UNREAD,
    Headers,
    Meaning,
    canonical,
    is_own_name,
    is_place,
    likely_column,
    may_be_place,
    unknown_column,
)
from heapscim.directory.roster.reading import Reading
from heapscim.directory.roster.rows import Place, Problems, Row, Rows
from heapscim.directory.roster.text import RosterText
from heapscim.directory.roster.values import curly, distinct, split_groups, truth
from heapscim.model.directory import EMAIL, USERNAME
from heapscim.model.spreadsheets import unguarded

_MOST_CHARACTERS = 1_000_000
_MOST_COLUMNS = 2_000
_SEPARATORS = (",", ";", "\t")
_PREAMBLE = re.compile(r'(?:"?sep=(?P<separator>[^\r\n"])"?|version:v[\d.]+[,;\t]*)(?:\r\n|\r|\n)')


def read_csv(source: RosterText, problems: Problems, reading: Reading) -> Rows:
    """Reads rows; problems go to ``problems``, and wrong rows are left out."""
    csv.field_size_limit(_MOST_CHARACTERS)
    separator = separator_of(source.text, reading.headers)
    lines = _lines(source.text, separator, problems)
    header = next(lines, None)
    if header is None:
        if not problems.found:
            problems.add(Place(1), "the file is empty; its first line names the columns, such as id,username,groups")
        return Rows(())
    line, names = header
    meanings = list(map(reading.headers.meaning, names))
    rows: Iterable[tuple[int, list[str]]] = lines
    if is_place(names) and any(map(may_be_place, names)):
        rows = list(lines)
        _leave_places(meanings, names, rows)
    columns = _Header(_Cells(source, separator), line, names, meanings, problems).columns(reading)
    if columns is None:
        return Rows(())
    people = tuple(row for at, cells in rows if (row := columns.row(at, cells, problems)) is not None)
    unread = tuple(name for name, meaning in zip(names, meanings, strict=True) if meaning == UNREAD)
    return Rows(people, mentions_groups=bool(columns.groups), from_cells=True, unread=unread)


def separator_of(text: str, headers: Headers) -> str:
    """Returns the separator that the file names, or the one that makes most known columns of the header."""
    declared = _preamble(text)[1]
    if declared:
        return declared

    def fit(mark: str) -> tuple[int, int]:
        cells = header_of(text, mark)
        return sum(headers.meaning(cell) is not None for cell in cells), len(cells) if len(cells) > 1 else 0

    return max(_SEPARATORS, key=fit)


def header_of(text: str, separator: str) -> list[str]:
    """Returns the cells of the header; none if it isn't CSV with this separator."""
    try:
        return next((cells for cells in _reader(text, separator) if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []


def _preamble(text: str) -> tuple[int, str]:
    """Returns where the header may begin, behind lines that aren't data, and the separator that they name, if any."""
    at, separator = 0, ""
    while found := _PREAMBLE.match(text, at):
        at, separator = found.end(), found["separator"] or separator
    return at, separator


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    stream = io.StringIO(text, newline="")
    stream.seek(_preamble(text)[0])
    return csv.reader(stream, strict=True, delimiter=separator, skipinitialspace=True)


def _lines(text: str, separator: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yields the records that aren't blank. A record that isn't CSV is noted and skipped; a bad header ends it."""
    reader = _reader(text, separator)
    skipped = RosterText(text).place(_preamble(text)[0]).line - 1
    start, headed = skipped + 1, False
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
        start = skipped + reader.line_num + 1  # type: ignore[attr-defined]


def _leave_places(meanings: list[Meaning | None], names: list[str], rows: list[tuple[int, list[str]]]) -> None:
    """Leaves a ``State`` unread that stands beside a city or country and says of no one whether they are active."""
    for number, name in enumerate(names):
        found = {cells[number].strip() for _, cells in rows if number < len(cells)} - {""}
        if may_be_place(name) and found and all(truth(value) is None for value in found):
            meanings[number] = UNREAD


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
    names: tuple[str, ...]
    values: tuple[tuple[int, str], ...]
    groups: tuple[tuple[int, Meaning], ...]
    active: tuple[tuple[int, Meaning], ...]
    nameless: frozenset[int]
    """Columns without a name: they must be empty."""

    def row(self, line: int, cells: list[str], problems: Problems) -> Row | None:
        """Returns the row of a line; None if it doesn't fit the header."""
        missing, more = range(len(cells), len(self.names)), cells[len(self.names) :]
        if any(more) or not self.nameless.issuperset(missing):
            found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            problems.add(Place(line), f"{found} where the header has {len(self.names)}")
            return None
        for number in self.nameless.difference(missing):
            if cells[number].strip():
                what = "this cell is in a column without a name; name the column, or empty it"
                problems.add(self.cells.place(line, number), what)
        values = {column: unguarded(cells[number].strip()).strip() for number, column in self.values}
        if self.active:
            values[ACTIVE] = self._activity(line, cells, problems)
        return Row(values, partial(self._place, line), self._groups(line, cells, problems) if self.groups else None)

    def _activity(self, line: int, cells: list[str], problems: Problems) -> str:
        """Returns ``false`` if any of the columns says that the person is inactive."""
        active = True
        for number, meaning in self.active:
            text = cells[number].strip()
            found = truth(text)
            if found is None:
                name = self.names[number].strip()
                what = f"active is {text!r}; write true or false"
                if name.casefold() != ACTIVE:
                    what = f"column {name!r} is read as active, and {text!r} is neither true nor false"
                    problems.unwanted.append(name)
                problems.add(self.cells.place(line, number), what)
            elif text:
                active = active and found is not meaning.inverted
        return "" if active else "false"

    def _groups(self, line: int, cells: list[str], problems: Problems) -> tuple[str, ...]:
        if len(self.groups) == 1 and not self.groups[0][1].single:
            return split_groups(unguarded(cells[self.groups[0][0]].strip()))
        named: list[str] = []
        for number, meaning in self.groups:
            if meaning.single and ";" in cells[number]:
                name = self.names[number]
                what = f"{cells[number].strip()!r} is read as one group; column {name!r} has one group in each cell"
                problems.tell("a semicolon in one group's name", partial(self.cells.place, line, number), what)
            cell = unguarded(cells[number].strip())
            named += (cell.strip(),) if meaning.single else split_groups(cell)
        return distinct(named)

    def _place(self, line: int, column: str) -> Place:
        every = (*self.values, *((number, GROUPS) for number, _ in self.groups))
        number = next((number for number, name in every if name == column), None)
        return Place(line) if number is None else self.cells.place(line, number)


@dataclass(slots=True)
class _Header:
    """Finds out which cell holds what, and notes every problem of the header."""

    cells: _Cells
    line: int
    names: list[str]
    meanings: list[Meaning | None]
    problems: Problems

    def columns(self, reading: Reading) -> _Columns | None:
        if len(self.names) > _MOST_COLUMNS:
            what = f"the header has {len(self.names):,} columns; a roster has {_MOST_COLUMNS:,} at most"
            self.problems.add(Place(self.line), what)
            return None
        if (quoted := next(filter(curly, self.names), None)) is not None:
            at = self.cells.place(self.line, self.names.index(quoted))
            self.problems.add(
                at, f"{quoted} is in curly quotes, as word processors write; CSV has straight ones or none"
            )
            return None
        by_settings = {meaning.column for meaning in self.meanings if meaning and meaning.by_settings}
        values: dict[str, int] = {}
        for number, meaning in enumerate(self.meanings):
            if meaning is None:
                self._unknown(number)
            elif meaning.column in by_settings and not meaning.by_settings:
                self.meanings[number] = UNREAD
            elif meaning.column in values:
                self._second(number, meaning.column, values)
            elif meaning.column not in ("", GROUPS, ACTIVE):
                values[meaning.column] = number
        address = next((number for number, meaning in enumerate(self.meanings) if meaning and meaning.signs_in), None)
        if address is not None:
            values.setdefault(USERNAME, address)
        self._check_settings(reading.headers)
        if not self._has_what_names_need(reading, values):
            return None
        return _Columns(
            self.cells,
            tuple(self.names),
            tuple((number, column) for column, number in values.items()),
            tuple(self._of(GROUPS)),
            tuple(self._of(ACTIVE)),
            frozenset(number for number, name in enumerate(self.names) if not name.strip()),
        )

    def _of(self, column: str) -> Iterator[tuple[int, Meaning]]:
        yield from ((number, found) for number, found in enumerate(self.meanings) if found and found.column == column)

    def _unknown(self, number: int) -> None:
        name = self.names[number]
        if name.strip():
            likely = likely_column(name)
            self._add(number, unknown_column("column", name, likely))
            self.problems.unwanted += () if likely else (name.strip(),)

    def _second(self, number: int, column: str, values: dict[str, int]) -> None:
        """Leaves an alias unread beside the column's own name; two of the same rank are a problem."""
        first = values[column]
        own, first_own = (is_own_name(self.names[place], column) for place in (number, first))
        if own == first_own:
            self._add(number, f"column {column!r} appears twice")
            self.problems.unwanted.append(self.names[number].strip())
            return
        values[column] = number if own else first
        self.meanings[first if own else number] = UNREAD

    def _check_settings(self, headers: Headers) -> None:
        found = {meaning.column for meaning in self.meanings if meaning and meaning.by_settings}
        for column, name in headers.columns.items():
            if canonical(column) not in found:
                what = f"there is no column {name!r}, which roster.columns takes for {column}"
                self.problems.add(Place(self.line), what)

    def _has_what_names_need(self, reading: Reading, values: dict[str, int]) -> bool:
        """Reports whether there is a column for each attribute that the userName is made of."""
        missing = [column for column in reading.needed if column not in values]
        for column in missing:
            why = "" if reading.only_username else ", of which the profile makes the userName"
            self.problems.add(Place(self.line), f"there is no column {column!r}{why}")
        for column, source in ((USERNAME, EMAIL), (EMAIL, USERNAME)):
            if missing == [column] == list(reading.needed) and source in values:
                name = self.names[values[source]].strip()
                self.problems.hint = (
                    f"To take the userName from {name!r}: `heapscim activate --set mapping.userName={source}`."
                )
        return not missing

    def _add(self, number: int, message: str) -> None:
        self.problems.add(self.cells.place(self.line, number), message)
