"""``heapscim sync``: makes Heap agree with the directory."""

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
    YesOption,
    command,
)

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("sync")
@command("sync")
def sync_now(
    context: Context,
    directory: DirectoryOption = None,
    encoding: EncodingOption = None,
    only: OnlyOption = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Apply exactly this saved plan, or nothing.")
    ] = None,
    yes: YesOption = False,
    replace_renamed: ReplaceOption = False,
    allowed: Allowed = NOTHING,
    allow_changed_back: AllowChangedBack = None,
    now: NowOption = None,
    full: FullOption = False,
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar="TIME",
            help="Keep running and sync every TIME (15m), with a line for each run. Ends with the last exit code.",
        ),
    ] = None,
) -> Result:
    """Make Heap agree with the directory."""
    from heapscim.directory.pipes import is_pipe
    from heapscim.errors import UsageError
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import in_session
    from heapscim.workflows.sync import sync
    from heapscim.workflows.sync_loop import interval, keep_syncing

    allowances = allowed.allowances(changed_back=allow_changed_back)
    options = SyncOptions(directory, only, replace_renamed, allowances, yes=yes, full=full, at_once=tuple(now or ()))

    def once(context: Context) -> Result:
        return in_session(replace(context, encoding=encoding), lambda session: sync(session, options, plan))

    if every is None:
        return once(context)
    if not yes or plan is not None:
        raise UsageError("--every needs --yes, and doesn't work with --plan.", hint="See what it would do with `plan`.")
    if directory is not None and is_pipe(directory):
        raise UsageError("--every can't read standard input again and again.", hint="Write a file, and name it.")
    return keep_syncing(context, interval(every), once)
