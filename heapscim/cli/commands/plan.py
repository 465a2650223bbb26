"""``heapscim plan``: shows what a sync would change, and why; changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import (
    NOTHING,
    AllowChangedBack,
    Allowed,
    DirectoryOption,
    FullOption,
    OnlyOption,
    ReplaceOption,
    command,
)
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.session import Session

app = typer.Typer()


@app.command("plan")
@command("plan")
def plan(
    common: Common,
    directory: DirectoryOption = None,
    only: OnlyOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan for `sync --plan FILE`.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 10 when changes are pending.")] = False,
    replace_renamed: ReplaceOption = False,
    allowed: Allowed = NOTHING,
    allow_changed_back: AllowChangedBack = None,
    full: FullOption = False,
) -> Result:
    """Show what a sync would change, and why."""
    from heapscim.config.private_files import write_private
    from heapscim.model.plan import plan_to_json
    from heapscim.workflows import exit_codes
    from heapscim.workflows.reconcile import SyncOptions, left_undone, make_plan, show_only
    from heapscim.workflows.recover import look_at_cut_off
    from heapscim.workflows.session import in_session

    allowances = allowed.allowances(changed_back=allow_changed_back)
    options = SyncOptions(directory, only, replace_renamed, allowances, full=full)

    async def work(session: Session) -> Result:
        made = await make_plan(session, options, await look_at_cut_off(session))
        violations = session.judge(made, options.allowances)
        if out is not None:
            write_private(out, plan_to_json(made))
        pending = exit_code and not made.is_empty
        code = exit_codes.CHANGES_PENDING if pending else left_undone(made)
        return show_only(made, violations, full=full, exit_code=code)

    return in_session(common, work)
