"""Shows on stderr how far work has come, if that is a terminal; silent everywhere else.

Work only counts. A thread of its own draws what was counted: nothing in the first second, then five times a second.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from heapscim.model.outcomes import Outcome
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.progress_line import Drawn, line_of
from heapscim.output.text import wrapped

if TYPE_CHECKING:
    from rich.text import Text

_FIRST, _NEXT = 1.0, 0.2
"""Seconds until a bar is drawn, so that short work doesn't flicker, and until it is drawn again."""
_HELD = 2.0
"""Seconds for which is said what held the work up."""
_RATE_OVER, _RATE_AFTER = 10.0, 1.0
"""Seconds over which a rate is measured, at most and at least."""


@dataclass(slots=True)
class Task:
    """Counts one piece of work. Whoever does the work sets these values, which costs nothing."""

    words: str
    total: int | None = None
    done: int = 0


class Board:
    """Draws tasks below each other, and what they wait for."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._tasks: list[Task] = []
        self._seen: list[deque[tuple[float, int]]] = []
        """When each task was drawn, with what it had done by then."""
        self._said: deque[tuple[str, str | None]] = deque()
        self._held: dict[Callable[[], str | None], tuple[float, str]] = {}
        """What held the work up, and when that was seen last."""
        self._ending = Event()
        self._thread = Thread(target=self._draw, name="progress", daemon=True)

    def start(self) -> None:
        """Starts to draw."""
        self._thread.start()

    def stop(self) -> None:
        """Removes what was drawn, and writes the lines that are still to be said."""
        self._ending.set()
        self._thread.join()
        with suppress(OSError):
            self._say()

    def task(self, words: str, total: int | None = None) -> Task:
        """Adds a task."""
        task = Task(words, total)
        self._seen.append(deque([(self._screen.err.get_time(), 0)]))
        self._tasks.append(task)
        return task

    def say(self, words: str, style: str | None = None) -> None:
        """Writes a line above the tasks, the next time that they are drawn."""
        self._said.append((words, style))

    def _draw(self) -> None:
        if self._ending.wait(_FIRST):
            return
        from rich.live import Live

        live = Live(
            console=self._screen.err, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        with suppress(OSError):  # a terminal that was closed is no reason to end the work
            try:
                with self._screen.drawing:
                    live.start()
                while True:
                    with self._screen.drawing:
                        self._say()
                        live.update(self._picture(), refresh=True)
                    if self._ending.wait(_NEXT):
                        break
            finally:
                with self._screen.drawing:
                    live.stop()

    def _say(self) -> None:
        lines = [[self._said.popleft()] for _ in range(len(self._said))]
        if lines:
            self._screen.tell_lines(lines)

    def _picture(self) -> Text:
        from rich.text import Text

        now, width = self._screen.err.get_time(), self._screen.err.width
        margin = max((len(task.words) for task in self._tasks), default=0)
        lines = []
        for task, seen in zip(self._tasks, self._seen, strict=False):
            drawn = Drawn(task.words, task.done, task.total, _rate(seen, now, task.done), now - seen[0][0])
            lines.append(line_of(drawn, width, margin))
        lines += [Text(line, "yellow") for words in self._held_up(now) for line in wrapped(words, width)]
        return Text("\n").join(lines)

    def _held_up(self, now: float) -> list[str]:
        """Returns what holds the work up, or did so a moment ago: a limit lets something through all the time."""
        for holdup in tuple(self._screen.holdups):
            if words := holdup():
                self._held[holdup] = now, words
        return [words for seen, words in self._held.values() if now - seen < _HELD]


def _rate(seen: deque[tuple[float, int]], now: float, done: int) -> float | None:
    """Returns how much was done in each of the last seconds; None if that isn't known yet."""
    seen.append((now, done))
    while now - seen[1][0] > _RATE_OVER:
        seen.popleft()
    began, before = seen[0]
    return (done - before) / (now - began) if now - began >= _RATE_AFTER and done > before else None


@dataclass(slots=True)
class ApplyProgress:
    """Counts the changes of a run; shown only if there is a board."""

    board: Board | None = None
    tell: Callable[[str], None] = lambda _words: None
    """Writes a line for a person."""
    task: Task = field(default_factory=lambda: Task("Applying"))
    failed: int = 0

    def started(self, total: int) -> None:
        """Takes note of how many changes will be attempted."""
        if self.board is not None:
            self.task = self.board.task("Applying", total)

    def waiting(self, count: int, seconds: float) -> None:
        """Says why the run pauses."""
        may = f"{counted(count, 'create')} lost the answer and may still arrive"
        self.tell(f"{may}: looking for up to {seconds:,.0f} s before anything is sent again.")

    def looking(self, count: int) -> None:
        """Takes note that the effect of so many changes is looked at."""
        self.task.words = f"Looking at {counted(count, 'change')}"

    def finished(self, outcome: Outcome) -> None:
        """Takes note of the outcome of one change."""
        self.failed += outcome.status == "failed"
        self.task.done += 1
        self.task.words = f"Applying ({self.failed} failed)" if self.failed else "Applying"


class ReadingProgress:
    """Counts what a read has returned so far."""

    def __init__(self, board: Board | None, words: str) -> None:
        self._task = Task(words) if board is None else board.task(words)

    def __call__(self, read: int, of: int | None) -> None:
        """Takes note of how many were read, of how many."""
        self._task.done, self._task.total = read, of


@contextmanager
def progress_bar(screen: Screen, words: str | None = None) -> Iterator[Board | None]:
    """Shows a live board on stderr; gives None without a terminal, or if quiet was asked for.

    ``words`` names work that isn't counted.
    """
    if screen.quiet or not sys.stderr.isatty():
        yield None
        return
    board = Board(screen)
    if words is not None:
        board.task(words)
    board.start()
    try:
        yield board
    finally:
        board.stop()
