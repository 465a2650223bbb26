"""A terminal for tests: a real pseudo-terminal whose screen can be read as a person sees it."""

import os
import re
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest
from pyte.screens import Char as Cell

from tests.fakes.patience import PATIENCE

_DIM, _GREY = 2, 90
_RESET = b"\x1b[0m"


class _Screen(pyte.Screen):
    """A screen that shows dim text in grey; pyte would show it like any other."""

    def select_graphic_rendition(self, *attributes: int) -> None:
        super().select_graphic_rendition(*(_GREY if attribute == _DIM else attribute for attribute in attributes))


class Terminal:
    """A program on a screen."""

    def __init__(
        self,
        program: Any,  # noqa: ANN401 - pexpect says str where it gives bytes
        columns: int,
        lines: int,
    ) -> None:
        self._program = program
        self._screen = _Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._latest = b""
        """The last bytes that came."""

    @property
    def cells(self) -> list[list[Cell]]:
        """The screen cell by cell, with colours."""
        rows = range(self._screen.lines)
        return [[self._screen.buffer[row][column] for column in range(self._screen.columns)] for row in rows]

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def hides_cursor(self) -> bool:
        return bool(self._screen.cursor.hidden)

    def press(self, keys: str) -> None:
        self._program.send(keys)

    def wait_for(self, words: str, seconds: float = PATIENCE) -> None:
        """Returns once the words stand on the screen."""
        self.wait_for_pattern(re.escape(words), seconds)

    def wait_for_pattern(self, pattern: str, seconds: float = PATIENCE) -> None:
        """Returns once what fits a regular expression stands on the screen."""
        self._read_until(lambda: re.search(pattern, self.text) is not None, repr(pattern), seconds)

    def wait_for_rest(self) -> None:
        """Returns once prompt_toolkit has drawn all: it moves the cursor to the top left then, and resets the style."""

        def rests() -> bool:
            return (self._screen.cursor.y, self._screen.cursor.x) == (0, 0) and self._latest == _RESET

        self._read_until(rests, "the end of the drawing", PATIENCE)

    def end(self) -> int | None:
        """Waits for the program to end; answers its exit code, None where a signal ended it."""
        end = time.monotonic() + PATIENCE
        while self._read(0.2):
            assert time.monotonic() < end, f"it goes on; the screen is:\n{self.text}"
        return exit_code_of(self._program)

    def _read_until(self, holds: Callable[[], bool], what: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{what} never came; the screen is:\n{self.text}")
            self._read(0.2)

    def _read(self, seconds: float) -> bool:
        try:
            piece = self._program.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self._stream.feed(piece)
        self._latest = (self._latest + piece)[-len(_RESET) :]
        return True


def exit_code_of(program: Any) -> int | None:  # noqa: ANN401 - pexpect of text and of bytes
    """The exit code of a program that has left its terminal, None where a signal ended it."""
    end = time.monotonic() + PATIENCE
    while program.isalive():
        assert time.monotonic() < end, "it left the terminal and did not end"
        time.sleep(0.01)
    program.close()
    code: int | None = program.exitstatus
    return code


def put_an_end_to(program: Any) -> None:  # noqa: ANN401 - pexpect of text and of bytes
    """Ends a program, whatever it does. On a busy machine a killed one may be there for longer than pexpect looks."""
    with suppress(pexpect.ExceptionPexpect):
        program.close(force=True)
    exit_code_of(program)


@contextmanager
def on_a_terminal(
    *arguments: str, environ: Mapping[str, str], columns: int = 80, lines: int = 24, cwd: Path | None = None
) -> Iterator[Terminal]:
    """Runs ``python ARGUMENTS`` on a terminal of that size, whatever size pytest-xdist puts into the environment."""
    own = {name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")}
    program = pexpect.spawn(
        sys.executable, list(arguments), env=own, dimensions=(lines, columns), timeout=PATIENCE, echo=False,
        cwd=None if cwd is None else str(cwd),
    )  # fmt: skip
    try:
        yield Terminal(program, columns, lines)
    finally:
        put_an_end_to(program)


class Window:
    """The terminal this very process sits at, for a while."""

    def __init__(self, keyboard: int) -> None:
        self._keyboard = keyboard
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        self._drawing = threading.Lock()
        self.drawn = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Ends the reading before the descriptor can stand for something else; the other end must be closed."""
        self._reader.join(PATIENCE)
        os.close(self._keyboard)

    @property
    def text(self) -> str:
        """What a person sees."""
        with self._drawing:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def play(self, *steps: tuple[str, str]) -> None:
        """Presses keys as soon as the words before them are seen, one step after the other, from now on."""
        threading.Thread(target=self._play, args=steps, daemon=True).start()

    def _play(self, *steps: tuple[str, str]) -> None:
        for words, keys in steps:
            end = time.monotonic() + PATIENCE
            while words not in self.text:
                if time.monotonic() > end:
                    self.press("\x03\n")
                    raise AssertionError(f"{words!r} never came; the screen is:\n{self.text}")
                time.sleep(0.02)
            self.press(keys)

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._keyboard, 65536)
            except OSError:  # closed
                return
            with self._drawing:
                self.drawn += piece
                self._stream.feed(piece)


@contextmanager
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """Puts a pseudo-terminal of 80 by 24 in place of stdin, stdout and stderr."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    termios.tcsetwinsize(theirs, (24, 80))
    monkeypatch.setenv("TERM", "xterm-256color")
    with os.fdopen(os.dup(theirs), encoding="utf-8") as keys, os.fdopen(theirs, "w", encoding="utf-8") as screen:
        for name, stream in (("stdin", keys), ("stdout", screen), ("stderr", screen)):
            monkeypatch.setattr(sys, name, stream)
        window = Window(ours)
        yield window
        monkeypatch.undo()
    window.close()
