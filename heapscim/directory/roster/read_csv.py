"""Reads the CSV form of a roster into rows."""

from __future__ import annotations

from collections.abc import Iterable

from heapscim.directory.roster.csv_columns import Cells
from heapscim.directory.roster.csv_records import records, separator_of
from heapscim.directory.roster.headers import UNREAD, Meaning, is_place, may_be_place
from heapscim.directory.roster.read_header import Header
from heapscim.directory.roster.reading import Reading
from heapscim.directory.roster.rows import Place, Problems, Rows
from heapscim.directory.roster.text import RosterText
from heapscim.directory.roster.values import truth


def read_csv(source: RosterText, problems: Problems, reading: Reading) -> Rows:
    """Reads rows; problems go to ``problems``, and wrong rows are left out."""
    separator = separator_of(source.text, reading.headers)
    lines = records(source.text, separator, problems)
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
    columns = Header(Cells(source, separator), line, names, meanings, problems).columns(reading)
    if columns is None:
        return Rows(())
    people = tuple(row for at, cells in rows if (row := columns.row(at, cells, problems)) is not None)
    unread = tuple(name for name, meaning in zip(names, meanings, strict=True) if meaning == UNREAD)
    return Rows(people, mentions_groups=bool(columns.groups), from_cells=True, unread=unread)


def _leave_places(meanings: list[Meaning | None], names: list[str], rows: list[tuple[int, list[str]]]) -> None:
    """Leaves a ``State`` unread that stands beside a city or country and says of no one whether they are active."""
    for number, name in enumerate(names):
        found = {cells[number].strip() for _, cells in rows if number < len(cells)} - {""}
        if may_be_place(name) and found and all(truth(value) is None for value in found):
            meanings[number] = UNREAD
