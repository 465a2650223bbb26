"""``heapscim history``: the provisioning log. Reads the ledger alone: no token, no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("history")
@command("history")
def show_history(
    context: Context,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run of the list, or last: show each of its changes.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Runs from then on: 2025-03-01, or 7d, 12h, 30m.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="USER",
            help="What was done to this person or group, memberships included.",
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that nothing in the ledger was changed by another hand.")
    ] = False,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="HASH", help="With --verify: a head noted earlier must still be in the chain."),
    ] = None,
) -> Result:
    """Show what was done, run by run, and prove that the log is whole."""
    from heapscim.workflows.history import HistoryOptions, history

    return history(context, HistoryOptions(run, since, user, verify, head))
