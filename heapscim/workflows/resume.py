"""Finishes a run that was cut off: what may have been done is looked up first, and what failed is tried again."""

from __future__ import annotations

from dataclasses import replace

from heapscim.errors import Unsafe, UsageError
from heapscim.execution.resume import remaining
from heapscim.ledger.protocol import Ledger
from heapscim.model.changes import is_about_a_user
from heapscim.output.envelope import Result
from heapscim.workflows.history import run_called
from heapscim.workflows.importing.run import COMMAND
from heapscim.workflows.importing.write import resume_import
from heapscim.workflows.manual_change import Decision, HeapIndex, change
from heapscim.workflows.reconcile import SyncOptions
from heapscim.workflows.recover import resolve_cut_off
from heapscim.workflows.session import Session


async def resume(session: Session, name: str, options: SyncOptions) -> Result:
    """Finishes a run, which must be the newest that changed Heap, or an import."""
    session.check_connected()
    with session.lock.held("resume"):
        run = run_called(session.ledger, name)
        if run.command == COMMAND:
            return await resume_import(session, run.run, yes=options.yes)
        _check(session.ledger, run.run)
        resolution = await resolve_cut_off(session)
        recorded = session.ledger.recorded(run.run)

        def rest(heap: HeapIndex) -> Decision:
            left = remaining(recorded, heap.current, heap.links, session.unreadable)
            return left.changes, left.notices

        return await change(
            session,
            "resume",
            replace(options, continues=run.run),
            rest,
            groups=any(not is_about_a_user(entry.change) for entry in recorded),
            resolution=resolution,
        )


def _check(ledger: Ledger, run: str) -> None:
    """Raises UsageError for a run that can't be resumed, Unsafe for one that isn't the newest."""
    if not ledger.recorded(run):
        raise UsageError(f"Run {run} changed nothing in Heap.", hint="Run its command again: it skips what is done.")
    later = ledger.continuation_of(run)
    if later is not None:
        raise UsageError(f"Run {run} was already continued by run {later}.", hint=f"`heapscim resume {later}`.")
    newest = ledger.last_change()
    if newest != run:
        hint = "Run `heapscim sync`: it works out again what is still missing."
        raise Unsafe(f"Run {run} was followed by run {newest}: its unfinished changes may be wrong by now.", hint=hint)
