"""Takes the CSV form of a roster apart into records: any line ending, quoted line breaks.

Cells are separated by commas, semicolons or tabs, as spreadsheets write them. What some programs put before the header
is skipped: ``sep=;`` of Excel, and the version of an Entra template.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from heapscim.directory.roster.headers import Headers
from heapscim.directory.roster.rows import Place, Problems
from heapscim.directory.roster.text import RosterText

_MOST_CHARACTERS = 1_000_000
_SEPARATORS = (",", ";", "\t")
_PREAMBLE = re.compile(r'(?:"?sep=(?P<separator>[^\r\n"])"?|version:v[\d.]+[,;\t]*)(?:\r\n|\r|\n)')


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
    csv.field_size_limit(_MOST_CHARACTERS)
    stream = io.StringIO(text, newline="")
    stream.seek(_preamble(text)[0])
    return csv.reader(stream, strict=True, delimiter=separator, skipinitialspace=True)


def records(text: str, separator: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
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
