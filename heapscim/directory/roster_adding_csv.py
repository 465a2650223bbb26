"""Adds rows to the CSV form of a roster. Nothing that is there already changes by a byte: rows are appended."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from heapscim.directory.roster_rows import canonical

_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def columns_of(text: str) -> tuple[str | None, ...]:
    """The canonical names of a roster's columns, in their order."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next((cells for cells in rows if any(cell.strip() for cell in cells)), [])
    return tuple(map(canonical, header))


def with_rows(text: str, rows: Sequence[Mapping[str, str]]) -> str:
    """The text with a line more for each row, given by canonical column; line ends and quoting follow the file's."""
    columns = columns_of(text)
    end = line_end(text)
    quote_all = _quotes_all(text)
    lines = [",".join(_cell(row.get(column or "", ""), quote_all=quote_all) for column in columns) for row in rows]
    if text.endswith(("\n", "\r")):
        return text + "".join(line + end for line in lines)
    return text + "".join(end + line for line in lines)


def line_end(text: str) -> str:
    """How a text ends its lines, by its first line."""
    found = _LINE_BREAK.search(text)
    return found.group() if found else "\n"


def _quotes_all(text: str) -> bool:
    """Whether the file quotes every cell: then new ones are quoted, too."""
    cells = text.rstrip("\r\n").replace('""', "")
    return cells.startswith('"') and re.search(r'(^|[,\r\n])[^",\r\n]', re.sub(r'"[^"]*"', '"', cells)) is None


def _cell(value: str, *, quote_all: bool) -> str:
    if quote_all or _NEEDS_QUOTES.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value
