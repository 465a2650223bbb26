"""``heapscim doctor``: checks every part of a set-up, and says what to do where one is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("doctor")
@command("doctor")
def doctor(context: Context) -> Result:
    """Check every part: token, files, network, Heap, directory and ledger.

    Nothing is changed. Ends with the exit code of the first part that fails; a warning ends with 0.
    """
    from heapscim.workflows.doctor import examine

    return examine(context)
