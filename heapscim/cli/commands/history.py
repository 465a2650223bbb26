"""``heapscim history``: shows the provisioning log. Reads only the ledger: no token, no request."""

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
        str | None,
        typer.Argument(metavar="RUN", help="Show each change of this run: its name or the beginning of it, or last."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Show runs since then: 2025-03-01, or 7d, 12h, 30m.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="USER",
            help="Show what was done to this person or group, memberships included: a name, an id, or an e-mail "
            "address that was sent to Heap.",
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that nobody has changed the ledger, as `ledger verify` does.")
    ] = False,
    head: Annotated[
        str | None,
        typer.Option(
            "--head", metavar="HASH|FILE", help="With --verify: check that noted heads are still in the chain."
        ),
    ] = None,
) -> Result:
    """Show what each run did, and prove that the log is unchanged."""
    from heapscim.workflows.history import HistoryOptions, history

    return history(context, HistoryOptions(run, since, user, verify, head))
