"""Reads a roster's bytes into text, and refuses what can't be a whole text file."""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from heapscim.config.atomic_replace import kind_of
from heapscim.directory.roster.rows import Place
from heapscim.errors import DirectoryError
from heapscim.model.phrases import reason_of

_AS_UTF8 = "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class RosterText:
    """Holds the text of a roster, and where its lines begin."""

    text: str
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


def text_of(raw: bytes, path: Path) -> RosterText:
    """Returns the text of a file's content; raises DirectoryError for anything but UTF-8."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "UTF-32" if raw[2:4] == b"\0\0" else "UTF-16"
        raise DirectoryError(f"{path} is {encoding}.", hint=_AS_UTF8)
    if b"\0" in raw:
        place = _place_in(raw, raw.index(b"\0"))
        hint = "Write the file again: it may be damaged, or in another encoding than UTF-8."
        raise DirectoryError(
            f"{path.name}:{place.line}:{place.column}: this holds a NUL byte, which no text does.", hint=hint
        )
    try:
        return RosterText(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        place, found = _place_in(error.object, error.start), error.object[error.start]
        words = f"{path.name}:{place.line}:{place.column}: this is not UTF-8 (byte 0x{found:02x})."
        raise DirectoryError(words, hint=_AS_UTF8) from error


def _place_in(raw: bytes, at: int) -> Place:
    """Returns the place of a byte; the bytes before it are read as UTF-8."""
    before = RosterText(raw[:at].decode("utf-8-sig", "replace"))
    return before.place(len(before.text))


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns
