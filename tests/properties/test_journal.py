"""The journal, whichever way its workers take turns and whichever commit fails."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from heapscim.errors import LedgerError
from heapscim.ledger.entries import Entry
from heapscim.ledger.journal import LedgerJournal
from heapscim.model.changes import DeactivateUser
from heapscim.model.outcomes import Outcome
from tests.fakes.patience import PATIENCE


@dataclass
class Disk:
    """Keeps what is written, but for one commit that fails. Each commit takes so many turns of the event loop."""

    failing: int
    """The number of the commit that fails, if there are so many."""
    slow: int
    turn: threading.Event = field(default_factory=threading.Event)
    commits: int = 0
    kept: list[tuple[int, bool]] = field(default_factory=list)
    """The place of each entry that is on disk, and whether it is an outcome."""

    def record(self, _run: str, entries: Iterable[Entry]) -> None:
        for _ in range(self.slow):
            self.turn.clear()
            assert self.turn.wait(PATIENCE)
        self.commits += 1
        if self.commits == self.failing:
            raise LedgerError("The disk is full.")
        self.kept += [(seq, settlement is not None) for seq, settlement in entries]


@dataclass
class Run:
    """Workers that journal changes one after the other; each request takes so many turns of the event loop."""

    disk: Disk
    turns: list[int]
    sent: list[int] = field(default_factory=list)
    known: list[tuple[int, bool]] = field(default_factory=list)
    """The outcomes that were told, in their order."""

    async def work(self, journal: LedgerJournal, waiting: Iterator[tuple[int, int]]) -> None:
        for seq, turns in waiting:
            before = list(self.known)
            await journal.sent(seq)
            kept = set(self.disk.kept)
            assert (seq, False) in kept, "an intent is on disk before its request leaves"
            assert kept.issuperset(before), "and so is every outcome that was known when it was written"
            self.sent.append(seq)
            for _ in range(turns):
                await asyncio.sleep(0)
            self.known.append((seq, True))
            await journal.settled(seq, Outcome(DeactivateUser("A", None, "ada@x.org", "left"), "done", id="A"))

    async def tick(self) -> None:
        while True:
            self.disk.turn.set()
            await asyncio.sleep(0)

    async def whole(self, workers: int) -> list[BaseException]:
        waiting = iter(list(enumerate(self.turns)))
        ticking = asyncio.create_task(self.tick())
        with LedgerJournal(self.disk, "r") as journal:
            ended = await asyncio.gather(*(self.work(journal, waiting) for _ in range(workers)), return_exceptions=True)
            ended += await asyncio.gather(journal.flush(), return_exceptions=True)
        ticking.cancel()
        return [error for error in ended if error is not None]


@given(
    st.lists(st.integers(0, 4), min_size=8, max_size=20),
    st.integers(1, 5),
    st.integers(1, 14),
    st.integers(0, 3),
)
def test_nothing_is_sent_that_is_not_on_disk_and_no_error_stays_unsaid(
    turns: list[int], workers: int, failing: int, slow: int
) -> None:
    run = Run(Disk(failing, slow), turns)
    errors = asyncio.run(run.whole(workers))
    assert all(isinstance(error, LedgerError) for error in errors), errors
    has_failed = run.disk.commits >= failing
    assert bool(errors) == has_failed
    intents, outcomes = ({seq for seq, settled in run.disk.kept if settled == wanted} for wanted in (False, True))
    assert outcomes <= intents == set(run.sent)
    if not has_failed:
        assert outcomes == set(range(len(turns)))
