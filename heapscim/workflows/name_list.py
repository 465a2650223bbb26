"""Reads a list of people that a command is about: from a text file, a CSV file or standard input. Asks nobody."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from heapscim.errors import UsageError
from heapscim.model.phrases import counted, listed

STDIN = "-"
_COLUMNS = ("username", "userprincipalname", "login", "user", "email", "emailaddress", "mail", "useremail")
"""Headers of a column that names people, in lower case without punctuation. If a row has several, the first counts."""
_SEPARATORS = (",", ";", "\t")
_BRACKETED = re.compile(r"\[[^\]]*\]")
_COMMENT = re.compile(r"(\A|\s)#.*")
"""A ``#`` inside a word is part of a name, such as ``ada_x.org#EXT#@tenant``."""
_MOST_BYTES = 100_000_000
_FORM = "Write one userName in each line, or name the column in the first line of a CSV file: userName or email."
_OTHER_FILES = {b"PK\x03\x04": "a spreadsheet or an archive", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "a spreadsheet"}


def named_people(given: Sequence[str] | None, source: Path | None) -> tuple[str, ...]:
    """Returns the people named on the command line and those in a file, each once.

    Raises UsageError if there is neither, or the file can't be read; its problems are the lines that are wrong.
    """
    if not given and source is None:
        raise UsageError("Nobody is named.", hint="Name at least one USER, or give --from FILE.")
    named = read_names(source) if source is not None else ()
    if source is not None and not named:
        raise UsageError(f"{_called(source)} names nobody.", hint=_FORM)
    return tuple(dict.fromkeys([*(given or ()), *named]))


def read_names(source: Path) -> Sequence[str]:
    """Returns the names in a file, or in standard input for ``-``; raises UsageError."""
    called = _called(source)
    text = _text(_content(source, called), called)
    problems: list[str] = []
    rows = list(_rows(text, problems))
    columns = _columns_of(rows[0][1]) if rows else ()
    names: list[str] = []
    for line, cells in rows[1:] if columns else rows:
        chosen = [cells[at] for at in columns if at < len(cells)] if columns else cells
        found = [cell for cell in map(str.strip, chosen) if cell]
        if len(found) == 1 or (columns and found):
            names.append(found[0])
        elif columns:
            problems.append(f"line {line}: this row names nobody")
        else:
            problems.append(f"line {line}: this line holds {counted(len(found), 'value')}: {listed(found)}")
    if problems:
        raise UsageError(f"{called} can't be read as a list of people.", problems=tuple(problems), hint=_FORM)
    return names


def _called(source: Path) -> str:
    return "Standard input" if str(source) == STDIN else str(source)


def _content(source: Path, called: str) -> bytes:
    try:
        if str(source) == STDIN:
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with source.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
    except IsADirectoryError:
        raise UsageError(f"{called} is a folder, not a file.", hint=_FORM) from None
    except OSError as error:
        raise UsageError(f"{called} can't be read: {error.strerror}.", hint="Check the path.") from None
    if len(content) > _MOST_BYTES:
        raise UsageError(f"{called} is larger than {_MOST_BYTES // 1_000_000} MB.", hint=_FORM)
    return content


def _text(content: bytes, called: str) -> str:
    for start, kind in _OTHER_FILES.items():
        if content.startswith(start):
            raise UsageError(f"{called} is {kind}, not a text file.", hint=f"Save it as CSV. {_FORM}")
    # Excel writes "Unicode Text" as UTF-16 with a byte order mark.
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(f"{called} isn't UTF-8 text (line {line}).", hint="Save it as UTF-8.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise UsageError(f"{called} isn't a text file: line {line} holds a NUL byte.", hint=_FORM)
    return text.replace("\ufeff", "")  # a byte order mark, also of the second of two files that were put together


def _rows(text: str, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yields the cells of each row with its line; blank rows and comments are left out."""
    lines = re.split(r"\r\n|\r|\n", text)
    begin = next((at for at, line in enumerate(lines) if _COMMENT.sub("", line).strip()), len(lines))
    if begin < len(lines) and (match := re.fullmatch(r"sep=(.)", lines[begin].strip(), re.IGNORECASE)):
        lines[begin] = ""  # tells Excel the separator
        separator: str | None = match[1]
        begin += 1
    else:
        separator = None
    header = lines[begin] if begin < len(lines) else ""
    separator = separator or next((mark for mark in _SEPARATORS if _columns_of(header.split(mark))), None)
    if separator is not None and _columns_of(header.split(separator)):
        yield from _csv_rows("\n".join(lines[begin:]), separator, begin, problems)
        return
    for number, line in enumerate(lines[begin:], begin + 1):
        if bare := _COMMENT.sub("", line).strip():
            yield number, _cells(bare)


def _csv_rows(text: str, separator: str, before: int, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    line = before + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
                yield line, cells
            line = before + reader.line_num + 1
    except csv.Error as error:
        problems.append(f"line {line}: this isn't CSV: {error}")


def _cells(line: str) -> list[str]:
    """Returns the values in a line without a header: several if a separator stands between them."""
    try:
        ways = [next(csv.reader([line], delimiter=mark, skipinitialspace=True, strict=True)) for mark in _SEPARATORS]
    except csv.Error:
        return [line]
    return max(ways, key=len)


def _columns_of(header: Sequence[str]) -> tuple[int, ...]:
    """Returns the places of the columns that name people, the best first; none if this isn't a header."""
    plain = ["".join(filter(str.isalnum, _BRACKETED.sub("", cell).casefold())) for cell in header]
    return tuple(plain.index(column) for column in _COLUMNS if column in plain)
