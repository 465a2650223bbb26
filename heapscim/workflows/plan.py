"""Shows what a sync would change, saves the plan, and checks a saved plan against the present."""

from __future__ import annotations

from pathlib import Path

from heapscim.config.private_files import write_private
from heapscim.errors import SettingsError, Unsafe
from heapscim.model.plan import Plan, plan_from_json, plan_to_json
from heapscim.output.envelope import Result
from heapscim.workflows import exit_codes
from heapscim.workflows.plan_results import left_undone, show_only
from heapscim.workflows.reconcile import SyncOptions, make_plan
from heapscim.workflows.recover import inspect_cut_off
from heapscim.workflows.session import Session


async def plan(session: Session, options: SyncOptions, *, out: Path | None, report_pending: bool) -> Result:
    """Plans and changes nothing; ``out`` saves the plan, ``report_pending`` makes pending changes an exit code."""
    made = await make_plan(session, options, await inspect_cut_off(session))
    violations = session.check_guards(made, options.allowances)
    if out is not None:
        write_private(out, plan_to_json(made))
    pending = report_pending and not made.is_empty
    code = exit_codes.CHANGES_PENDING if pending else left_undone(made)
    return show_only(made, violations, full=options.full, exit_code=code)


def check_saved(path: Path, made: Plan) -> None:
    """Raises Unsafe if a saved plan is for another tenant, or differs from the plan made now."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        what = "is a folder, not a saved plan" if path.is_dir() else "can't be read as a saved plan"
        raise SettingsError(f"{path} {what}.", hint="Save one with `heapscim plan --out FILE`.") from error
    try:
        saved = plan_from_json(text)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error.message}", hint=error.hint) from error
    if saved.tenant != made.tenant:
        raise Unsafe(
            f"{path} was made for {saved.tenant}, not for {made.tenant}.", hint="Choose the profile that it is for."
        )
    if saved.fingerprint != made.fingerprint:
        raise Unsafe(
            f"{path} no longer fits: the directory or Heap has changed since it was saved.",
            hint="Look at a new plan with `heapscim plan`, and save that one. Options must be the same, too.",
        )
