"""Brings the ledger up to date about runs that were cut off: what became of each change that was left open."""

from __future__ import annotations

from heapscim.cli.session import Session
from heapscim.ledger.entries import Settlement
from heapscim.output.plan_words import counted
from heapscim.pacing import Timing
from heapscim.provisioning.changes import is_about_a_user
from heapscim.provisioning.outcomes import Outcome, Recorded
from heapscim.provisioning.settling import settle
from heapscim.provisioning.verifying import Verifier


async def settle_cut_off(session: Session) -> None:
    """Looks for every change that was left open, and records what is found; tells a person how many there were."""
    for run, sent in session.ledger.unsettled().items():
        people = [entry for entry in sent if is_about_a_user(entry.change)]
        groups = [entry for entry in sent if not is_about_a_user(entry.change)]
        settled = [*await _settle(session, run, people), *await _settle(session, run, groups)]
        done = sum(outcome.status == "done" for outcome in settled)
        session.screen.notice(
            f"Run {run} was cut off with {counted(len(sent), 'change')} left open: {done} carried out, "
            f"{len(settled) - done} not, {len(sent) - len(settled)} can't be told yet."
        )


async def _settle(session: Session, run: str, sent: list[Recorded]) -> list[Outcome]:
    """Groups come after people, whose links they refer to."""
    if not sent:
        return []
    verifier = Verifier(session.tenant, unreadable=session.unreadable, timing=Timing())
    outcomes = await settle(sent, verifier, session.ledger.links())
    pairs = [(entry, outcome) for entry, outcome in zip(sent, outcomes, strict=True) if not outcome.uncertain]
    session.ledger.record(run, [(entry.seq, Settlement.of(outcome)) for entry, outcome in pairs])
    return [outcome for _, outcome in pairs]
