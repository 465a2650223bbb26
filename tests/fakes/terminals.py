"""A terminal for tests: a real pseudo-terminal whose screen can be read as a person sees it."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pexpect
import pyte


class Terminal:
    """A program on a screen."""

    def __init__(
        self,
        program: Any,  # noqa: ANN401 - pexpect says str where it gives bytes
        columns: int,
        lines: int,
    ) -> None:
        self._program = program
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def press(self, keys: str) -> None:
        self._program.send(keys)

    def wait_for(self, words: str, seconds: float = 20.0) -> None:
        """Returns once the words stand on the screen."""
        end = time.monotonic() + seconds
        while words not in self.text:
            if time.monotonic() > end:
                raise AssertionError(f"{words!r} never came; the screen is:\n{self.text}")
            self._read(0.2)

    def end(self) -> int:
        """Waits for the program to end; answers its exit code."""
        while self._program.isalive() and self._read(0.2):
            pass
        self._program.close()
        return int(self._program.exitstatus or 0)

    def _read(self, seconds: float) -> bool:
        try:
            self._stream.feed(self._program.read_nonblocking(65536, seconds))
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        return True


@contextmanager
def on_a_terminal(
    *arguments: str, environ: Mapping[str, str], columns: int = 80, lines: int = 24
) -> Iterator[Terminal]:
    """Runs ``python ARGUMENTS`` on a terminal of that size."""
    program = pexpect.spawn(
        sys.executable, list(arguments), env=dict(environ), dimensions=(lines, columns), timeout=30, echo=False
    )
    try:
        yield Terminal(program, columns, lines)
    finally:
        program.close(force=True)
