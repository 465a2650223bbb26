"""Reviews who has access, with which role, through which group, since when. Changes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from heapscim.config.private_files import write_private
from heapscim.errors import UsageError
from heapscim.ledger.protocol import Ledger
from heapscim.model.state import CurrentState
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.progress import progress_bar
from heapscim.output.review.rows import (
    changes_csv,
    changes_table,
    people_csv,
    people_table,
    review_document,
    totals_in_words,
)
from heapscim.output.tables import show_table
from heapscim.planning.review.review import ReviewContext, review
from heapscim.planning.review.values import PastRun, Period, Review
from heapscim.workflows.exit_codes import DONE, PARTIAL, SOURCE_INCOMPLETE
from heapscim.workflows.history import moment
from heapscim.workflows.manual_change import read_heap
from heapscim.workflows.session import Session

DEFAULT_PERIOD = "90d"


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """Holds the options of ``review``."""

    since: str | None = None
    """When the period begins; the default is 90 days ago."""
    until: str | None = None
    changes: bool = False
    """Whether to list the changes of the period instead of the people."""
    html: Path | None = None

    def period(self, now: float) -> Period:
        """Returns the period; raises UsageError for one that ends before it begins."""
        until = (
            math.nextafter(now, math.inf) if self.until is None else moment(self.until, now)
        )  # with this very moment
        found = Period(moment(self.since or DEFAULT_PERIOD, now), until)
        if found.until <= found.since:
            raise UsageError(
                "The period ends before it begins.", hint="Give --since a moment before the one of --until."
            )
        return found


async def review_access(session: Session, options: ReviewOptions) -> Result:
    """Reads Heap and the log, and shows who has access; ``html`` is written as a page, too."""
    now = session.context.timing.now()
    period = options.period(now)
    groups = session.profile.manage_groups
    heap = await read_heap(session, groups=groups)
    with progress_bar(session.screen, "Reading the log"):
        runs = past_runs(session.ledger)
    made = review(
        ReviewContext(heap.current, heap.links, runs, session.unreadable, groups_read=groups), period, now=now
    )
    if options.html is not None:
        from heapscim.output.review.page import page_of

        profile = session.profile
        write_private(options.html, page_of(made, profile=session.context.profile, tenant=profile.base_url))
    return _result(made, options, code=_exit_code(heap.current))


def past_runs(ledger: Ledger) -> tuple[PastRun, ...]:
    """Returns every run of the log, oldest first."""
    return tuple(
        PastRun(run.run, run.started, f"{run.who}@{run.host}", ledger.recorded(run.run), ledger.take_overs(run.run))
        for run in reversed(ledger.runs())
    )


def _exit_code(current: CurrentState) -> int:
    """Returns how far Heap could be read: in part, without a proof that it is all, or whole."""
    if current.broken:
        return PARTIAL
    proven = current.completeness.proven and current.groups_completeness.proven
    return DONE if proven else SOURCE_INCOMPLETE


def _result(made: Review, options: ReviewOptions, *, code: int) -> Result:
    table = changes_table(made) if options.changes else people_table(made)
    whole = changes_csv(made) if options.changes else people_csv(made)
    written = (f"{options.html} is written, for its owner alone to read.",) if options.html is not None else ()

    def show(screen: Screen) -> None:
        if options.html is not None:
            screen.print(f"{totals_in_words(made)}.")
        else:
            show_table(table, screen)

    return Result(lambda: review_document(made), whole, show, exit_code=code, notices=(*made.unknown, *written))
