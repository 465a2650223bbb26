"""Finds out what became of changes in doubt after a run was cut off, and records it.

``plan`` finds it out, too, but records nothing: it shows what a sync would do after recording it.
"""

from __future__ import annotations

from heapscim.workflows.resolution import Resolution
from heapscim.workflows.session import Session


async def resolve_cut_off(session: Session) -> Resolution:
    """Looks for every change in doubt, records what is found, and tells the user how many there were."""
    if not session.ledger.in_doubt():
        return Resolution()
    from heapscim.workflows.resolver import Resolver

    resolution = await Resolver(session, records=True).all_runs()
    for notice in resolution.notices:
        session.screen.notice(notice)
    return resolution


async def inspect_cut_off(session: Session) -> Resolution:
    """Looks for every change in doubt and records nothing. Another run in progress isn't one that was cut off."""
    if not session.ledger.in_doubt():
        return Resolution()
    holder = session.lock.holder()
    if holder is not None:
        words = f"Another run is in progress: {holder}. What it has sent and not yet recorded is missing here."
        return Resolution(notices=(words,))
    from heapscim.workflows.resolver import Resolver

    return await Resolver(session, records=False).all_runs()
