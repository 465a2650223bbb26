"""Takes back what a run did, if nothing has changed it since. The way back is a plan like any other."""

from __future__ import annotations

from dataclasses import replace

from heapscim.errors import UsageError
from heapscim.execution.backfill import with_accounts, with_asked
from heapscim.ledger.entries import RunSummary
from heapscim.ledger.protocol import Ledger
from heapscim.model.plan import Plan
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.undo.context import UndoOptions
from heapscim.undo.planner import accounts_of, needs_groups, plan_back
from heapscim.workflows.history import run_called
from heapscim.workflows.reconcile import SyncOptions, carry_out
from heapscim.workflows.recover import resolve_cut_off
from heapscim.workflows.session import Session


async def undo(session: Session, name: str, options: SyncOptions) -> Result:
    """Plans the way back from a run, shows it, asks, and carries it out."""
    session.check_connected()
    with session.lock.held("undo"):
        return await carry_out(session, await _plan_back(session, name), options)


async def _plan_back(session: Session, name: str) -> Plan:
    run = run_called(session.ledger, name)
    resolution = await resolve_cut_off(session)
    recorded = session.ledger.recorded(run.run)
    if not recorded:
        _refuse_other_work(session.ledger, run)
    options = UndoOptions(
        run.run,
        session.plan_options(f"undo {run.run}", fresh=resolution.fresh),
        recurs=run.command == "sync",
        adoptions=session.ledger.take_overs(run.run),
    )
    with progress_bar(session.screen) as bar:
        groups = needs_groups(recorded, options)
        current = await session.tenant.read(groups=groups, progress=ReadingProgress(bar, "Reading Heap"))
    current = await with_accounts(current, accounts_of(recorded), session.tenant)
    links = session.ledger.links()
    plan = plan_back(recorded, current, links, options)
    if plan.withheld:
        current = await with_asked(current, plan.withheld, links, session.tenant)
        plan = plan_back(recorded, current, links, options)
    later = session.ledger.continuation_of(run.run)
    carried_on = () if later is None else (f"Run {later} continued this run; undo it separately.",)
    return resolution.with_notices(replace(plan, notices=(*carried_on, *plan.notices)))


def _refuse_other_work(ledger: Ledger, run: RunSummary) -> None:
    """Raises UsageError for a run that wrote into a directory instead of Heap."""
    if ledger.operations(run.run):
        raise UsageError(
            f"{run.run} ({run.command}) wrote into a directory, not into Heap.",
            hint=f"Take it back there; `heapscim history {run.run}` lists what it wrote.",
        )
