"""Reads the CSV form of a roster into rows. UTF-8 with or without BOM, any line ending, quoted line breaks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from heapscim.directory.roster_rows import GROUPS, Place, Problems, Row, Rows, canonical, split_groups, unknown_column

_MOST_CHARACTERS = 1_000_000


def read_csv(text: str, problems: Problems) -> Rows:
    """Reads rows; problems go to ``problems``, and what is wrong is left out."""
    csv.field_size_limit(_MOST_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = _lines(reader, problems)
    header = next(lines, None)
    if header is None:
        problems.add(Place(1), "the file is empty; its first line names the columns, such as id,username,groups")
        return Rows(())
    columns = _columns(header[1], problems)
    if not columns:
        return Rows(())
    people = tuple(row for line, cells in lines if (row := _row(line, cells, columns, problems)) is not None)
    return Rows(people, mentions_groups=GROUPS in columns)


def _lines(reader: Iterator[list[str]], problems: Problems) -> Iterator[tuple[int, list[str]]]:
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(Place(start), f"this isn't CSV: {error}")
            return
        if any(cell.strip() for cell in cells):
            yield start, cells
        start = reader.line_num + 1  # type: ignore[attr-defined]


def _columns(header: list[str], problems: Problems) -> list[str | None]:
    if len(header) == 1 and (mark := next((mark for mark in ";\t|" if mark in header[0]), None)):
        problems.add(Place(1), f"columns are separated by {mark!r}; a roster uses commas")
        return []
    columns: list[str | None] = []
    for number, name in enumerate(header, start=1):
        column = canonical(name)
        if column is None:
            problems.add(Place(1, number), unknown_column(name))
        elif column in columns:
            problems.add(Place(1, number), f"column {column!r} stands twice")
        columns.append(column)
    if "username" not in columns:
        problems.add(Place(1), "there is no column 'username'")
        return []
    return columns


def _row(line: int, cells: list[str], columns: list[str | None], problems: Problems) -> Row | None:
    if len(cells) != len(columns):
        problems.add(Place(line), f"{len(cells)} cells where the header has {len(columns)}")
        return None
    values = {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if column is not None}
    places = {column: Place(line, number) for number, column in enumerate(columns, start=1) if column is not None}
    groups = split_groups(values.pop(GROUPS)) if GROUPS in values else None
    return Row(Place(line), values, places, groups)
