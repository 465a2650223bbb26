"""Writes runs and what became of their operations, each call in one transaction with its events and its links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from heapscim.ledger.chain import (
    SETTLED,
    DraftDigest,
    Event,
    begun_text,
    canonical,
    head_columns,
    settled_columns,
    settlement_text,
)
from heapscim.ledger.copying import moved_away
from heapscim.ledger.entries import Entry, OperationDraft, RunHead, Settlement
from heapscim.ledger.journal import draw_name
from heapscim.ledger.linking import settle, take_over
from heapscim.ledger.sql.connection import Connection
from heapscim.ledger.sql.copying import moved_to
from heapscim.ledger.sql.database import LedgerDatabase
from heapscim.ledger.sql.links import SqlLinks
from heapscim.model.plan import TakeOver

_SEND = "UPDATE operations SET state = 'sent', sent_at = ? WHERE run = ? AND seq = ?"
_SETTLE = (
    f"UPDATE operations SET {', '.join(f'{column} = ?' for column in SETTLED)}, settled_at = ?"  # noqa: S608 - our own
    " WHERE run = ? AND seq = ?"
)


def begin(
    database: LedgerDatabase, head: RunHead, drafts: Iterable[OperationDraft], adoptions: Iterable[TakeOver]
) -> str:
    """Records a run with everything it is about to do; returns its name."""
    now, digest = database.clock(), DraftDigest()
    with database.writing() as connection:
        if where := moved_to(connection):  # a process may have opened it before it was moved
            raise moved_away(where)
        run = _unused_name(connection, now)
        connection.execute(
            "INSERT INTO runs (run, started, command, source, fingerprint, continues, who, host, pid, allowances)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (run, now, *head_columns(head)),
        )
        connection.executemany(
            "INSERT INTO operations (run, seq, kind, subject, reason, change, state)"
            " VALUES (?, ?, ?, ?, ?, ?, 'planned')",
            (
                (run, seq, draft.kind, draft.subject, draft.reason, draft.change)
                for seq, draft in enumerate(digest.through(drafts))
            ),
        )
        events = [Event("begun", run, None, begun_text(head, digest, database.chain.tenant()))]
        if taken := tuple(adoptions):
            links = SqlLinks(connection)
            for adoption in taken:
                take_over(links, adoption)
            links.flush()
            events.append(Event("adopted", run, None, canonical([asdict(adoption) for adoption in taken])))
        database.chain.append(events, now)
    return run


def record(database: LedgerDatabase, run: str, entries: Iterable[Entry]) -> None:
    """Records operations about to be sent and how others were settled."""
    now, entries = database.clock(), tuple(entries)
    with database.writing() as connection:
        head = database.chain.ask_head()
        links = SqlLinks(connection)
        links.look_up([settlement for _, settlement in entries if settlement is not None])
        for part in _without_repeats(entries):
            connection.executemany(_SEND, [(now, run, seq) for seq, settlement in part if settlement is None])
            settled = [(seq, settlement) for seq, settlement in part if settlement is not None]
            rows = ((*settled_columns(settlement), now, run, seq) for seq, settlement in settled)
            connection.executemany(_SETTLE, [*rows])
            for _, settlement in settled:
                settle(links, settlement)
        links.flush()
        database.chain.append([_event(run, seq, settlement) for seq, settlement in entries], now, asked=head)


def _event(run: str, seq: int, settlement: Settlement | None) -> Event:
    if settlement is None:
        return Event("sent", run, seq, "{}")
    return Event("settled", run, seq, settlement_text(settlement))


def _without_repeats(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Yields entries in parts in which no operation comes twice, so that the order within a part doesn't matter."""
    part: dict[int, Entry] = {}
    for entry in entries:
        if entry[0] in part:
            yield [*part.values()]
            part = {}
        part[entry[0]] = entry
    yield [*part.values()]


def end_run(database: LedgerDatabase, run: str, outcome: str) -> None:
    """Closes a run."""
    now = database.clock()
    with database.writing() as connection:
        connection.execute("UPDATE runs SET ended = ?, outcome = ? WHERE run = ?", (now, outcome, run))
        database.chain.append([Event("ended", run, None, canonical({"outcome": outcome}))], now)


def _unused_name(connection: Connection, now: float) -> str:
    while connection.execute("SELECT 1 FROM runs WHERE run = ?", (run := draw_name(now),)).fetchone():
        pass
    return run
