"""Adds rows to the CSV form of a roster. Nothing that is there already changes by a byte: rows are appended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from heapscim.directory.roster.read_csv import header_of, separator_of
from heapscim.directory.roster.rows import canonical

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


def columns_of(text: str) -> tuple[str | None, ...]:
    """The canonical names of a roster's columns, in their order."""
    return tuple(map(canonical, header_of(text, separator_of(text))))


def with_rows(text: str, rows: Sequence[Mapping[str, str]]) -> str:
    """The text with a line more for each row, given by canonical column; all is written as the file writes it."""
    columns = columns_of(text)
    end, separator = line_end(text), separator_of(text)
    needs_quotes = re.compile("" if _quotes_all(text) else f'["\r\n{separator}]')
    values = ([row.get(column or "", "") for column in columns] for row in rows)
    lines = [separator.join(_quoted(cell) if needs_quotes.search(cell) else cell for cell in cells) for cells in values]
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
    return cells.startswith('"') and re.search(r'(^|[,;\t\r\n])[^",;\t\r\n]', re.sub(r'"[^"]*"', '"', cells)) is None


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
