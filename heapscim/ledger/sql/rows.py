"""Reads the rows of a ledger's database for a proof."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from heapscim.ledger.audit import prove
from heapscim.ledger.chain import HEAD, SETTLED
from heapscim.ledger.entries import ChainHead, OperationDraft, Proof
from heapscim.ledger.linking import LinkRow
from heapscim.ledger.rows import EventRow, LinkBefore, LinkEvent, OperationRow, RunRow
from heapscim.ledger.sql.connection import Connection
from heapscim.ledger.sql.events import Chain
from heapscim.ledger.sql.links import SqlLinks, links_before

_LINK_EVENTS = """
    SELECT events.number, events.kind, events.content, operations.kind, change,
        coalesce(
            number > upgrade AND (SELECT min(number) FROM events AS own WHERE own.run = events.run) < upgrade, false
        )
    FROM (SELECT min(number) AS upgrade FROM events WHERE kind = 'upgraded') AS upgrades, events
    LEFT JOIN operations ON operations.run = events.run AND operations.seq = events.seq
    WHERE number > ? AND number <= ? AND events.kind IN ('adopted', 'settled', 'upgraded') ORDER BY number
"""
_OPERATIONS = f"""
    SELECT seq, kind, subject, reason, change, sent_at, settled_at, {", ".join(SETTLED)} FROM operations
    WHERE run = ? ORDER BY seq
"""  # noqa: S608 - our own columns


class SqlRows(Chain):
    """Yields every row that a proof looks at, through one connection."""

    def noted(self) -> Iterable[str]:
        """Returns the names of all that the ledger notes of itself, in order."""
        return (key for (key,) in self._connection.execute("SELECT key FROM meta ORDER BY key"))

    def damage(self) -> Iterator[str]:
        """Yields what the database itself finds broken."""
        return self._connection.damage()

    def events(self, run: str | None = None) -> Iterator[EventRow]:
        """Yields events in the order of the chain: all of them, or those of a run."""
        query = "SELECT number, at, run, seq, kind, content, hash FROM events"
        if run is None:
            rows = self._connection.execute(f"{query} ORDER BY number")
        else:
            rows = self._connection.execute(f"{query} WHERE run = ? ORDER BY number", (run,))
        return (EventRow(*row) for row in rows)

    def link_events(self, after: int, upto: int) -> Iterator[LinkEvent]:
        """Yields the events that were adopted, settled or upgraded, in the order of the chain."""
        return (LinkEvent(*row) for row in self._connection.execute(_LINK_EVENTS, (after, upto)))

    def runs(self) -> Iterator[RunRow]:
        """Yields runs in the order in which they lie in their table."""
        query = f"SELECT run, started, ended, outcome, {', '.join(HEAD)} FROM runs ORDER BY rowid"  # noqa: S608
        for run, started, ended, outcome, *head in self._connection.execute(query):
            yield RunRow(run, started, ended, outcome, tuple(head))

    def operations(self, run: str) -> Iterator[OperationRow]:
        """Yields the operations of a run, in its order."""
        for seq, *draft, sent_at, settled_at, state, id, code, words, tries, seconds in self._connection.execute(
            _OPERATIONS, (run,)
        ):
            settled = (state, id, code, words, tries, seconds)
            yield OperationRow(seq, OperationDraft(*draft), sent_at, settled_at, settled)

    def links(self) -> Iterator[LinkRow]:
        """Yields everything that is managed."""
        return iter(SqlLinks(self._connection))

    def links_before(self) -> Iterator[LinkBefore]:
        """Yields the links that forgotten events had made, in the order of type and id."""
        return iter(links_before(self._connection))


def prove_database(connection: Connection, *, noted: Collection[ChainHead] = ()) -> Proof:
    """Proves the whole ledger; a ledger with a foreign schema is checked as far as it can be read."""
    foreign = connection.foreign_parts()
    if connection.is_outdated():  # a foreign schema is never brought up to date
        return Proof(events=0, pruned=0, head="", links=0, problems=foreign)
    return prove(SqlRows(connection), foreign=foreign, noted=noted)
