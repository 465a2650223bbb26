"""Forgets old runs as a whole and leaves the chain provable: an event vouches for its new beginning."""

from __future__ import annotations

from heapscim.ledger.chain import Event, canonical
from heapscim.ledger.replay import links_to_keep, replayed, vouched_in, vouching_for
from heapscim.ledger.sql.connection import Connection
from heapscim.ledger.sql.events import Chain
from heapscim.ledger.sql.links import keep_links_before
from heapscim.ledger.sql.rows import SqlRows


def prune(connection: Connection, before: float, now: float) -> int:
    """Deletes runs that saw nothing since ``before`` and have nothing left open; returns how many.

    Only the oldest part of the chain can go, so a run stays as long as an older one does; nothing goes where the links
    that follow from it can't be told. Belongs inside a transaction.
    """
    chain = Chain(connection)
    anchor, _ = chain.anchor()
    last = _last_to_go(connection, before)
    if last <= anchor:
        return 0
    query = "SELECT content FROM events WHERE kind IN ('pruned', 'upgraded') ORDER BY number DESC"
    vouched, failed = vouched_in(content for (content,) in connection.execute(query)), list[str]()
    links = {}
    if last > vouched.upto:
        replay = replayed(SqlRows(connection), vouched, upto=last, failed=failed)
        if replay is None or failed:
            return 0
        kept = links_to_keep(replay)
        keep_links_before(connection, kept)
        links = {"links": vouching_for(kept, upto=last)}
    (hash,) = connection.execute("SELECT hash FROM events WHERE number = ?", (last,)).fetchone()
    begun = "(SELECT run FROM events WHERE kind = 'begun' AND number <= ?)"
    connection.execute(f"DELETE FROM operations WHERE run IN {begun}", (last,))  # noqa: S608 - our own words
    gone = connection.execute(f"DELETE FROM runs WHERE run IN {begun}", (last,)).rowcount  # noqa: S608
    connection.execute("DELETE FROM events WHERE number <= ?", (last,))
    chain.note_anchor(last, hash)
    content = canonical({"upto": last, "hash": hash, "runs": gone, "before": before, "tenant": chain.tenant(), **links})
    chain.append([Event("pruned", None, None, content)], now)
    return gone


def _last_to_go(connection: Connection, before: float) -> int:
    """Returns the newest event that can go with all before it: none of them recent, no run of theirs beyond it."""
    query = "SELECT coalesce(min(number) - 1, (SELECT max(number) FROM events), 0) FROM events WHERE at >= ?"
    (last,) = connection.execute(query, (before,)).fetchone()
    torn = (
        "SELECT min(number) FROM events WHERE kind = 'begun' AND number <= ? AND run IN ("
        " SELECT run FROM events WHERE number > ? UNION SELECT run FROM operations WHERE state = 'sent')"
    )
    while (first := connection.execute(torn, (last, last)).fetchone()[0]) is not None:
        last = first - 1
    return int(last)
