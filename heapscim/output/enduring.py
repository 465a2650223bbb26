"""A stdout that a command outlives: what can't be written is dropped, so that work that was begun comes to its end."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class EnduringStream:
    """Writes to a stream for as long as that can be done, and notes why it no longer can."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.trouble: OSError | None = None
        self.was_closed = getattr(stream, "name", None) == os.devnull
        """Whether the process was started without one."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes, or drops what can't be written."""
        if self.trouble is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._lose(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes several."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Brings what was written to where it goes."""
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
    """Stands in for stdout while a command runs."""
    before = sys.stdout
    stream = EnduringStream(before)
    sys.stdout = cast("TextIO", stream)
    try:
        yield stream
    finally:
        sys.stdout = before


def is_lost(stream: object) -> bool:
    """Whether a stream can't be written to any more."""
    return getattr(stream, "trouble", None) is not None


def silence(stream: TextIO) -> None:
    """Lets what is still to be written go nowhere, also what is written when the process ends."""
    with suppress(io.UnsupportedOperation):  # a stream in memory has no end
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
