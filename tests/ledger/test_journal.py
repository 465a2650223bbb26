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
    written: threading.Event = field(default_factory=threading.Event)

    def record(self, run: str, entries: Iterable[Entry]) -> None:
        assert run == "r"
        self.gate.wait(PATIENCE)
        if self.fails:
            raise LedgerError("The disk is full.")
        self.commits.append(list(entries))
        self.written.set()


def test_what_waits_while_a_commit_is_under_way_shares_the_next_one() -> None:
    recorder = Recorder()

    async def all_of_it() -> None:
        journal = LedgerJournal(recorder, "r")
        first = asyncio.create_task(journal.sent(0))
        await asyncio.sleep(0.01)
        rest = [asyncio.create_task(journal.sent(seq)) for seq in (1, 2)]
        await asyncio.sleep(0.01)
        await journal.settled(0, Outcome(CHANGE, "done", id="A", attempts=1))
        rest.append(asyncio.create_task(journal.flush()))
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in (first, *rest)), "nothing is said before it is on disk"
        recorder.gate.set()
        await asyncio.gather(first, *rest)

    asyncio.run(all_of_it())
    settlement = Settlement("done", id="A", attempts=1, change=CHANGE)
    assert recorder.commits == [[(0, None)], [(1, None), (2, None), (0, settlement)]]


def test_a_commit_that_fails_fails_everybody_who_waits_for_it_and_who_comes_later() -> None:
    recorder = Recorder(fails=True)
    recorder.gate.set()

    async def all_of_it() -> list[object]:
        journal = LedgerJournal(recorder, "r")
        found: list[object] = list(await asyncio.gather(*map(journal.sent, range(3)), return_exceptions=True))
        recorder.fails = False
        return [*found, *await asyncio.gather(journal.sent(3), journal.flush(), return_exceptions=True)]

    assert [type(error) for error in asyncio.run(all_of_it())] == [LedgerError] * 5
    assert recorder.commits == []


def test_an_outcome_and_the_intent_after_it_share_one_commit() -> None:
    recorder = Recorder()
    recorder.gate.set()

    async def all_of_it() -> None:
        journal = LedgerJournal(recorder, "r")
        await journal.sent(0)
        for seq in range(3):
            await journal.settled(seq, Outcome(CHANGE, "done", id="A"))
            await journal.sent(seq + 1)
        await journal.settled(3, Outcome(CHANGE, "done", id="A"))
        await journal.flush()
        await journal.flush()

    asyncio.run(all_of_it())
    done = Settlement("done", id="A", change=CHANGE)
    assert recorder.commits == [[(0, None)], *([(seq, done), (seq + 1, None)] for seq in range(3)), [(3, done)]]


def test_an_outcome_waits_for_no_further_intent() -> None:
    recorder = Recorder()
    recorder.gate.set()

    async def all_of_it() -> None:
        journal = LedgerJournal(recorder, "r")
        await journal.settled(0, Outcome(CHANGE, "done", id="A"))
        assert await asyncio.to_thread(recorder.written.wait, PATIENCE)

    asyncio.run(all_of_it())
    assert recorder.commits == [[(0, Settlement("done", id="A", change=CHANGE))]]


def test_nothing_is_sent_once_an_outcome_could_not_be_written() -> None:
    recorder = Recorder(fails=True)
    recorder.gate.set()

    async def all_of_it() -> None:
        journal = LedgerJournal(recorder, "r")
        await journal.settled(0, Outcome(CHANGE, "done", id="A"))
        with pytest.raises(LedgerError):
            await journal.flush()
        recorder.fails = False
        with pytest.raises(LedgerError):
            await journal.settled(1, Outcome(CHANGE, "done", id="B"))
        with pytest.raises(LedgerError):
            await journal.sent(2)
        with pytest.raises(LedgerError):
            await journal.flush()

    asyncio.run(all_of_it())
    assert recorder.commits == [[(1, Settlement("done", id="B", change=CHANGE))]], "what is known is kept if it can be"


def test_an_intent_that_waits_is_not_written_once_a_commit_has_failed() -> None:
    class FailingOnce(Recorder):
        def record(self, run: str, entries: Iterable[Entry]) -> None:
            try:
                super().record(run, entries)
            finally:
                self.fails = False

    recorder = FailingOnce(fails=True)

    async def all_of_it() -> list[object]:
        journal = LedgerJournal(recorder, "r")
        await journal.settled(0, Outcome(CHANGE, "done", id="A"))
        await asyncio.sleep(0.01)  # that commit is under way, and fails
        waiting = asyncio.create_task(journal.sent(1))
        await asyncio.sleep(0.01)
        recorder.gate.set()
        return list(await asyncio.gather(waiting, return_exceptions=True))

    assert [type(error) for error in asyncio.run(all_of_it())] == [LedgerError]
    assert recorder.commits == []


def test_at_its_end_a_journal_writes_what_still_waits() -> None:
    recorder = Recorder()

    async def all_of_it() -> None:
        with LedgerJournal(recorder, "r") as journal:
            sent = asyncio.create_task(journal.sent(0))
            await asyncio.sleep(0.01)
            await journal.settled(1, Outcome(CHANGE, "done", id="A"))
            sent.cancel()
            recorder.gate.set()

    asyncio.run(all_of_it())
    assert recorder.commits == [[(0, None)], [(1, Settlement("done", id="A", change=CHANGE))]]


def test_a_commit_that_is_about_to_begin_at_the_end_does_not(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    recorder.gate.set()

    async def all_of_it() -> asyncio.Task[None]:
        with LedgerJournal(recorder, "r") as journal:
            late = asyncio.create_task(journal.sent(1))
            await journal.settled(0, Outcome(CHANGE, "done", id="A"))  # its commit waits for its turn
        await asyncio.wait({late}, timeout=PATIENCE)
        return late

    late = asyncio.run(all_of_it())
    assert late.cancelled(), "an intent that wasn't written lets nothing be sent"
    assert recorder.commits == [[(0, Settlement("done", id="A", change=CHANGE))]]
    assert caplog.text == ""


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
