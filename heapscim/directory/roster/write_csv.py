"""Appends rows to the CSV form of a roster. What is there already stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from heapscim.directory.roster.csv_records import header_of, separator_of
from heapscim.directory.roster.headers import Headers
from heapscim.model.spreadsheets import guarded, unguarded

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


def columns_of(text: str, headers: Headers) -> tuple[str | None, ...]:
    """Returns the canonical names of a roster's columns, in order; None for one that isn't written."""
    meanings = map(headers.meaning, header_of(text, separator_of(text, headers), headers))
    return tuple(found.column if found and found.column and not found.inverted else None for found in meanings)


def as_read(value: str) -> str:
    """Returns a value as a cell. It stays as it is, unless the reader would take it for another value."""
    return value if unguarded(value) == value else guarded(value)


def with_rows(
    text: str, rows: Sequence[Mapping[str, str]], headers: Headers, cell_of: Callable[[str], str] = as_read
) -> str:
    """Returns the text with one more line per row, given by canonical column, in the style of the file."""
    columns = columns_of(text, headers)
    end, separator = line_end(text), separator_of(text, headers)
    needs_quotes = re.compile("" if _quotes_all(text) else f'["\r\n{re.escape(separator)}]')
    values = ([cell_of(row.get(column or "", "")) for column in columns] for row in rows)
    lines = [
        separator.join('"' + cell.replace('"', '""') + '"' if needs_quotes.search(cell) else cell for cell in cells)
        for cells in values
    ]
    if text.endswith(("\n", "\r")):
        return text + "".join(line + end for line in lines)
    return text + "".join(end + line for line in lines)


def line_end(text: str) -> str:
    """Returns the line ending of a text's first line."""
    found = _LINE_BREAK.search(text)
    return found.group() if found else "\n"


def _quotes_all(text: str) -> bool:
    """Reports whether the file quotes every cell, so that new cells are quoted, too."""
    cells = text.rstrip("\r\n").replace('""', "")
    return cells.startswith('"') and re.search(r'(^|[,;\t\r\n])[^",;\t\r\n]', re.sub(r'"[^"]*"', '"', cells)) is None
