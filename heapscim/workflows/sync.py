"""Makes Heap agree with the directory: plans, shows, asks and carries out, as one run that holds the profile."""

from __future__ import annotations

from pathlib import Path

from heapscim.output.envelope import Result
from heapscim.workflows.hidden_accounts import follow_up
from heapscim.workflows.plan import check_saved
from heapscim.workflows.reconcile import SyncOptions, carry_out, make_plan, remember_departures
from heapscim.workflows.recover import resolve_cut_off
from heapscim.workflows.session import Session


async def sync(session: Session, options: SyncOptions, saved: Path | None = None) -> Result:
    """Syncs once. With a saved plan, exactly that plan is carried out, or nothing."""
    session.check_connected()
    with session.lock.held("sync"):
        made = await make_plan(session, options, await resolve_cut_off(session))
        remember_departures(session, made, options)
        if saved is not None:
            check_saved(saved, made)
            return await carry_out(session, made, options)
        return await follow_up(session, await carry_out(session, made, options), options)
