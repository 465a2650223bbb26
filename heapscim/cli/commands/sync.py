"""``heapscim sync``: makes Heap agree with the directory."""

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
    YesOption,
    command,
)
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.session import Session

app = typer.Typer()


@app.command("sync")
@command("sync")
def sync(
    common: Common,
    directory: DirectoryOption = None,
    only: OnlyOption = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Apply exactly this saved plan, or nothing.")
    ] = None,
    yes: YesOption = False,
    replace_renamed: ReplaceOption = False,
    allowed: Allowed = NOTHING,
    allow_changed_back: AllowChangedBack = None,
    full: FullOption = False,
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar="TIME",
            help="Stay, and sync again each TIME (15m); a line for each run. Ends with the last one's exit code.",
        ),
    ] = None,
) -> Result:
    """Make Heap agree with the directory."""
    from heapscim.errors import UsageError
    from heapscim.workflows.hidden_accounts import follow_up
    from heapscim.workflows.reconcile import SyncOptions, carry_out, make_plan
    from heapscim.workflows.recover import settle_cut_off
    from heapscim.workflows.session import in_session
    from heapscim.workflows.sync_loop import interval, keep_syncing

    allowances = allowed.allowances(changed_back=allow_changed_back)
    options = SyncOptions(directory, only, replace_renamed, allowances, yes=yes, full=full)

    async def work(session: Session) -> Result:
        session.check_connected()
        with session.lock.held("sync"):
            made = await make_plan(session, options, await settle_cut_off(session))
            if plan is not None:
                _hold_against(plan, made.tenant, made.fingerprint)
                return await carry_out(session, made, options)
            return await follow_up(session, await carry_out(session, made, options), options)

    if every is None:
        return in_session(common, work)
    if not yes or plan is not None:
        raise UsageError("--every needs --yes, and takes no --plan.", hint="See what it would do with `plan`.")
    return keep_syncing(common, interval(every), lambda silent: in_session(silent, work))


def _hold_against(path: Path, tenant: str, fingerprint: str) -> None:
    """Refuses a saved plan of another tenant, or one that the world has moved away from."""
    from heapscim.errors import SettingsError, Unsafe
    from heapscim.model.plan import plan_from_json

    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} can't be read as a saved plan.", hint="Save one with `plan --out`.") from error
    saved = plan_from_json(text)
    if saved.tenant != tenant:
        raise Unsafe(f"{path} was made for {saved.tenant}, not for {tenant}.", hint="Choose the profile it is for.")
    if saved.fingerprint != fingerprint:
        raise Unsafe(
            f"{path} no longer fits: the directory or Heap has changed since it was saved.",
            hint="Look at a new plan with `heapscim plan`, and save that one. Options must be the same, too.",
        )
