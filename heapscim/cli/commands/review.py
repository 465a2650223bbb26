"""``heapscim review``: shows who has access, with which role, through which group, since when; changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("review")
@command("review")
def show_review(
    context: Context,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="Begin the period of joiners, leavers and role changes then: 2025-03-01, or 30d, 2w. 90d without it.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="End the period before then; it ends now without this."),
    ] = None,
    changes: Annotated[
        bool,
        typer.Option("--changes", help="List the joiners, leavers and role changes of the period instead of people."),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the whole review as one page for a browser."),
    ] = None,
) -> Result:
    """Show who has access, with which role, through which group, since when."""
    from heapscim.workflows.review import ReviewOptions, review_access
    from heapscim.workflows.session import in_session

    options = ReviewOptions(since, until, changes, html)
    return in_session(context, lambda session: review_access(session, options))
