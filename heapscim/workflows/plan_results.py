"""Shows plans and runs as the results of a command: what is printed, its data and rows, and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from heapscim.model.changes import subject
from heapscim.model.outcomes import Outcome, RunResult
from heapscim.model.plan import Plan
from heapscim.output.change_labels import counted, detail
from heapscim.output.console import Screen
from heapscim.output.envelope import Result, Work
from heapscim.output.plan_view import show_plan, show_plan_briefly, tell_undone
from heapscim.output.run_view import show_run, show_run_briefly
from heapscim.output.tables import Table
from heapscim.planning.guards import Violation
from heapscim.workflows import exit_codes


def show_only(
    plan: Plan, violations: tuple[Violation, ...], *, full: bool, exit_code: int, pages: bool = True
) -> Result:
    """Returns a plan as a result."""
    return Result(
        data=plan_data(plan, violations),
        table=changes_table(plan),
        show=_showing_plan(plan, violations, full=full),
        exit_code=exit_code,
        pages=pages,
        work=(Work(plan, violations),),
    )


def _showing_plan(plan: Plan, violations: tuple[Violation, ...], *, full: bool) -> Callable[[Screen], None]:
    def show(screen: Screen) -> None:
        if screen.quiet:
            show_plan_briefly(plan, violations, screen)
        else:
            show_plan(plan, violations, screen, full=full)

    return show


def nothing_done(plan: Plan, violations: tuple[Violation, ...]) -> Result:
    """Returns a plan without changes as a result; it was shown already, unless quiet was asked for."""

    def show(screen: Screen) -> None:
        if screen.quiet:
            if plan.adoptions:
                screen.print(f"{counted(len(plan.adoptions), 'user')} taken over as they are.")
            tell_undone(plan, screen)

    return Result(
        plan_data(plan, violations),
        changes_table(plan),
        show,
        left_undone(plan),
        pages=False,
        work=(Work(plan, violations),),
    )


def run_result(result: RunResult, plan: Plan, violations: tuple[Violation, ...]) -> Result:
    """Returns a run, with the plan that it carried out, as a result."""
    return Result(
        data={**plan_data(plan, violations), "run": run_data(result)},
        table=outcomes_table(result),
        show=lambda screen: (show_run_briefly if screen.quiet else show_run)(result, plan, screen),
        exit_code=_exit_code(plan, result),
        pages=False,
        work=(Work(plan, violations, result),),
    )


def _exit_code(plan: Plan, result: RunResult) -> int:
    if result.interrupted:
        return exit_codes.INTERRUPTED
    if result.failures:
        return exit_codes.PARTIAL
    return left_undone(plan)


def left_undone(plan: Plan) -> int:
    """Returns the exit code for what a plan leaves undone, whatever happens to its changes.

    ``plan`` and ``sync`` use it both, so they report unreadable accounts and withheld changes alike.
    """
    if plan.broken:
        return exit_codes.PARTIAL
    return exit_codes.SOURCE_INCOMPLETE if plan.withheld else exit_codes.DONE


def plan_data(plan: Plan, violations: tuple[Violation, ...]) -> dict[str, object]:
    """Returns a plan and its violations as data; plan and fingerprint become JSON values only when they are printed."""
    return {
        "fingerprint": partial(getattr, plan, "fingerprint"),
        "counts": dict(plan.counts),
        "plan": plan,
        "violations": [asdict(violation) for violation in violations],
    }


def run_data(result: RunResult) -> dict[str, object]:
    """Returns a run as JSON: counts, and every change with a message or a failure."""
    remarkable = [outcome for outcome in result.outcomes if outcome.status != "done" or outcome.message]
    return {
        "id": result.run_id,
        "interrupted": result.interrupted,
        "counts": {status: result.counts.get(status, 0) for status in ("done", "failed", "not_attempted")},
        "remarks": [_remark(outcome) for outcome in remarkable],
    }


def _remark(outcome: Outcome) -> dict[str, object]:
    """Returns an outcome as JSON, without what only the run itself needs."""
    return {name: value for name, value in asdict(outcome).items() if name not in ("ignored", "lost")}


def changes_table(plan: Plan) -> Table:
    """Returns a plan's changes as rows."""
    rows = tuple((subject(change), change.kind, detail(change, full=True), change.reason) for change in plan.changes)
    return Table(("name", "change", "detail", "reason"), rows, empty="Nothing to do.")


def outcomes_table(result: RunResult) -> Table:
    """Returns a run's outcomes as rows."""
    rows = tuple(
        (subject(outcome.change), outcome.change.kind, outcome.message or "", outcome.status)
        for outcome in result.outcomes
    )
    return Table(("name", "change", "message", "outcome"), rows)
