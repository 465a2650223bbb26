"""``heapscim export``: writes the tenant as a roster with which a plan finds nothing to do."""

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
def export_tenant(
    context: Context,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write this roster (.yaml, .json, .csv, .tsv); without it or with -, stdout."
        ),
    ] = None,
    yes: YesOption = False,
) -> Result:
    """Export the tenant as a roster with which a plan finds nothing to do."""
    from heapscim.workflows.export import export
    from heapscim.workflows.session import in_session

    path = None if out is not None and str(out) == "-" else out
    return in_session(context, lambda session: export(session, path, yes=yes))
