"""``heapscim plan``: shows what a sync would change, and why; changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import (
    NOTHING,
    AllowChangedBack,
    Allowed,
    DirectoryOption,
    EncodingOption,
    FullOption,
    NowOption,
    OnlyOption,
    ReplaceOption,
    command,
)

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("plan")
@command("plan")
def show_plan(
    context: Context,
    directory: DirectoryOption = None,
    encoding: EncodingOption = None,
    only: OnlyOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan for `sync --plan FILE`.")
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with exit code 10 if changes are pending.")
    ] = False,
    replace_renamed: ReplaceOption = False,
    allowed: Allowed = NOTHING,
    allow_changed_back: AllowChangedBack = None,
    now: NowOption = None,
    full: FullOption = False,
) -> Result:
    """Show what a sync would change, and why."""
    from heapscim.workflows.plan import plan
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import in_session

    allowances = allowed.allowances(changed_back=allow_changed_back)
    context = replace(context, encoding=encoding)
    options = SyncOptions(directory, only, replace_renamed, allowances, full=full, at_once=tuple(now or ()))
    return in_session(context, lambda session: plan(session, options, out=out, report_pending=exit_code))
