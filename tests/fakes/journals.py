"""A journal in memory, and an observer that remembers."""

from collections.abc import Callable
from dataclasses import dataclass, field

from heapscim import errors
from heapscim.http.rate_limit import Timing
from heapscim.model.outcomes import Outcome


@dataclass
class MemoryJournal:
    """Remembers the last state of each change, in the order they were recorded; breaks after so many records."""

    run: str = "run-1"
    states: dict[int, str] = field(default_factory=dict)
    events: list[tuple[int, str]] = field(default_factory=list)
    breaks_after: int | None = None
    on_event: Callable[[int, str], None] | None = None

    async def sent(self, seq: int) -> None:
        self._record(seq, "sent")

    async def settled(self, seq: int, outcome: Outcome) -> None:
        self._record(seq, outcome.status)

    async def flush(self) -> None:
        pass

    def _record(self, seq: int, state: str) -> None:
        if self.breaks_after is not None and len(self.events) >= self.breaks_after:
            raise errors.LedgerError("The disk is full.")
        self.states[seq] = state
        self.events.append((seq, state))
        if self.on_event is not None:
            self.on_event(seq, state)


@dataclass
class Watcher:
    """An observer that remembers what it was told."""

    total: int | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    waits: list[tuple[int, float]] = field(default_factory=list)

    def started(self, total: int) -> None:
        self.total = total

    def looking(self, count: int) -> None:
        assert count

    def waiting(self, count: int, seconds: float) -> None:
        self.waits.append((count, seconds))

    def finished(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


BEGUN = 1_700_000_000.0


@dataclass
class Naps:
    """Sleeps at once and remembers for how long; its clock goes on with that."""

    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    @property
    def timing(self) -> Timing:
        return Timing(lambda: sum(self.slept), lambda: BEGUN + sum(self.slept), sleep=self.sleep, chance=lambda: 1.0)
