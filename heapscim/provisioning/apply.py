"""Applies a plan: phase by phase, side by side within a phase, each change journaled before and after.

The only way anything is written to Heap. One failure never stops the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from heapscim import errors
from heapscim.effort import measured
from heapscim.provisioning.changes import LOCAL, PHASES, Change
from heapscim.provisioning.executing import Executor
from heapscim.provisioning.outcomes import Outcome, RunResult
from heapscim.provisioning.plan import Plan
from heapscim.provisioning.target import Target


class Journal(Protocol):
    """Makes intents and outcomes durable."""

    run: str
    """The run's name."""

    async def sent(self, seq: int) -> None:
        """Returns once the intent is durable."""
        ...

    async def settled(self, seq: int, outcome: Outcome) -> None:
        """Returns once the outcome is durable."""
        ...


class Observer(Protocol):
    """Is told how a run goes on."""

    def started(self, total: int) -> None:
        """So many changes will be attempted."""
        ...

    def finished(self, outcome: Outcome) -> None:
        """One change is settled."""
        ...


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How a plan is applied."""

    workers: int = 8
    """Changes under way at a time; requests are limited further down."""
    unreadable: frozenset[str] = frozenset()
    """Attributes the tenant doesn't show, so that answers can't be held against them."""
    breaker_share: float = 0.40
    """Share of failures above which the run stops."""
    breaker_attempts: int = 20
    """Attempts before the share is judged."""


async def apply(
    plan: Plan, target: Target, journal: Journal, observer: Observer, *, options: ApplyOptions = ApplyOptions()
) -> RunResult:
    """Applies every change of a plan. Failures are outcomes; LedgerError alone is raised: no journal, no writes.

    When cancelled it finishes what is under way, records it and answers with ``interrupted``.
    """
    return await _Run(plan, target, journal, observer, options).complete()


class _Run:
    def __init__(self, plan: Plan, target: Target, journal: Journal, observer: Observer, options: ApplyOptions) -> None:
        self._plan = plan
        self._executor = Executor(target, unreadable=options.unreadable)
        self._journal = journal
        self._observer = observer
        self._options = options
        self._outcomes: dict[int, Outcome] = {}
        self._stopped: str | None = None
        self._interrupted = False
        self._failed = 0

    async def complete(self) -> RunResult:
        self._observer.started(len(self._plan.changes))
        for phase in _phases(self._plan.changes):
            workers = [asyncio.create_task(self._work(phase)) for _ in range(self._options.workers)]
            await self._all(workers)
        for seq, change in enumerate(self._plan.changes):
            if seq not in self._outcomes:
                outcome = Outcome(change, "not_attempted", message=self._stopped or "The run was interrupted.")
                await self._settle(seq, outcome)
        outcomes = tuple(self._outcomes[seq] for seq in range(len(self._plan.changes)))
        return RunResult(self._journal.run, outcomes, interrupted=self._interrupted)

    async def _all(self, workers: list[asyncio.Task[None]]) -> None:
        """Waits for all workers; a cancellation lets each finish the change it is at, and no more are begun."""
        while pending := [worker for worker in workers if not worker.done()]:
            try:
                await asyncio.wait(pending)
            except asyncio.CancelledError:
                if self._interrupted:
                    for worker in pending:
                        worker.cancel()
                    raise
                self._interrupted = True
                self._stopped = "The run was interrupted."
        for worker in workers:
            worker.result()

    async def _work(self, phase: Iterator[tuple[int, Change]]) -> None:
        for seq, change in phase:
            if self._stopped is not None:
                return
            try:
                await self._one(seq, change)
            except errors.LedgerError:
                self._stopped = "The ledger can't be written."
                raise

    async def _one(self, seq: int, change: Change) -> None:
        if change.kind not in LOCAL:
            await self._journal.sent(seq)
        with measured() as effort:
            try:
                outcome = await self._executor.execute(change)
            except errors.Unauthenticated as error:
                self._stopped = error.message
                outcome = Outcome(change, "failed", error_code=error.code, message=error.message, hint=error.hint)
        await self._settle(seq, replace(outcome, attempts=effort.attempts, seconds=round(effort.seconds, 6)))
        self._judge_failures()

    async def _settle(self, seq: int, outcome: Outcome) -> None:
        await self._journal.settled(seq, outcome)
        self._outcomes[seq] = outcome
        self._failed += outcome.status == "failed"
        self._observer.finished(outcome)

    def _judge_failures(self) -> None:
        attempted = len(self._outcomes)
        if attempted >= self._options.breaker_attempts and self._failed > self._options.breaker_share * attempted:
            self._stopped = f"Stopped: {self._failed} of {attempted} changes had failed."


def _phases(changes: Iterable[Change]) -> Iterator[Iterator[tuple[int, Change]]]:
    numbered = tuple(enumerate(changes))
    for kinds in PHASES:
        yield iter([(seq, change) for seq, change in numbered if change.kind in kinds])
