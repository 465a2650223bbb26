"""``heapscim export``: writes Heap as a roster with which a plan finds nothing to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import YesOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("export")
@command("export")
def export_roster(
    context: Context,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the roster to this file: .yaml, .json, .csv or .tsv. Otherwise, print it.",
        ),
    ] = None,
    yes: YesOption = False,
) -> Result:
    """Write people, groups, memberships and roles in Heap as a roster.

    A plan with this roster finds nothing to do, so it is the way in for a tenant that people use already.
    """
    from heapscim.workflows.export import ExportOptions, export
    from heapscim.workflows.session import in_session

    return in_session(context, lambda session: export(session, ExportOptions(out, yes)))
