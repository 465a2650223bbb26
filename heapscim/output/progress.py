"""Shows progress bars on stderr if that is a terminal; silent everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapscim.model.outcomes import Outcome
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@dataclass(slots=True)
class ApplyProgress:
    """Counts the changes of a run; shown only if there is a bar."""

    bar: Progress | None = None
    task: TaskID | None = None
    failed: int = 0
    tell: Callable[[str], None] = lambda _words: None
    """Writes a line for a person."""

    def started(self, total: int) -> None:
        """Takes note of how many changes will be attempted."""
        if self.bar is not None:
            self.task = self.bar.add_task("Applying", total=total)

    def waiting(self, count: int, seconds: float) -> None:
        """Says why the run pauses."""
        may = f"{counted(count, 'create')} lost the answer and may still arrive"
        self.tell(f"{may}: looking for up to {seconds:,.0f} s before anything is sent again.")

    def finished(self, outcome: Outcome) -> None:
        """Takes note of the outcome of one change."""
        self.failed += outcome.status == "failed"
        if self.bar is not None and self.task is not None:
            words = f"Applying ({self.failed} failed)" if self.failed else "Applying"
            self.bar.update(self.task, advance=1, description=words)


@dataclass(slots=True)
class ReadingProgress:
    """Counts what a read has returned so far."""

    bar: Progress | None = None
    words: str = "Reading"
    task: TaskID | None = None

    def __call__(self, read: int, of: int | None) -> None:
        """Takes note of how many were read, of how many."""
        if self.bar is None:
            return
        if self.task is None:
            self.task = self.bar.add_task(self.words, total=of)
        self.bar.update(self.task, completed=read, total=of)


@contextmanager
def progress_bar(screen: Screen) -> Iterator[Progress | None]:
    """Shows a live bar on stderr; gives None without a terminal, or if quiet was asked for."""
    if screen.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen.err, transient=True) as bar:
        yield bar
