"""Proves that nothing in a ledger was changed, removed, added or put in another order.

Three proofs together: the schema is heapscim's; each event is sealed with the one before it, up to the head that is
noted apart; and every run, every operation and all that is managed is what the events amount to. Whoever can write the
file can also compute a new chain from any point on; only a head that was noted elsewhere, and is no longer found, tells
that. The names for shell completion decide nothing and aren't proven.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from heapscim.ledger.chain import GENESIS, HEAD, NOTED, SETTLED, Chain, DraftDigest, Event, seal
from heapscim.ledger.entries import OperationDraft
from heapscim.ledger.sqlite.replay import differences, links_before, replayed, rows_of
from heapscim.ledger.sqlite.schema import MIGRATIONS, strange_parts, version_of
from heapscim.model.phrases import counted

_SETTLED = ", ".join(SETTLED)
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found."""

    events: int
    """How many were ever sealed, those included that were pruned."""
    pruned: int
    head: str
    """The hash of the newest event: noted elsewhere, it proves that this part was never rewritten."""
    links: int
    """How many users and groups are managed."""
    problems: tuple[str, ...]
    """Empty where all is whole."""


def prove(connection: sqlite3.Connection, *, noted: str | None = None) -> Proof:
    """Checks everything; ``noted`` is a head that was written down earlier and must still be part of the chain."""
    strange = strange_parts(connection)
    if version_of(connection) < len(MIGRATIONS):  # it was never brought up to date, since it isn't as it was made
        return Proof(events=0, pruned=0, head="", links=0, problems=strange)
    count, head = Chain(connection).head()
    pruned, anchor = Chain(connection).anchor()
    problems, links = [*strange], 0
    try:
        links = sum(1 for _ in connection.execute("SELECT 1 FROM links"))
        problems += _all_unlike(connection, count)
    except sqlite3.OperationalError as error:
        if not strange:
            raise
        problems.append(f"The rest can't be checked: {error}.")
    if noted is not None and noted != anchor and not _has(connection, noted):
        problems.append(f"The head {noted} that was noted is not part of the chain: it was rewritten, or pruned since.")
    hidden = len(problems) - _MOST_PROBLEMS
    shown = problems[:_MOST_PROBLEMS] + ([f"… and {hidden:,} more."] if hidden > 0 else [])
    return Proof(events=count, pruned=pruned, head=head, links=links, problems=tuple(shown))


def _all_unlike(connection: sqlite3.Connection, count: int) -> Iterator[str]:
    yield from _damage(connection)
    yield from _broken_chain(connection)
    yield from _unlike_events(connection)
    yield from _unlike_links(connection, count)
    yield from _unlike_owner(connection)


def _has(connection: sqlite3.Connection, hash: str) -> bool:
    return connection.execute("SELECT 1 FROM events WHERE hash = ?", (hash,)).fetchone() is not None


def _broken_chain(connection: sqlite3.Connection) -> Iterator[str]:
    """Holds each event against its seal, the first against the anchor, the last against the head."""
    chain = Chain(connection)
    number, hash = anchor = chain.anchor()
    vouched: tuple[int, str] = (0, GENESIS)
    query = "SELECT number, at, run, seq, kind, content, hash FROM events ORDER BY number"
    for found, at, run, seq, kind, content, sealed in connection.execute(query):
        if found != number + 1:
            yield f"{_events(number + 1, found - 1)} missing."
        elif seal(hash, found, at, Event(kind, run, seq, content)) != sealed:
            yield f"Event {found} ({kind}{_of(run, seq)}) is not what was sealed."
        if kind == "pruned":
            vouched = _anchor_in(content)
        number, hash = found, sealed
    count, head = chain.head()
    if number < count:
        yield f"{_events(number + 1, count)} missing."
    elif (number, hash) != (count, head):
        yield "The newest event is not the one that was noted as the head."
    if anchor != vouched:
        yield "No event vouches for what is said to have been pruned."


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    """What SQLite itself finds: broken pages and indexes, and changes without a run."""
    found = connection.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})")
    yield from (f"The file is damaged: {words}." for (words,) in found if words != "ok")
    orphans = sum(1 for _ in connection.execute("PRAGMA foreign_key_check"))
    if orphans:
        yield f"{counted(orphans, 'change')} belong{'s' if orphans == 1 else ''} to no run."


def _unlike_links(connection: sqlite3.Connection, count: int) -> Iterator[str]:
    """Holds what is managed against what follows from the events."""
    before = links_before(connection)
    failed: list[str] = []
    expected = replayed(connection, before, upto=count, failed=failed)
    yield from failed
    if expected is not None:
        yield from differences(expected, rows_of(connection))


def _unlike_owner(connection: sqlite3.Connection) -> Iterator[str]:
    """Holds the tenant against the one that events name, and looks for notes that aren't heapscim's."""
    tenant = Chain(connection).tenant()
    query = "SELECT number, content FROM events WHERE kind IN ('begun', 'pruned', 'upgraded') ORDER BY number DESC"
    for number, content in connection.execute(query):
        said = _document(content).get("tenant", tenant)
        if said != tenant:
            yield f"The ledger says that it belongs to {tenant}, but event {number} was written for {said}."
            break
    for (key,) in connection.execute("SELECT key FROM meta ORDER BY key"):
        if key not in NOTED:
            yield f"The note {key!r} among the ledger's own (meta) is not heapscim's."


def _unlike_events(connection: sqlite3.Connection) -> Iterator[str]:
    """Holds each run and its operations against what its events amount to."""
    rows = [run for (run,) in connection.execute("SELECT run FROM runs ORDER BY rowid")]
    log = [run for (run,) in connection.execute("SELECT run FROM events WHERE kind = 'begun' ORDER BY number")]
    stored, begun = set(rows), set(log)
    yield from (f"Run {run} is missing." for run in sorted(begun - stored))
    yield from (f"Run {run} has no beginning among the events." for run in sorted(stored - begun))
    if [run for run in rows if run in begun] != [run for run in log if run in stored]:
        yield "The runs were put in another order than they began in; heapscim goes by the log."
    for run in sorted(stored & begun):
        replay = _Replay(connection, run)
        yield from replay.unlike_head()
        yield from replay.unlike_operations()


class _Replay:
    """What the events of one run amount to."""

    def __init__(self, connection: sqlite3.Connection, run: str) -> None:
        self._connection = connection
        self._run = run
        self._begun: dict[str, Any] = {}
        self._end: tuple[float | None, str | None] = (None, None)
        self._states: dict[int, tuple[Any, ...]] = {}
        query = "SELECT kind, seq, at, content FROM events WHERE run = ? ORDER BY number"
        for kind, seq, at, content in connection.execute(query, (run,)):
            self._take(kind, seq, at, content)

    def unlike_head(self) -> Iterator[str]:
        """Says where the run's own row was changed."""
        query = f"SELECT started, ended, outcome, {', '.join(HEAD)} FROM runs WHERE run = ?"  # noqa: S608 - our columns
        started, ended, outcome, *head = self._connection.execute(query, (self._run,)).fetchone()
        said = self._begun["content"].get("head")
        known = said if isinstance(said, dict) else {}
        if [started, *head] != [self._begun["at"], *(known.get(column) for column in HEAD)]:
            yield f"Run {self._run} is not what it began as."
        if (ended, outcome) != self._end:
            yield f"Run {self._run} did not end as it says."

    def unlike_operations(self) -> Iterator[str]:
        """Says where operations were changed, removed or added."""
        digest = DraftDigest()
        query = (
            f"SELECT seq, kind, subject, reason, change, sent_at, settled_at, {_SETTLED} FROM operations"  # noqa: S608
            " WHERE run = ? ORDER BY seq"
        )
        for seq, kind, subject, reason, change, *state in self._connection.execute(query, (self._run,)):
            digest.add(OperationDraft(kind, subject, reason, change))
            if tuple(state) != self._states.get(seq, _PLANNED):
                yield f"What became of change {seq} of run {self._run} ({subject}) was changed."
        said = self._begun["content"]
        if (digest.count, digest.hexdigest()) != (said.get("operations"), said.get("digest")):
            yield f"The changes of run {self._run} are not those it began with."

    def _take(self, kind: str, seq: int, at: float, content: str) -> None:
        document = _document(content)
        match kind:
            case "begun":
                self._begun = {"at": at, "content": document}
            case "ended":
                self._end = (at, document.get("outcome"))
            case "sent":
                _, settled_at, _, *rest = self._states.get(seq, _PLANNED)
                self._states[seq] = (at, settled_at, "sent", *rest)
            case "settled":
                sent_at, *_ = self._states.get(seq, _PLANNED)
                self._states[seq] = (sent_at, at, *(document.get(column) for column in SETTLED))
            case _:
                pass


_PLANNED: tuple[Any, ...] = (None, None, "planned", None, None, None, 0, 0.0)
"""sent_at, settled_at and the SETTLED columns of an operation nobody came to."""


def _anchor_in(content: str) -> tuple[int, str]:
    document = _document(content)
    return document.get("upto", 0), document.get("hash", "")


def _document(content: str) -> dict[str, Any]:
    """The content of an event; nothing where it is none, of which the seal tells."""
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _events(first: int, last: int) -> str:
    return f"Event {first} is" if first == last else f"Events {first} to {last} are"


def _of(run: str | None, seq: int | None) -> str:
    return "" if run is None else f" of run {run}" if seq is None else f", change {seq} of run {run}"
