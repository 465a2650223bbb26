"""Finds out what became of changes in doubt after a run was cut off, and records it.

``plan`` finds it out, too, but records nothing: it shows what a sync would do after recording it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from heapscim.errors import ResponseLost
from heapscim.execution.circuit_breaker import POSSIBLY_MADE
from heapscim.execution.in_doubt import NOT_OURS, ResolveContext, kind_of, resolve
from heapscim.execution.verification import Verifier
from heapscim.ledger.entries import Settlement
from heapscim.model.changes import is_about_a_user, subject
from heapscim.model.outcomes import Outcome, Recorded
from heapscim.model.plan import Plan
from heapscim.model.state import Links, match_key
from heapscim.output.change_labels import counted
from heapscim.planning.fresh_links import FreshLinks
from heapscim.workflows.session import Session


@dataclass(frozen=True, slots=True)
class Resolution:
    """Holds what was found out about runs that were cut off."""

    links: Links
    """All links, with those that were found."""
    fresh: FreshLinks = FreshLinks()
    """The links that were found just now."""
    notices: tuple[str, ...] = ()

    def with_notices(self, plan: Plan) -> Plan:
        """Returns the plan with these notices before its own."""
        return replace(plan, notices=(*self.notices, *plan.notices)) if self.notices else plan


async def resolve_cut_off(session: Session) -> Resolution:
    """Looks for every change in doubt, records what is found, and tells the user how many there were."""
    resolution = await _Resolver(session, records=True).all_runs()
    for notice in resolution.notices:
        session.screen.notice(notice)
    return resolution


async def inspect_cut_off(session: Session) -> Resolution:
    """Looks for every change in doubt and records nothing. Another run in progress isn't one that was cut off."""
    if not session.ledger.in_doubt():
        return Resolution(session.ledger.links())
    holder = session.lock.holder()
    if holder is not None:
        words = f"Another run is in progress: {holder}. What it has sent and not yet recorded is missing here."
        return Resolution(session.ledger.links(), notices=(words,))
    return await _Resolver(session, records=False).all_runs()


class _Resolver:
    def __init__(self, session: Session, *, records: bool) -> None:
        self._session = session
        self._records = records
        self._links = session.ledger.links()
        self._settlements: list[Settlement] = []
        self._fresh = FreshLinks()
        self._notices: list[str] = []

    async def all_runs(self) -> Resolution:
        for run, sent in self._session.ledger.in_doubt().items():
            people = [entry for entry in sent if is_about_a_user(entry.change)]
            groups = [entry for entry in sent if not is_about_a_user(entry.change)]
            settled = [*await self._resolve(run, people), *await self._resolve(run, groups)]
            done = sum(outcome.status == "done" for outcome in settled)
            doing = "" if self._records else " The next sync records this first."
            self._notices.append(
                f"Run {run} was cut off with {counted(len(sent), 'change')} in doubt: {done} carried out, "
                f"{len(settled) - done} not, {len(sent) - len(settled)} not known yet.{doing}"
            )
        return Resolution(self._links, self._fresh, tuple(self._notices))

    async def _resolve(self, run: str, sent: list[Recorded]) -> list[Outcome]:
        """Resolves users or groups. Groups come after users, since they refer to the users' links."""
        if not sent:
            return []
        session = self._session
        first_sent = min(entry.first_sent or 0.0 for entry in sent)
        outcomes = await resolve(sent, self._sight(first_sent))
        pairs = [(entry, outcome) for entry, outcome in zip(sent, outcomes, strict=True) if not outcome.uncertain]
        entries = [(entry.seq, Settlement.of(outcome)) for entry, outcome in pairs]
        if self._records:
            session.ledger.record(run, entries)
            self._links = session.ledger.links()
        else:
            self._settlements += [settlement for _, settlement in entries]
            self._links = session.ledger.links_after(self._settlements)
        session.possibly_made.update(
            ((kind_of(outcome.change), match_key(subject(outcome.change))), str(outcome.message))
            for outcome in outcomes
            if outcome.error_code == POSSIBLY_MADE
        )
        looked = [outcome for entry, outcome in pairs if entry.id is None]
        self._fresh = self._fresh.with_outcomes(run, looked)
        self._notices += _remarks(run, outcomes)
        return [outcome for _, outcome in pairs]

    def _sight(self, first_sent: float) -> ResolveContext:
        session = self._session
        return ResolveContext(
            target=session.tenant,
            verifier=Verifier(session.tenant, unreadable=session.unreadable, timing=session.context.timing),
            links=self._links,
            now=session.context.timing.now(),
            arrival=session.arrival,
            unreadable=session.unreadable,
            known={kind: session.ledger.known_ids(kind, before=first_sent) for kind in ("user", "group")},
        )


def _remarks(run: str, outcomes: Sequence[Outcome]) -> list[str]:
    """Returns notices about single creates: what isn't ours, and what may still arrive."""
    return [
        f"Run {run}, {subject(outcome.change)}: {outcome.message} {outcome.hint}"
        for outcome in outcomes
        if outcome.error_code in (NOT_OURS, POSSIBLY_MADE, ResponseLost.code)
    ]
