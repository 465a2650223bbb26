"""``heapscim status``: shows the connection, as much of it as can be known if Heap can't be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("status")
@command("status")
def status(context: Context) -> Result:
    """Show the connection: reachability, token source, managed users and groups."""
    from heapscim.workflows.status import status_report

    return status_report(context)
