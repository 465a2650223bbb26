"""``heapscim demo``: shows every step with the real commands and real HTTP, against a temporary sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("demo")
@command("demo")
def demo(context: Context) -> Result:
    """Show every step against a temporary sandbox."""
    from heapscim.workflows.demo import demonstrate

    return demonstrate(context)
