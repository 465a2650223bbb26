"""Applies a plan phase by phase, with changes side by side within a phase, each journaled before and after.

This is the only way that anything is written to Heap. One failure never stops the others. A change is done only once
Heap showed its effect, at the end of its phase at the latest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from heapscim import errors
from heapscim.execution.circuit_breaker import CircuitBreaker
from heapscim.execution.creation import CreateFinding, Creation, Lost, Patience, Pending, held_back
from heapscim.execution.doubles import with_doubles
from heapscim.execution.executor import Answered, Executor
from heapscim.execution.expectation import Expectation
from heapscim.execution.phases import names_of_creates, phases
from heapscim.execution.ports import Journal, Observer, Target
from heapscim.execution.rename_cycles import stepping_aside
from heapscim.execution.second_forms import carry_through
from heapscim.execution.verification import Verifier
from heapscim.http.rate_limit import Timing
from heapscim.http.request_stats import RequestStats, measured
from heapscim.model.changes import LOCAL, Change, CreateGroup, CreateUser, is_about_a_user, subject
from heapscim.model.outcomes import Outcome, RunResult
from heapscim.model.plan import Plan
from heapscim.model.state import Kind, Links, match_key
from heapscim.planning.name_forms import NameForms

_NONE = RequestStats()
_TWICE = "Stopped: Heap keeps names in a form of its own, and has one of these already. Look at what was made twice."


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """Says how a plan is applied."""

    timing: Timing
    """For the waits between looks at a change that seems to have had no effect."""
    workers: int = 8
    """The number of changes in progress at a time; requests are limited further down."""
    unreadable: frozenset[str] = frozenset()
    """Attributes that the tenant doesn't show, so that they can't be compared."""
    breaker_share: float = 0.40
    """The share of failures above which the run stops. Changes that only the ledger records don't count."""
    breaker_attempts: int = 20
    """The number of attempts before the share counts."""
    arrival: float = 60.0
    """Seconds from sending within which a request without a response may still arrive."""
    retries: int = 5
    """How often a create without a response is sent again, if that is safe."""
    pending: Mapping[tuple[Kind, str], Pending] = field(default_factory=dict)
    """Creates of earlier runs whose end is unknown, by kind and folded name."""
    links: Links = Links()
    """Everything that is managed when the run begins."""


async def apply(
    plan: Plan, target: Target, journal: Journal, observer: Observer, *, options: ApplyOptions
) -> RunResult:
    """Applies every change of a plan. A failure is an outcome; only a journal that can't be written raises an error.

    If cancelled, it finishes the changes in progress, records them and returns with ``interrupted``. Cancelled once
    more, it stops at once, and the changes in progress stay ``sent`` in the journal.
    """
    return await _Run(plan, target, journal, observer, options).complete()


class _Run:
    def __init__(self, plan: Plan, target: Target, journal: Journal, observer: Observer, options: ApplyOptions) -> None:
        self._plan = plan
        self._target = target
        self._forms = NameForms(options.links)
        self._executor = Executor(target, unreadable=options.unreadable, forms=self._forms, links=options.links)
        self._expected = names_of_creates(plan.changes)
        self._verifier = Verifier(target, unreadable=options.unreadable, timing=options.timing)
        self._journal = journal
        self._observer = observer
        self._options = options
        self._outcomes: dict[int, Outcome] = {}
        self._unseen: list[tuple[int, Expectation, RequestStats]] = []
        self._waiting: list[tuple[int, Outcome, RequestStats]] = []
        self._breaker = CircuitBreaker(options.breaker_share, options.breaker_attempts)
        self._creation = self._new_creation()
        self._sent_twice: list[tuple[int, Outcome, RequestStats]] = []
        self._looking = asyncio.Lock()
        self._stopped: str | None = None
        self._efforts: dict[int, RequestStats] = {}
        self._seen_to: set[int] = set()
        self._told_to_wait = False

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
        for kind, phase in phases(self._plan.changes):
            if kind is not None and not self._forms.has_seen(kind):  # how Heap keeps the first name tells of the others
                await self._side_by_side(islice(phase, 1))
            await self._side_by_side(phase)
            await self._resolve()
            await self._untangle()
            await self._resolve()
            await self._look()
            await self._look_for_doubles()
        await self._journal.flush()
        for seq, change in enumerate(self._plan.changes):
            if seq not in self._outcomes:  # stays planned in the journal, for a resume
                self._outcomes[seq] = Outcome(change, "not_attempted", message=self._stopped)

    async def _side_by_side(self, phase: Iterator[tuple[int, Change]]) -> None:
        """Works through a phase. If one worker fails, the others finish their current change."""
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

    async def _one(self, seq: int, change: Change, before: RequestStats = _NONE) -> None:
        before = self._efforts.pop(seq, before)
        if await self._is_held_back(seq, change):
            return
        if change.kind not in LOCAL:
            await self._journal.sent(seq)
        with measured() as effort:
            effort.attempts, effort.seconds = before.attempts, before.seconds
            executed = await self._executor.execute(change)
        if isinstance(executed, Lost):
            self._efforts[seq] = effort
            self._creation.note_lost(seq, executed, sent_ago=effort.latest)
            self._stopped = self._stopped or self._breaker.strained(len(self._creation.doubts))
        elif self._creation.note_answered(seq, executed if isinstance(executed, Outcome) else None):
            await self._take(seq, executed, effort)
        else:
            self._efforts[seq] = effort

    async def _take(self, seq: int, executed: Answered, effort: RequestStats) -> None:
        """Records an outcome that is known, and keeps everything else for a later look."""
        if isinstance(executed, Outcome):
            names = ("create_group", "rename_group")
            if executed.error_code == errors.Taken.code and executed.change.kind in names:
                self._waiting.append((seq, executed, effort))
            else:
                await self._settle(seq, executed, effort)
            return
        self._unseen.append((seq, executed, effort))
        if executed.namesakes:
            self._stopped = self._stopped or _TWICE
        if len(self._unseen) >= self._breaker.attempts and not self._breaker.is_reassured:
            async with self._looking:
                await self._look()

    async def _is_held_back(self, seq: int, change: Change) -> bool:
        """Returns whether a create must wait, since an earlier run's request for that name may still arrive."""
        earlier = self._options.pending
        if not earlier or not isinstance(change, CreateUser | CreateGroup) or seq in self._seen_to:
            return False
        kind: Kind = "user" if is_about_a_user(change) else "group"
        pending = earlier.get((kind, match_key(subject(change))))
        if pending is None:
            return False
        self._seen_to.add(seq)
        if pending.possible is not None:
            await self._settle(seq, held_back(change, pending), _NONE)
        elif self._options.timing.now() >= pending.sending.ends or self._target.names_are_unique(kind):
            self._creation.note_pending(seq, self._executor.asked(change), pending)
        else:
            await self._settle(seq, held_back(change, pending), _NONE)
        return True

    def _new_creation(self) -> Creation:
        options = self._options
        patience = Patience(options.timing, options.arrival, options.retries)
        return Creation(self._target, patience, self._expected, lambda: self._executor.made, self._forms)

    async def _resolve(self) -> None:
        """Finds out what became of creates without a response; sends again those that can no longer arrive."""
        creation = self._creation
        while creation.doubts:
            await creation.pause(lambda: self._stopped is not None)
            await asyncio.gather(*map(self._conclude, await creation.look()))
            if self._stopped is not None:
                break
            again = creation.sendable()
            if again:
                await self._side_by_side(iter([(seq, self._plan.changes[seq]) for seq in again]))
            elif not self._is_worth_waiting():
                break
        await asyncio.gather(*map(self._conclude, creation.give_up()))

    def _is_worth_waiting(self) -> bool:
        """Returns whether something may still arrive; the observer is told once in a phase."""
        count, seconds = self._creation.waits
        if count and not self._told_to_wait:
            self._told_to_wait = True
            self._observer.waiting(count, seconds)
        return count > 0

    async def _conclude(self, finding: CreateFinding) -> None:
        effort = self._efforts.pop(finding.seq, _NONE)
        if finding.outcome is not None:
            await self._settle(finding.seq, finding.outcome, effort)
            return
        if finding.has_double:
            self._creation.sent_twice.add(finding.seq)
        if finding.there is not None:
            await self._take(finding.seq, await self._executor.found(finding.asked, finding.there), effort)

    async def _look_for_doubles(self) -> None:
        """Records the outcome of creates that were sent twice, once it is known whether two came about."""
        held, self._sent_twice = self._sent_twice, []
        self._creation, self._told_to_wait = self._new_creation(), False
        outcomes = await with_doubles([outcome for _, outcome, _ in held], self._target)
        for (seq, _, effort), outcome in zip(held, outcomes, strict=True):
            await self._settle(seq, outcome, effort)

    async def _untangle(self) -> None:
        """Tries again, one after the other, the renames to names that other groups of this phase have left meanwhile.

        Groups that swap names wait for each other for ever: then one of them gets an interim name.
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
        """Records the outcome of changes that Heap accepted without showing their effect.

        That waits for the end of a phase, where one look serves all. If the last look found a failure, it doesn't wait:
        the circuit breaker must hear of failures in time.
        """
        unseen, self._unseen = self._unseen, []
        if not unseen:
            return
        self._observer.looking(len(unseen))
        outcomes = await self._verifier.verify([expected for _, expected, _ in unseen])
        sent = [(expected, effort) for _, expected, effort in unseen]
        outcomes = await carry_through(sent, outcomes, self._executor, self._verifier)
        self._executor.note_looks(outcomes)
        self._breaker.is_reassured = all(outcome.status == "done" for outcome in outcomes)
        await asyncio.gather(
            *(self._settle(seq, outcome, effort) for (seq, _, effort), outcome in zip(unseen, outcomes, strict=True))
        )

    async def _settle(self, seq: int, outcome: Outcome, effort: RequestStats) -> None:
        if outcome.id is not None and seq in self._creation.sent_twice:
            self._sent_twice.append((seq, outcome, effort))
            return
        outcome = replace(outcome, attempts=effort.attempts, seconds=round(effort.seconds, 6))
        self._executor.note(outcome)
        if not outcome.uncertain:
            await self._journal.settled(seq, outcome)
        if outcome.status != "done":
            await self._journal.flush()
        self._outcomes[seq] = outcome
        self._observer.finished(outcome)
        if outcome.error_code == errors.Unauthenticated.code:
            self._stopped = outcome.message
        elif self._stopped is None:
            self._stopped = self._breaker.judge(outcome)
