"""Shows the progress of an import: a bar with the last person, the rate and the time left, and a line per result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from heapscim.output.console import Screen
from heapscim.output.progress import Board, Task, progress_bar
from heapscim.output.text import cropped

_STYLES = {"added": "green", "present": "dim", "failed": "red"}


@dataclass(slots=True)
class ImportProgress:
    """Shows each result as it comes; silent without a terminal."""

    board: Board | None
    task: Task

    def settled(self, user_name: str, status: str, message: str | None) -> None:
        """Shows the outcome of one person, with the reason if it failed. Advice is given once, in the report."""
        if self.board is None:
            return
        words = f"{cropped(user_name, 60)}: {status}"
        if message and status == "failed":
            words += f". {cropped(message, 200)}"
        self.board.say(words, _STYLES.get(status))
        self.task.done += 1
        self.task.words = f"{cropped(user_name, 30)} {status}"


@contextmanager
def import_progress(screen: Screen, total: int) -> Iterator[ImportProgress]:
    """Shows a live bar on stderr; shows nothing without a terminal, or if quiet was asked for."""
    with progress_bar(screen) as board:
        yield ImportProgress(board, Task("Importing", total) if board is None else board.task("Importing", total))
