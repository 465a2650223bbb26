"""Keeps the journal of one run: intent is on disk before a request leaves, and waiting entries share a commit."""

from __future__ import annotations

import asyncio
import time
from secrets import token_hex

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
    """Gathers entries while a commit is under way and writes them together in the next one."""

    def __init__(self, ledger: Recorder, run: str) -> None:
        self.run = run
        self._ledger = ledger
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def sent(self, seq: int) -> None:
        """Records that a change is about to be sent; returns as soon as that is on disk."""
        await self._write((seq, None))

    async def settled(self, seq: int, outcome: Outcome) -> None:
        """Records an outcome; returns as soon as it is on disk."""
        await self._write((seq, Settlement.of(outcome)))

    async def _write(self, entry: Entry) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._drain())
        await written

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._ledger.record, self.run, [entry for entry, _ in batch])
            except Exception as error:  # noqa: BLE001 - every waiter gets it
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
            else:
                for _, written in batch:
                    if not written.done():
                        written.set_result(None)
