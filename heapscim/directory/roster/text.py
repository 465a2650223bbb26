"""Reads a roster's bytes into text, and refuses what can't be a whole text file."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from heapscim.config.atomic_replace import kind_of
from heapscim.directory.roster.rows import Place
from heapscim.errors import DirectoryError, UsageError
from heapscim.model.phrases import reason_of

Form: TypeAlias = Literal["csv", "yaml", "json"]

_AS_UTF8 = "Save it as UTF-8 (in a spreadsheet: CSV UTF-8), or name its encoding: --encoding windows-1252."
_NUL_HINT = "Write the file again: it may be damaged, or in another encoding (try --encoding utf-16)."
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WORKBOOK = ("a workbook", "Save it in the spreadsheet as CSV UTF-8, and use that file.")
_COMPRESSED = ("compressed", "Unpack it, and use the file inside.")
_OTHERS = {
    b"PK\x03\x04": _WORKBOOK,
    b"\xd0\xcf\x11\xe0": _WORKBOOK,
    b"\x1f\x8b": _COMPRESSED,
    b"BZh": _COMPRESSED,
    b"\xfd7zXZ": _COMPRESSED,
    b"7z\xbc\xaf": _COMPRESSED,
    b"\x28\xb5\x2f\xfd": _COMPRESSED,
    b"%PDF-": ("a PDF document", "Export the people as CSV UTF-8, and use that file."),
}
"""What files begin with that aren't text, what they are, and what to do with them."""
TABBED = (".tsv", ".tab", ".txt")
"""Suffixes of files whose cells are separated by tabs; a spreadsheet's "Unicode Text" is one."""
_FORMS: dict[str, Form] = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}
_YAML = re.compile(r"(?:\s*(?:#.*)?(?:\n|\r))*(?:---|%YAML|(?:people|groups)\s*:)")


@dataclass(slots=True)
class RosterText:
    """Holds the text of a roster, how it was encoded, and where its lines begin."""

    text: str
    encoding: str = "utf-8"
    mark: bytes = b""
    """The byte order mark that the file begins with."""
    _starts: list[int] = field(default_factory=list)

    @property
    def ends_with_line_break(self) -> bool:
        """Reports whether the last line is finished. Otherwise the file may have been cut off."""
        return self.text.endswith(("\n", "\r"))

    def place(self, at: int) -> Place:
        """Returns the line and column of a position in the text."""
        starts = self._lines()
        line = bisect_right(starts, at)
        return Place(line, at - starts[line - 1] + 1)

    def start_of(self, line: int) -> int:
        """Returns the position at which a line begins."""
        return self._lines()[line - 1]

    def _lines(self) -> list[int]:
        if not self._starts:
            self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]
        return self._starts


@dataclass(frozen=True, slots=True)
class RosterFile:
    """Holds one state of a file on disk."""

    path: Path
    stamp: tuple[int, int, int]
    content: bytes

    def check_unchanged(self) -> None:
        """Raises DirectoryError if the file has changed since it was read: another program is writing it."""
        try:
            now = _stamp(self.path.stat())
        except OSError:
            now = None
        if now != self.stamp:
            raise DirectoryError(f"{self.path} changed while it was read.", hint="Try again when it is written.")


def read_roster_file(path: Path) -> RosterFile:
    """Reads a file once; raises DirectoryError for anything but a regular file that no program is writing."""
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            raise DirectoryError(
                f"{path} is {kind_of(before.st_mode)}, not a file.", hint="Name the roster file itself."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise DirectoryError(f"{path} can't be read: {reason_of(error)}.", hint="Check the path.") from error
    read = RosterFile(path, _stamp(before), raw)
    read.check_unchanged()
    return read


def read_pipe(spec: str) -> bytes:
    """Reads standard input, or another pipe of a shell, to its end; raises UsageError if a terminal is there."""
    if spec != "-":
        try:
            return Path(spec).read_bytes()
        except OSError as error:
            raise DirectoryError(f"{spec} can't be read: {error.strerror}.", hint="Pipe a roster into it.") from error
    if sys.stdin.isatty():
        raise UsageError(
            "Standard input is the keyboard.", hint="Pipe a roster in: `hr-export | heapscim plan --directory -`."
        )
    return sys.stdin.buffer.read()


def form_of(path: Path, text: str = "") -> Form:
    """Returns the form of a roster by the suffix of its file; without one, as in a pipe, by how the text begins."""
    suffix = path.suffix.casefold()
    if suffix or not text:
        return _FORMS.get(suffix, "csv")
    if text.lstrip()[:1] in ("{", "["):
        return "json"
    return "yaml" if _YAML.match(text) else "csv"


def text_of(raw: bytes, path: Path, encoding: str | None = None) -> RosterText:
    """Returns the text of a file's content; raises DirectoryError if it isn't text in that encoding.

    Without an encoding, the byte order mark decides, and UTF-8 where there is none.
    """
    for begin, (what, advice) in _OTHERS.items():
        if raw.startswith(begin):
            raise DirectoryError(f"{path.name} is {what}, not text.", hint=advice)
    mark, found = next(((mark, name) for mark, name in _MARKS if raw.startswith(mark)), (b"", "utf-8"))
    encoding = found if encoding is None or mark else _without_mark(encoding, raw)
    body = raw[len(mark) :]
    try:
        source = RosterText(body.decode(encoding), encoding, mark)
    except UnicodeDecodeError as error:
        if b"\0" in body and encoding == "utf-8":
            raise _refused(path, Place(1), "this holds NUL bytes, which no text in UTF-8 does", _NUL_HINT) from error
        before = RosterText(error.object[: error.start].decode(encoding, "replace"))
        what = f"this is not {encoding.upper()} (byte 0x{error.object[error.start]:02x})"
        what += ", or the file was cut off here" if error.reason == "unexpected end of data" else ""
        raise _refused(path, before.place(len(before.text)), what, _AS_UTF8) from error
    if (at := source.text.find("\0")) >= 0:
        raise _refused(path, source.place(at), "this holds a NUL byte, which no text does", _NUL_HINT)
    if not mark and encoding != found and not body.isascii() and len(source.text) == len(body) and _is_utf8(body):
        # Only UTF-8 has its bytes in this order; every letter beyond ASCII would become two or three others.
        raise _refused(
            path, Place(1), f"this is UTF-8, not {encoding.upper()}", "Leave --encoding or roster.encoding out."
        )
    return source


def _without_mark(encoding: str, raw: bytes) -> str:
    """Returns the encoding that writes no mark of its own into a file that has none; the first byte says the order."""
    plain = codecs.lookup(encoding).name
    if plain in ("utf-16", "utf-32"):
        return plain + ("-be" if raw.startswith(b"\0") else "-le")
    return "utf-8" if plain == "utf-8-sig" else encoding


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _refused(path: Path, place: Place, what: str, hint: str) -> DirectoryError:
    return DirectoryError(f"{path.name}:{place.line}:{place.column}: {what}.", hint=hint)


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns
