"""Progress bars on stderr, where a person sees them; silent everywhere else."""

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
    """Counts the changes of a run; shown only where there is a bar."""

    bar: Progress | None = None
    task: TaskID | None = None
    failed: int = 0
    tell: Callable[[str], None] = lambda _words: None
    """Tells a person something in a line of its own."""

    def started(self, total: int) -> None:
        """So many changes will be attempted."""
        if self.bar is not None:
            self.task = self.bar.add_task("Applying", total=total)

    def waiting(self, count: int, seconds: float) -> None:
        """Says why nothing seems to go on."""
        may = f"{counted(count, 'create')} lost the answer and may still arrive"
        self.tell(f"{may}: looking for up to {seconds:,.0f} s before anything is sent again.")

    def finished(self, outcome: Outcome) -> None:
        """One change is settled."""
        self.failed += outcome.status == "failed"
        if self.bar is not None and self.task is not None:
            words = f"Applying ({self.failed} failed)" if self.failed else "Applying"
            self.bar.update(self.task, advance=1, description=words)


@dataclass(slots=True)
class ReadProgress:
    """Counts what a read has brought."""

    bar: Progress | None = None
    words: str = "Reading"
    task: TaskID | None = None

    def __call__(self, read: int, of: int | None) -> None:
        """So many were read, of so many."""
        if self.bar is None:
            return
        if self.task is None:
            self.task = self.bar.add_task(self.words, total=of)
        self.bar.update(self.task, completed=read, total=of)


@contextmanager
def progress_bar(screen: Screen) -> Iterator[Progress | None]:
    """A live bar on stderr, None where nobody would see it."""
    if screen.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen.err, transient=True) as bar:
        yield bar
