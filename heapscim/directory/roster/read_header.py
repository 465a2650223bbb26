"""Reads the header of a CSV roster: which cell holds what, and every problem of the header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from heapscim.directory.roster.csv_columns import Cells, Columns
from heapscim.directory.roster.headers import (
    ACTIVE,
    GROUPS,
    UNREAD,
    Headers,
    Meaning,
    canonical,
    is_own_name,
    likely_column,
    unknown_column,
)
from heapscim.directory.roster.reading import Reading
from heapscim.directory.roster.rows import Place, Problems
from heapscim.directory.roster.values import curly, is_address
from heapscim.model.directory import EMAIL, USERNAME

_MOST_COLUMNS = 2_000
_LONGEST_SHOWN = 80
_OTHER_FORMS = (
    (re.compile(r"\s*<"), "HTML or XML, not CSV; open it in a spreadsheet, and save it as CSV UTF-8"),
    (re.compile(r'\s*(?:\{\s*["}]|\[\s*[{\]])'), "JSON, not CSV; give the file a name that ends with .json"),
    (re.compile(r"\s*(?:---|%YAML|(?:people|groups)\s*:)"), "YAML, not CSV; give the file a name that ends with .yaml"),
)
"""What else a file may be, by how it begins."""


@dataclass(slots=True)
class Header:
    """Finds out which cell holds what, and notes every problem of the header."""

    cells: Cells
    line: int
    names: list[str]
    meanings: list[Meaning | None]
    problems: Problems

    def columns(self, reading: Reading) -> Columns | None:
        """Returns which cell holds what; None if the header has a problem that leaves nothing to read."""
        if self._is_unusable(reading):
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
        return Columns(
            self.cells,
            tuple(self.names),
            tuple((number, column) for column, number in values.items()),
            tuple(self._of(GROUPS)),
            tuple(self._of(ACTIVE)),
            frozenset(number for number, name in enumerate(self.names) if not name.strip()),
            "'" in self.cells.source.text or "=" in self.cells.source.text,
        )

    def _is_unusable(self, reading: Reading) -> bool:
        """Reports whether nothing of the header can be used, and notes why."""
        if len(self.names) > _MOST_COLUMNS:
            what = f"the header has {len(self.names):,} columns; a roster has {_MOST_COLUMNS:,} at most"
            self.problems.add(Place(self.line), what)
            return True
        if (quoted := next(filter(curly, self.names), None)) is not None:
            at = self.cells.place(self.line, self.names.index(quoted))
            self.problems.add(
                at, f"{quoted} is in curly quotes, as word processors write; CSV has straight ones or none"
            )
            return True
        if not any(meaning and meaning.column for meaning in self.meanings) and not any(map(likely_column, self.names)):
            self.problems.add(Place(self.line), _not_a_header(self.cells.source.text, self.names))
            if reading.encoding:
                self.problems.hint = (
                    f"It was read as {reading.encoding}; if that isn't its encoding, name the right one."
                )
            return True
        return False

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


def _not_a_header(text: str, names: list[str]) -> str:
    """Returns the message for a file in which no line names a column: what it seems to be instead."""
    need = "a roster's first line names the columns, such as id,username,groups"
    for begins, what in _OTHER_FORMS:
        if begins.match(text):
            return f"this is {what}"
    if any(is_address(name.strip()) for name in names):
        return f"this line is a person; {need}"
    first = " ".join(filter(None, names))
    shown = first if len(first) <= _LONGEST_SHOWN else first[: _LONGEST_SHOWN - 1] + "…"
    return f"{shown!r} names no column that heapscim knows; {need}"
