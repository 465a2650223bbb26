"""Keeps the journal of one run: intent is on disk before a request leaves, and waiting entries share a commit.

One thread writes, a commit at a time. What comes meanwhile waits, so an outcome shares the commit of the intent after
it: only a crash between the two loses it, and then the change is in doubt, and the next run looks at it.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from secrets import token_hex
from types import TracebackType
from typing import Self

from heapscim.ledger.entries import Entry, OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.protocol import Recorder, RunLog
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import Plan


def begin_run(log: RunLog, plan: Plan, context: RunContext, *, continues: str | None = None) -> str:
    """Records a run with all changes of a plan as planned; returns the run's name."""
    head = RunHead(plan.command, plan.source, plan.fingerprint, context, continues)
    return log.begin(head, map(OperationDraft.of, plan.changes), plan.adoptions)


def draw_name(now: float) -> str:
    """Returns a name for a run that begins now, in seconds since 1970: names are sortable by time."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + token_hex(2)


class LedgerJournal:
    """Gathers entries while a commit is under way and writes them together in the next one.

    As a context manager, it writes at the end what an error or an interruption has left waiting.
    """

    def __init__(self, ledger: Recorder, run: str) -> None:
        self.run = run
        self._ledger = ledger
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._entries: list[Entry] = []
        self._waiters: list[asyncio.Future[None]] = []
        """Those who wait for the entries so far."""
        self._is_busy = False
        """Whether a commit is under way, or about to begin."""
        self._is_closed = False
        self._error: BaseException | None = None
        """Why a commit failed. From then on, outcomes are still written if that is possible, and nothing is sent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, type: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_closed = True
        if outcomes := _outcomes_in(self._entries):
            self._thread.submit(self._ledger.record, self.run, outcomes)  # if that fails, they are in doubt
        self._thread.shutdown()

    async def sent(self, seq: int) -> None:
        """Records that a change is about to be sent; returns as soon as that, and all before it, is on disk."""
        self._raise_error()
        await self._added([(seq, None)])

    async def settled(self, seq: int, outcome: Outcome) -> None:
        """Records an outcome with the next commit; the next intent or ``flush`` raises the error if that fails."""
        self._entries.append((seq, Settlement.of(outcome)))
        self._begin_commit()
        self._raise_error()

    async def flush(self) -> None:
        """Returns as soon as everything is on disk; raises the error if something isn't."""
        if self._is_busy:
            await self._added([])
        self._raise_error()

    async def _added(self, entries: list[Entry]) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._entries += entries
        self._waiters.append(written)
        self._begin_commit()
        await written

    def _begin_commit(self) -> None:
        """Begins a commit once all tasks that can go on now have had their turn: their entries share it."""
        if not self._is_busy:
            self._is_busy = True
            asyncio.get_running_loop().call_soon(self._commit)

    def _commit(self) -> None:
        entries, self._entries = self._entries, []
        waiters, self._waiters = self._waiters, []
        if self._is_closed:  # after an error: what was waiting then is written already
            for written in waiters:
                written.cancel()
            return
        if self._error is not None:  # no intent is worth writing any more
            entries = _outcomes_in(entries)
        if not entries:  # the commit that has just ended was theirs
            self._end_commit(waiters, None)
            return
        loop = asyncio.get_running_loop()

        def end(commit: Future[None]) -> None:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(self._end_commit, waiters, commit.exception())

        self._thread.submit(self._ledger.record, self.run, entries).add_done_callback(end)

    def _end_commit(self, waiters: list[asyncio.Future[None]], error: BaseException | None) -> None:
        self._error = self._error or error
        for written in waiters:
            if not written.done():
                written.set_result(None) if self._error is None else written.set_exception(self._error)
        self._is_busy = False
        if self._entries or self._waiters:
            self._begin_commit()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error


def _outcomes_in(entries: list[Entry]) -> list[Entry]:
    return [(seq, settlement) for seq, settlement in entries if settlement is not None]
