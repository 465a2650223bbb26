"""``heapscim undo``: plans the way back from a run, shows it, and does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import NOTHING, Allowed, FullOption, YesOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("undo")
@command("undo")
def undo_run(
    context: Context,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The run's name in history or the beginning of it, or last.")
    ],
    yes: YesOption = False,
    allowed: Allowed = NOTHING,
    full: FullOption = False,
) -> Result:
    """Undo what a run did, if nothing has changed it since."""
    from heapscim.workflows.after_run import followed
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import in_session
    from heapscim.workflows.undo import undo

    options = SyncOptions(allowances=allowed.allowances(), yes=yes, full=full)

    def body(context: Context) -> Result:
        return in_session(context, lambda session: undo(session, run, options))

    return followed(context, "undo", body)
