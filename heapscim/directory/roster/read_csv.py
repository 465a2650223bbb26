"""Reads the CSV form of a roster into rows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain, islice

from heapscim.directory.roster.csv_columns import Cells
from heapscim.directory.roster.csv_records import MOST_TITLES, header_at, records, separator_of
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
    begin = list(islice(lines, MOST_TITLES))
    if not begin:
        if not problems.found:
            problems.add(Place(1), "the file is empty; its first line names the columns, such as id,username,groups")
        return Rows(())
    at = header_at([cells for _, cells in begin], reading.headers)
    line, names = begin[at]
    rows: Iterable[tuple[int, list[str]]] = chain(begin[at + 1 :], lines)
    for title, cells in begin[:at]:
        if not cells[0].startswith("#"):
            what = f"{' '.join(filter(None, cells))[:80]!r} isn't read: the header is in line {line}"
            problems.tell("lines before the header", partial(Place, title), what)
    meanings = list(map(reading.headers.meaning, names))
    if is_place(names) and any(map(may_be_place, names)):
        rows = list(rows)
        _leave_places(meanings, names, rows)
    if not names[0].strip():
        rows = list(rows)
        _leave_numbers(meanings, names, rows)
    columns = Header(Cells(source, separator), line, names, meanings, problems).columns(reading)
    if columns is None:
        return Rows(())
    people = (row for at, cells in rows if (row := columns.row(at, cells, problems)) is not None)
    unread = tuple(name for name, meaning in zip(names, meanings, strict=True) if meaning == UNREAD)
    return Rows(people, mentions_groups=bool(columns.groups), from_cells=True, unread=unread)


def _leave_places(meanings: list[Meaning | None], names: list[str], rows: list[tuple[int, list[str]]]) -> None:
    """Leaves a ``State`` unread that stands beside a city or country and says of no one whether they are active."""
    for number, name in enumerate(names):
        found = {cells[number].strip() for _, cells in rows if number < len(cells)} - {""}
        if may_be_place(name) and found and all(truth(value, name) is None for value in found):
            meanings[number] = UNREAD


def _leave_numbers(meanings: list[Meaning | None], names: list[str], rows: list[tuple[int, list[str]]]) -> None:
    """Leaves a first column without a name unread if it holds nothing but numbers, as programs count rows."""
    found = {cells[0].strip() for _, cells in rows if cells} - {""}
    if found and all(value.isdigit() for value in found):
        names[0], meanings[0] = "the first column, which has no name", UNREAD
