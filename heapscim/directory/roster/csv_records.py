"""Takes the CSV form of a roster apart into records: any line ending, quoted line breaks.

Cells are separated by commas, semicolons, tabs or pipes. What stands before the header is found: ``sep=;`` of Excel,
the version of an Entra template, and titles and comments.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from heapscim.directory.roster.headers import Headers
from heapscim.directory.roster.rows import Place, Problems
from heapscim.directory.roster.text import RosterText

_MOST_CHARACTERS = 1_000_000
_SEPARATORS = (",", ";", "\t", "|")
MOST_TITLES = 10
"""Among how many lines at the beginning the header is looked for."""
_LONGEST_NAME, _MOST_NAMES = 100, 500
_ADDRESS = re.compile(r"\w@\w")
_PREAMBLE = re.compile(r'(?:"?sep=(?P<separator>[^\r\n"])"?|version:v[\d.]+[,;\t]*)(?:\r\n|\r|\n)')


def separator_of(text: str, headers: Headers) -> str:
    """Returns the separator that the file names, or the one that makes most known columns of the header."""
    declared = _preamble(text)[1]
    if declared:
        return declared

    def fit(mark: str) -> tuple[int, int]:
        cells = header_of(text, mark, headers)
        return sum(headers.meaning(cell) is not None for cell in cells), len(cells) if len(cells) > 1 else 0

    return max(_SEPARATORS, key=fit)


def header_of(text: str, separator: str, headers: Headers) -> list[str]:
    """Returns the cells of the header; none if it isn't CSV with this separator."""
    found: list[list[str]] = []
    with suppress(csv.Error):
        filled = (cells for cells in _reader(text, separator) if any(cell.strip() for cell in cells))
        found.extend(islice(filled, MOST_TITLES))
    return found[header_at(found, headers)] if found else []


def header_at(found: Sequence[list[str]], headers: Headers) -> int:
    """Returns which of the first records is the header: the one that names most columns, before the first person."""
    best, most = 0, 0
    for number, cells in enumerate(found):
        addresses = sum(_ADDRESS.search(cell) is not None for cell in cells)
        filled = sum(bool(cell.strip()) for cell in cells)
        if addresses and filled > 1:
            break
        meanings = (headers.meaning(cell) for cell in cells[:_MOST_NAMES] if len(cell) < _LONGEST_NAME)
        known = 0 if addresses else sum(meaning is not None and meaning.column != "" for meaning in meanings)
        if known > most and (number == 0 or known > 1 or known == filled):
            best, most = number, known
    return best


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
    begin = _preamble(text)[0]
    skipped = RosterText(text[:begin]).place(begin).line - 1
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
        if (cells and cells[0].strip()) or any(cell.strip() for cell in cells):
            headed = True
            yield start, cells
        start = skipped + reader.line_num + 1  # type: ignore[attr-defined]
