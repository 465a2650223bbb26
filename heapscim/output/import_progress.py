"""Shows the progress of an import: a bar with the last person, the rate and the time left, and a line per result."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapscim.output.console import Screen
from heapscim.output.text import cropped

if TYPE_CHECKING:
    from rich.progress import Progress, Task, TaskID

_STYLES = {"added": "green", "present": "dim", "failed": "red"}


@dataclass(slots=True)
class ImportProgress:
    """Shows each result as it comes; silent without a terminal."""

    screen: Screen
    bar: Progress | None = None
    task: TaskID | None = None

    def settled(self, user_name: str, status: str, message: str | None) -> None:
        """Shows the outcome of one person, with the reason if it failed. Advice is given once, in the report."""
        if self.bar is None or self.task is None:
            return
        words = f"{cropped(user_name, 60)}: {status}"
        if message and status == "failed":
            words += f". {cropped(message, 200)}"
        self.bar.console.print(words, style=_STYLES.get(status), markup=False, highlight=False, soft_wrap=True)
        self.bar.update(self.task, advance=1, description=f"{cropped(user_name, 30)} {status}", refresh=True)


@contextmanager
def import_progress(screen: Screen, total: int) -> Iterator[ImportProgress]:
    """Shows a live bar on stderr; shows nothing without a terminal, or if quiet was asked for."""
    if screen.quiet or not sys.stderr.isatty():
        yield ImportProgress(screen)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f}/s")

    words = TextColumn("{task.description}", markup=False)
    columns = (words, BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=screen.err, transient=True) as bar:
        yield ImportProgress(screen, bar, bar.add_task("Importing", total=total))
