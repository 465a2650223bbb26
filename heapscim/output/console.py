"""Writes data to stdout and everything else to stderr, and asks questions if a person is there to answer."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from heapscim.errors import HeapscimError
from heapscim.output import Format
from heapscim.output.enduring import silence
from heapscim.output.interruption import stopping_at_once
from heapscim.output.text import cropped, flowed, visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment
    from rich.style import Style

Line: TypeAlias = Sequence[tuple[str, str | None]]
"""Texts that stand beside each other, each with its style."""

_PIPED_WIDTH = 10_000
_FORCED = {"FORCE_COLOR", "TTY_COMPATIBLE"}
"""Variables by which Rich colours what goes into a pipe."""
_MOST_PROBLEMS = 1_000
_LONGEST_PROBLEM = 1_000
_STEP = 0.2
"""Seconds."""


@dataclass(frozen=True)
class Screen:
    """Writes a command's output, in the form that was asked for."""

    format: Format = "table"
    quiet: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    """Says whether the terminal shows colours (NO_COLOR and TERM), and which pager is wanted."""
    has_pager: bool = True
    """Whether long output may go through a pager."""
    holdups: list[Callable[[], str | None]] = field(default_factory=list)
    """Each says in words what holds work up just now, None if nothing does; bars show it."""

    drawing: AbstractContextManager[object] = field(default_factory=RLock)
    """Held while something is written to stderr, where a thread draws bars: Rich lets others come between."""

    @cached_property
    def out(self) -> Console:
        """Returns the console for data (stdout)."""
        return _console(sys.stdout, colours=self.has_colours, writing=nullcontext())

    @cached_property
    def err(self) -> Console:
        """Returns the console for progress, notices, questions and errors (stderr)."""
        return _console(sys.stderr, colours=self.has_colours, writing=self.drawing)

    @property
    def is_interactive(self) -> bool:
        """Returns whether a person can be asked: stdin and stderr are terminals."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def has_colours(self) -> bool:
        """Whether colours are wanted, and can be shown."""
        return "NO_COLOR" not in self.environ and not self.is_dumb

    @property
    def is_dumb(self) -> bool:
        """Whether the terminal can do no more than print."""
        return self.environ.get("TERM") == "dumb"

    @property
    def is_pretty(self) -> bool:
        """Returns whether tables may have lines and colours: stdout is a terminal."""
        return sys.stdout.isatty()

    @property
    def width(self) -> int:
        """Returns the number of columns of stdout; a pipe has practically no limit."""
        return self.out.width if sys.stdout.isatty() else _PIPED_WIDTH

    def print(self, text: str = "", style: str | None = None) -> None:
        """Writes one line of data; markup in it is shown, not obeyed."""
        self._write(text, style)

    def write(self, text: str) -> None:
        """Writes data as it is: what isn't made for a person."""
        sys.stdout.write(text)

    def print_lines(self, lines: Iterable[Line]) -> None:
        """Writes many lines of data at once; they look as ``print`` has them, at a tenth of the cost."""
        self._write_lines(lines)

    def notice(self, text: str) -> None:
        """Writes one line for a person, unless quiet was asked for."""
        if not self.quiet:
            self._tell(text, "yellow")

    def note(self, text: str) -> None:
        """Writes one dim line for a person about what is going on, unless quiet was asked for."""
        if not self.quiet:
            self._tell(text, "dim")

    def error(self, error: HeapscimError) -> None:
        """Writes what failed and what to do next, each problem on a line of its own."""
        self._tell(f"Error: {error.message}", "bold red")
        problems = error.problems
        for problem in problems[:_MOST_PROBLEMS]:
            self._tell(f"  {cropped(problem, _LONGEST_PROBLEM)}")
        if len(problems) > _MOST_PROBLEMS:
            self._tell(f"  … and {len(problems) - _MOST_PROBLEMS:,} more (--output json names all)")
        if error.hint:
            self._tell(error.hint)

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Asks for yes or no; returns the default for an empty answer."""
        answer = self._ask(f"{question} {'[Y/n]' if default else '[y/N]'} ").strip().casefold()
        return answer in ("y", "yes") or (default and not answer)

    def typed(self, question: str, expected: str) -> bool:
        """Returns whether a person typed exactly the expected text."""
        return self._ask(question).strip() == expected

    def line(self, question: str) -> str:
        """Asks for a line of text; returns it without white space around it."""
        return self._ask(question).strip()

    def secret(self, question: str) -> str:
        """Asks for a line that isn't shown while it is typed; returns an empty one if the terminal is gone."""
        from getpass import getpass

        try:
            with stopping_at_once():  # the terminal shows what is typed again, however this ends
                return getpass(question, stream=sys.stderr)
        except EOFError:
            return ""

    def tell(self, text: str) -> None:
        """Writes one line for a person, even if quiet was asked for."""
        self._tell(text)

    def tell_lines(self, lines: Iterable[Line]) -> None:
        """Writes many lines for a person at once."""
        self._write_lines(lines, err=True)

    def _tell(self, text: str, style: str | None = None) -> None:
        # A closed stderr must not end the work of a run.
        try:
            self._write(text, style, err=True)
        except OSError:
            silence(sys.stderr)

    def _write(self, text: str, style: str | None, *, err: bool = False) -> None:
        stream, console = self._way(err=err)
        if console is not None:
            parts = err and stream.isatty() and not self.is_dumb  # Rich takes a dumb terminal for one of 80 columns
            shown = flowed(visible(text), console.width) if parts else visible(text)
            console.print(shown, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            stream.write(f"{visible(text)}\n")
            stream.flush()

    def _write_lines(self, lines: Iterable[Line], *, err: bool = False) -> None:
        stream, console = self._way(err=err)
        if console is not None:
            console.print(_Lines(lines), soft_wrap=True)
        else:
            stream.writelines("".join([visible(text) for text, _ in line]) + "\n" for line in lines)
            stream.flush()

    def _way(self, *, err: bool) -> tuple[TextIO, Console | None]:
        """Returns a stream, and its console if it is a terminal. Into a pipe, Rich would write the same.

        Rich takes longer to be imported than many a command runs.
        """
        stream = sys.stderr if err else sys.stdout
        if not stream.isatty() and _FORCED.isdisjoint(self.environ):
            return stream, None
        return stream, self.err if err else self.out

    def _ask(self, question: str) -> str:
        # The event loop, which would hear the first signal, stands still during the question: from its first word on.
        with stopping_at_once():
            sys.stderr.write(visible(question))
            sys.stderr.flush()
            _await_a_line(sys.stdin)
            return sys.stdin.readline()


@dataclass(frozen=True, slots=True)
class _Lines:
    """Gives Rich what its own layout of one line after the other would come to."""

    lines: Iterable[Line]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        from rich.segment import Segment

        styles: dict[str | None, Style | None] = {None: None}
        end = Segment.line()
        for line in self.lines:
            for text, style in line:
                if style is not None and style not in styles:
                    styles[style] = console.get_style(style)
                yield Segment(visible(text), styles[style])
            yield end


def _await_a_line(stream: TextIO) -> None:
    """Waits for a line in short steps, so that a signal is heard between them."""
    # A signal in the instant before a blocking read wouldn't end that read: Ctrl-C, and nothing happens.
    if sys.platform != "win32":  # there, select knows sockets alone
        while not select.select([stream], [], [], _STEP)[0]:
            pass


def _console(stream: TextIO, *, colours: bool, writing: AbstractContextManager[object]) -> Console:
    from rich.console import Console

    class Plain(Console):
        """Writes one thing after the other. Raises an error if a pipe is closed; Rich itself would end the process."""

        def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - Rich's own
            with writing:
                super().print(*objects, **options)

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    width = None if stream.isatty() else _PIPED_WIDTH
    return Plain(file=stream, no_color=not colours, width=width, emoji=False)
