"""Applies a plan: phase by phase, side by side within a phase, each change journaled before and after.

The only way anything is written to Heap. One failure never stops the others; a change is done only once it was seen to
be so, at the latest at the end of its phase.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from heapscim import errors
from heapscim.effort import Effort, measured
from heapscim.pacing import Timing
from heapscim.provisioning.breaking import Breaker
from heapscim.provisioning.changes import LOCAL, PHASES, Change
from heapscim.provisioning.comparing import Accepted
from heapscim.provisioning.executing import Executor
from heapscim.provisioning.outcomes import Outcome, RunResult
from heapscim.provisioning.plan import Plan
from heapscim.provisioning.recording import Journal, Observer
from heapscim.provisioning.second_forms import carry_through
from heapscim.provisioning.target import Target
from heapscim.provisioning.untangling import stepping_aside
from heapscim.provisioning.verifying import Verifier

_NONE = Effort()


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How a plan is applied."""

    workers: int = 8
    """Changes under way at a time; requests are limited further down."""
    unreadable: frozenset[str] = frozenset()
    """Attributes the tenant doesn't show, so that answers can't be held against them."""
    breaker_share: float = 0.40
    """Share of failures above which the run stops. Changes that only the ledger records don't count."""
    breaker_attempts: int = 20
    """Attempts before the share is judged."""
    timing: Timing = Timing()
    """For the waits between looks at a change that seems not to have happened."""


async def apply(
    plan: Plan, target: Target, journal: Journal, observer: Observer, *, options: ApplyOptions = ApplyOptions()
) -> RunResult:
    """Applies every change of a plan. Failures are outcomes; only a journal that can't be written raises.

    When cancelled it finishes what is under way, records it and answers with ``interrupted``; cancelled once more it
    stops at once, and what was under way stays ``sent`` in the journal.
    """
    return await _Run(plan, target, journal, observer, options).complete()


class _Run:
    def __init__(self, plan: Plan, target: Target, journal: Journal, observer: Observer, options: ApplyOptions) -> None:
        self._plan = plan
        self._executor = Executor(target, unreadable=options.unreadable, timing=options.timing)
        self._verifier = Verifier(target, unreadable=options.unreadable, timing=options.timing)
        self._journal = journal
        self._observer = observer
        self._options = options
        self._outcomes: dict[int, Outcome] = {}
        self._unseen: list[tuple[int, Accepted, Effort]] = []
        self._waiting: list[tuple[int, Outcome, Effort]] = []
        self._breaker = Breaker(options.breaker_share, options.breaker_attempts)
        self._looking = asyncio.Lock()
        self._stopped: str | None = None

    async def complete(self) -> RunResult:
        work = asyncio.create_task(self._whole())
        interrupted = False
        while not work.done():
            try:
                await asyncio.wait({work})
            except asyncio.CancelledError:
                if interrupted:
                    work.cancel()
                    raise
                interrupted = True
                self._stopped = self._stopped or "The run was interrupted."
                if (task := asyncio.current_task()) is not None:
                    task.uncancel()
        work.result()
        outcomes = tuple(self._outcomes[seq] for seq in range(len(self._plan.changes)))
        return RunResult(self._journal.run, outcomes, interrupted=interrupted)

    async def _whole(self) -> None:
        self._observer.started(len(self._plan.changes))
        for phase in _phases(self._plan.changes):
            await self._side_by_side(phase)
            await self._untangle()
            await self._look()
        for seq, change in enumerate(self._plan.changes):
            if seq not in self._outcomes:  # stays planned in the journal, for a resume
                self._outcomes[seq] = Outcome(change, "not_attempted", message=self._stopped)

    async def _side_by_side(self, phase: Iterator[tuple[int, Change]]) -> None:
        """Works through a phase. Where one worker fails, the others finish the change they are at."""
        workers = [asyncio.create_task(self._work(phase)) for _ in range(self._options.workers)]
        try:
            await asyncio.wait(workers)
        except asyncio.CancelledError:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            raise
        for error in [worker.exception() for worker in workers]:  # asked of each, lest asyncio complains of the rest
            if error is not None:
                raise error

    async def _work(self, phase: Iterator[tuple[int, Change]]) -> None:
        for seq, change in phase:
            async with self._looking:  # nothing more is sent before it is known what became of the first
                pass
            if self._stopped is not None:
                return
            try:
                await self._one(seq, change)
            except (errors.LedgerError, errors.Busy):
                self._stopped = "The ledger can't be written."
                raise

    async def _one(self, seq: int, change: Change, before: Effort = _NONE) -> None:
        if change.kind not in LOCAL:
            await self._journal.sent(seq)
        with measured() as effort:
            effort.attempts, effort.seconds = before.attempts, before.seconds
            executed = await self._executor.execute(change)
        if isinstance(executed, Outcome):
            if executed.error_code == errors.Taken.code and change.kind in ("create_group", "rename_group"):
                self._waiting.append((seq, executed, effort))
            else:
                await self._settle(seq, executed, effort)
            return
        self._unseen.append((seq, executed, effort))
        if len(self._unseen) >= self._breaker.attempts and not self._breaker.is_reassured:
            async with self._looking:
                await self._look()

    async def _untangle(self) -> None:
        """Tries again, in turn, what waits for a name that another group of this phase has left meanwhile.

        Groups that swap names wait for each other for ever: then one of them steps aside.
        """
        moved: set[str] = set()
        while self._waiting and self._stopped is None:
            waiting, self._waiting = self._waiting, []
            for seq, outcome, effort in waiting:
                await self._one(seq, outcome.change, effort)
            if len(self._waiting) < len(waiting):
                continue
            blocking = stepping_aside(outcome.change for _, outcome, _ in self._waiting)
            if blocking is None or blocking.id in moved or not await self._executor.move_aside(blocking):
                break
            moved.add(blocking.id)
        waiting, self._waiting = self._waiting, []
        for seq, outcome, effort in waiting:
            await self._settle(seq, outcome, effort)

    async def _look(self) -> None:
        """Settles what Heap accepted without showing it.

        That waits for the end of a phase, where one look serves all, unless the first of them did not turn out well:
        then the breaker must hear of it in time.
        """
        unseen, self._unseen = self._unseen, []
        if not unseen:
            return
        outcomes = await self._verifier.settle([accepted for _, accepted, _ in unseen])
        sent = [(accepted, effort) for _, accepted, effort in unseen]
        outcomes = await carry_through(sent, outcomes, self._executor, self._verifier)
        self._executor.note_looks(outcomes)
        self._breaker.is_reassured = all(outcome.status == "done" for outcome in outcomes)
        await asyncio.gather(
            *(self._settle(seq, outcome, effort) for (seq, _, effort), outcome in zip(unseen, outcomes, strict=True))
        )

    async def _settle(self, seq: int, outcome: Outcome, effort: Effort) -> None:
        outcome = replace(outcome, attempts=effort.attempts, seconds=round(effort.seconds, 6))
        self._executor.note(outcome)
        if not outcome.uncertain:
            await self._journal.settled(seq, outcome)
        self._outcomes[seq] = outcome
        self._observer.finished(outcome)
        if outcome.error_code == errors.Unauthenticated.code:
            self._stopped = outcome.message
        elif self._stopped is None:
            self._stopped = self._breaker.judge(outcome)


def _phases(changes: Iterable[Change]) -> Iterator[Iterator[tuple[int, Change]]]:
    numbered = tuple(enumerate(changes))
    for kinds in PHASES:
        yield iter([(seq, change) for seq, change in numbered if change.kind in kinds])
