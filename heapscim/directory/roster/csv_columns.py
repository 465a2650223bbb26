"""Says which cell of a CSV roster holds what, and makes rows of records."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from heapscim.directory.roster.headers import ACTIVE, GROUPS, Meaning
from heapscim.directory.roster.rows import Place, Problems, Row
from heapscim.directory.roster.text import RosterText
from heapscim.directory.roster.values import distinct, split_groups, truth
from heapscim.model.spreadsheets import unguarded


@dataclass(slots=True)
class Cells:
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
class Columns:
    """Holds what the header says: which cell holds what."""

    cells: Cells
    names: tuple[str, ...]
    values: tuple[tuple[int, str], ...]
    groups: tuple[tuple[int, Meaning], ...]
    active: tuple[tuple[int, Meaning], ...]
    nameless: frozenset[int]
    """Columns without a name: they must be empty."""
    may_be_guarded: bool = True
    """Whether a cell may have a guard: only if there is an apostrophe or an equals sign in the file."""

    def row(self, line: int, cells: list[str], problems: Problems) -> Row | None:
        """Returns the row of a line; None if it doesn't fit the header."""
        if (self.nameless or len(cells) != len(self.names)) and not self._fits(line, cells, problems):
            return None
        values = {column: cells[number].strip() for number, column in self.values}
        if self.may_be_guarded:
            values = {column: unguarded(value).strip() for column, value in values.items()}
        if self.active:
            values[ACTIVE] = self._activity(line, cells, problems)
        return Row(values, _Line(self, line), self._groups(line, cells, problems) if self.groups else None)

    def _fits(self, line: int, cells: list[str], problems: Problems) -> bool:
        """Reports whether a line has a cell for each column that has a name, and notes what is wrong with it."""
        missing, more = range(len(cells), len(self.names)), cells[len(self.names) :]
        if any(more) or not self.nameless.issuperset(missing):
            found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            problems.add(Place(line), f"{found} where the header has {len(self.names)}")
            return False
        for number in self.nameless.difference(missing):
            if cells[number].strip():
                what = "this cell is in a column without a name; name the column, or empty it"
                problems.add(self.cells.place(line, number), what)
        return True

    def _activity(self, line: int, cells: list[str], problems: Problems) -> str:
        """Returns ``false`` if any of the columns says that the person is inactive."""
        active = True
        for number, meaning in self.active:
            text = cells[number].strip()
            found = truth(text, self.names[number])
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
            cell = cells[self.groups[0][0]].strip()
            return split_groups(unguarded(cell) if self.may_be_guarded else cell)
        named: list[str] = []
        for number, meaning in self.groups:
            if meaning.single and ";" in cells[number]:
                name = self.names[number]
                what = f"{cells[number].strip()!r} is read as one group; column {name!r} has one group in each cell"
                problems.tell("a semicolon in one group's name", partial(self.cells.place, line, number), what)
            cell = unguarded(cells[number].strip())
            named += (cell.strip(),) if meaning.single else split_groups(cell)
        return distinct(named)

    def place(self, line: int, column: str) -> Place:
        """Returns the place of a column's value in a record, or of the record if it has none."""
        every = (*self.values, *((number, GROUPS) for number, _ in self.groups))
        number = next((number for number, name in every if name == column), None)
        return Place(line) if number is None else self.cells.place(line, number)


class _Line:
    """Finds the places of a record's values. A large file has many records: this holds no more than it must."""

    __slots__ = ("_columns", "_line")

    def __init__(self, columns: Columns, line: int) -> None:
        self._columns = columns
        self._line = line

    def __call__(self, column: str) -> Place:
        return self._columns.place(self._line, column)
