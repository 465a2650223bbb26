"""``heapscim ledger``: proves the ledger, tells its head, and moves it to another place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer(no_args_is_help=True, help="Prove the ledger, show its head, or move it to another place.")


@app.command("verify")
@command("ledger verify")
def verify(
    context: Context,
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            metavar="HASH|FILE",
            help="Check that this head, or each head in this file, is still part of the ledger.",
        ),
    ] = None,
) -> Result:
    """Prove that nobody has changed the ledger by other means."""
    from heapscim.workflows import ledger

    return ledger.verify(context, head)


@app.command("move")
@command("ledger move")
def move(
    context: Context,
    where: Annotated[
        str,
        typer.Argument(metavar="URL", help="Where to: postgresql://USER@HOST/DATABASE, or local for this machine."),
    ],
) -> Result:
    """Move the ledger with its whole proof to a database that machines share, or back to this machine."""
    from heapscim.workflows.ledger_move import move

    return move(context, where)


@app.command("head")
@command("ledger head")
def head(context: Context) -> Result:
    """Show the head of the ledger, to be kept elsewhere: the number and the hash of its newest event."""
    from heapscim.workflows import ledger

    return ledger.head(context)
