"""Replaces stdout by a stream that survives write errors: what can't be written is dropped, and the work goes on."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class EnduringStream:
    """Writes to a stream for as long as possible, and keeps the error that ended it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.trouble: OSError | None = None
        self.was_closed = getattr(stream, "name", None) == os.devnull
        """Whether the process was started without a stdout."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes text, or drops it if it can't be written."""
        if self.trouble is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._lose(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes lines, or drops what can't be written."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flushes the stream, unless it is lost."""
        if self.trouble is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.trouble = error
        silence(self._stream)


@contextmanager
def enduring_stdout() -> Iterator[EnduringStream]:
    """Replaces stdout while a command runs."""
    before = sys.stdout
    stream = EnduringStream(before)
    sys.stdout = cast("TextIO", stream)
    try:
        yield stream
    finally:
        sys.stdout = before


def is_lost(stream: object) -> bool:
    """Returns whether a stream can't be written to any more."""
    return getattr(stream, "trouble", None) is not None


def silence(stream: TextIO) -> None:
    """Sends everything that is still to be written to nowhere, also what is flushed when the process ends."""
    with suppress(io.UnsupportedOperation):  # a stream in memory has no end
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
