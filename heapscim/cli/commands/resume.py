"""``heapscim resume``: finishes a run that was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import NOTHING, Allowed, FullOption, YesOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()

_RUN = (
    "The run's name in history or the beginning of it, or last; it must be the newest that changed Heap. What may have "
    "been done is looked up first; what failed is tried again."
)


@app.command("resume")
@command("resume")
def resume_run(
    context: Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help=_RUN)],
    yes: YesOption = False,
    allowed: Allowed = NOTHING,
    full: FullOption = False,
) -> Result:
    """Finish a run that was cut off."""
    from heapscim.workflows.after_run import followed
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.resume import resume
    from heapscim.workflows.session import in_session

    options = SyncOptions(allowances=allowed.allowances(), yes=yes, full=full)

    def body(context: Context) -> Result:
        return in_session(context, lambda session: resume(session, run, options))

    return followed(context, "resume", body)
