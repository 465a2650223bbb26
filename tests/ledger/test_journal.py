"""The journal's promises: durable before it answers, commits shared by what waits together, no silence on failure."""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.entries import Entry, Settlement
from heapscim.ledger.journal import LedgerJournal
from heapscim.model.changes import DeactivateUser
from heapscim.model.outcomes import Outcome
from tests.fakes.patience import PATIENCE

CHANGE = DeactivateUser("A", None, "ada@x.org", "left")


@dataclass
class Recorder:
    """Keeps what it is told; waits at the gate, and fails where it should."""

    fails: bool = False
    commits: list[list[Entry]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def record(self, run: str, entries: Iterable[Entry]) -> None:
        assert run == "r"
        self.gate.wait(PATIENCE)
        if self.fails:
            raise LedgerError("The disk is full.")
        self.commits.append(list(entries))


def test_what_waits_while_a_commit_is_under_way_shares_the_next_one() -> None:
    recorder = Recorder()

    async def all_of_it() -> None:
        journal = LedgerJournal(recorder, "r")
        first = asyncio.create_task(journal.sent(0))
        await asyncio.sleep(0.01)
        rest = [asyncio.create_task(journal.sent(seq)) for seq in (1, 2)]
        rest.append(asyncio.create_task(journal.settled(0, Outcome(CHANGE, "done", id="A", attempts=1))))
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in (first, *rest)), "nothing is said before it is on disk"
        recorder.gate.set()
        await asyncio.gather(first, *rest)

    asyncio.run(all_of_it())
    settlement = Settlement("done", id="A", attempts=1, change=CHANGE)
    assert recorder.commits == [[(0, None)], [(1, None), (2, None), (0, settlement)]]


def test_a_commit_that_fails_fails_everybody_who_waits_for_it() -> None:
    recorder = Recorder(fails=True)
    recorder.gate.set()

    async def all_of_it() -> list[object]:
        journal = LedgerJournal(recorder, "r")
        found: list[object] = list(await asyncio.gather(*map(journal.sent, range(3)), return_exceptions=True))
        recorder.fails = False
        await journal.sent(3)
        return found

    assert [type(error) for error in asyncio.run(all_of_it())] == [LedgerError] * 3
    assert recorder.commits == [[(3, None)]]


@pytest.mark.parametrize("fails", [True, False])
def test_whoever_gave_up_waiting_hurts_nobody(fails: bool) -> None:  # noqa: FBT001
    recorder = Recorder(fails=fails)

    async def all_of_it() -> None:
        waiting = asyncio.create_task(LedgerJournal(recorder, "r").sent(0))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.sleep(0)
        recorder.gate.set()
        await asyncio.sleep(0.05)

    asyncio.run(all_of_it())
    assert recorder.commits == ([] if fails else [[(0, None)]])
