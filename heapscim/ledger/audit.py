"""Proves that nothing in a ledger was changed, removed, added or reordered.

It takes three proofs together: the store's parts are heapscim's; each event is sealed with the one before it, up to the
head, which is noted apart; and every run, every operation and everything managed is what the events amount to. A person
who can write the store can also compute a new chain from any point on. Only a head that was noted elsewhere and is gone
now reveals that. What earlier reads have seen decides nothing that is managed, and isn't proven.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from heapscim.ledger.chain import GENESIS, HEAD, NOTED, SETTLED, DraftDigest, Event, seal
from heapscim.ledger.entries import ChainHead, Proof
from heapscim.ledger.replay import differences, replayed, vouched_in
from heapscim.ledger.rows import StoredRows

MOST_PROBLEMS = 20
_VOUCHING = frozenset({"pruned", "upgraded"})


def prove(rows: StoredRows, *, foreign: tuple[str, ...] = (), noted: Collection[ChainHead] = ()) -> Proof:
    """Checks everything; ``noted`` are heads that were written down earlier and must still be part of the chain.

    ``foreign`` says which parts of the store aren't heapscim's: then what can't be read is one more problem.
    """
    count, head = rows.head()
    pruned, _ = rows.anchor()
    problems, links = [*foreign], 0
    try:
        links = sum(1 for _ in rows.links())
        problems += _all_unlike(rows)
    except Exception as error:  # each store has errors of its own
        if not foreign:
            raise
        problems.append(f"The rest can't be checked: {error}.")
    problems += _lost_heads(rows, noted)
    hidden = len(problems) - MOST_PROBLEMS
    shown = problems[:MOST_PROBLEMS] + ([f"… and {hidden:,} more."] if hidden > 0 else [])
    return Proof(events=count, pruned=pruned, head=head, links=links, problems=tuple(shown))


def _all_unlike(rows: StoredRows) -> Iterator[str]:
    yield from rows.damage()
    yield from _broken_chain(rows)
    yield from _unlike_events(rows)
    yield from _unlike_links(rows)
    yield from _unlike_owner(rows)


def _broken_chain(rows: StoredRows) -> Iterator[str]:
    """Compares each event with its seal, the first with the anchor, the last with the head."""
    number, hash = anchor = rows.anchor()
    vouched: tuple[int, str] = (0, GENESIS)
    for event in rows.events():
        about = Event(event.kind, event.run, event.seq, event.content)
        if event.number != number + 1:
            yield f"{_events(number + 1, event.number - 1)} missing."
        elif seal(hash, event.number, event.at, about) != event.hash:
            yield f"Event {event.number} ({event.kind}{_of(event.run, event.seq)}) is not what was sealed."
        if event.kind == "pruned":
            document = _document(event.content)
            vouched = document.get("upto", 0), document.get("hash", "")
        number, hash = event.number, event.hash
    count, head = rows.head()
    if number < count:
        yield f"{_events(number + 1, count)} missing."
    elif (number, hash) != (count, head):
        yield "The newest event is not the one that was noted as the head."
    if anchor != vouched:
        yield "No event vouches for what is said to have been pruned."


def _lost_heads(rows: StoredRows, noted: Collection[ChainHead]) -> Iterator[str]:
    """Yields the noted heads that are gone from the chain. Older ones may have been pruned, the newest one never."""
    pruned, anchor = rows.anchor()
    lost = {head.hash for head in noted} - {GENESIS, anchor}
    if lost:
        lost -= {event.hash for event in rows.events()}
    newest = max((head.number or 0 for head in noted), default=0)
    for head in noted:
        # A chain that was written anew could say that it pruned everything: the newest head must be there.
        if head.hash in lost and (head.number is None or head.number > pruned or head.number == newest):
            what = "it was rewritten, or pruned since"
            yield f"The head {head.hash} that was noted is not part of the chain: {what}."


def _unlike_links(rows: StoredRows) -> Iterator[str]:
    """Compares what is managed with what follows from the events."""
    count, _ = rows.head()
    failed: list[str] = []
    vouching = [event.content for event in rows.events() if event.kind in _VOUCHING]
    expected = replayed(rows, vouched_in(reversed(vouching)), upto=count, failed=failed)
    yield from failed
    if expected is not None:
        yield from differences(expected, rows.links())


def _unlike_owner(rows: StoredRows) -> Iterator[str]:
    """Compares the tenant with the one that events name, and looks for notes that aren't heapscim's."""
    tenant = rows.tenant()
    unlike: tuple[int, object] | None = None
    for event in rows.events():
        if event.kind in _VOUCHING or event.kind == "begun":
            said = _document(event.content).get("tenant", tenant)
            unlike = unlike if said == tenant else (event.number, said)
    if unlike is not None:
        number, said = unlike
        yield f"The ledger says that it belongs to {tenant}, but event {number} was written for {said}."
    for key in rows.noted():
        if key not in NOTED:
            yield f"The note {key!r} among the ledger's own (meta) is not heapscim's."


def _unlike_events(rows: StoredRows) -> Iterator[str]:
    """Compares each run and its operations with what its events amount to."""
    stored = {row.run: row for row in rows.runs()}
    log = [event.run for event in rows.events() if event.kind == "begun" and event.run is not None]
    begun = set(log)
    yield from (f"Run {run} is missing." for run in sorted(begun - stored.keys()))
    yield from (f"Run {run} has no beginning among the events." for run in sorted(stored.keys() - begun))
    if [run for run in stored if run in begun] != [run for run in log if run in stored]:
        yield "The runs were put in another order than they began in; heapscim goes by the log."
    for run in sorted(stored.keys() & begun):
        replay = _Replay(rows, run)
        row = stored[run]
        if (row.started, dict(zip(HEAD, row.head, strict=True))) != replay.began:
            yield f"Run {run} is not what it began as."
        if (row.ended, row.outcome) != replay.ended:
            yield f"Run {run} did not end as it says."
        yield from replay.unlike_operations()


class _Replay:
    """Computes what the events of one run amount to."""

    def __init__(self, rows: StoredRows, run: str) -> None:
        self._rows = rows
        self._run = run
        self._begun: tuple[float | None, dict[str, Any]] = (None, {})
        self.ended: tuple[float | None, str | None] = (None, None)
        self._states: dict[int | None, tuple[Any, ...]] = {}
        for event in rows.events(run):
            self._take(event.kind, event.seq, event.at, event.content)

    @property
    def began(self) -> tuple[float | None, dict[str, Any]]:
        """Returns when the run began, and its head by column; a column that the event lacks is None."""
        at, said = self._begun
        head = said.get("head")
        known = head if isinstance(head, dict) else {}
        return at, {column: known.get(column) for column in HEAD}

    def unlike_operations(self) -> Iterator[str]:
        """Yields where operations were changed, removed or added."""
        digest = DraftDigest()
        for row in self._rows.operations(self._run):
            digest.add(row.draft)
            if (row.sent_at, row.settled_at, *row.settled) != self._states.get(row.seq, _PLANNED):
                yield f"What became of change {row.seq} of run {self._run} ({row.draft.subject}) was changed."
        _, said = self._begun
        if (digest.count, digest.hexdigest()) != (said.get("operations"), said.get("digest")):
            yield f"The changes of run {self._run} are not those it began with."

    def _take(self, kind: str, seq: int | None, at: float, content: str) -> None:
        document = _document(content)
        match kind:
            case "begun":
                self._begun = (at, document)
            case "ended":
                self.ended = (at, document.get("outcome"))
            case "sent":
                _, settled_at, _, *rest = self._states.get(seq, _PLANNED)
                self._states[seq] = (at, settled_at, "sent", *rest)
            case "settled":
                sent_at, *_ = self._states.get(seq, _PLANNED)
                self._states[seq] = (sent_at, at, *(document.get(column) for column in SETTLED))
            case _:
                pass


_PLANNED: tuple[Any, ...] = (None, None, "planned", None, None, None, 0, 0.0)
"""sent_at, settled_at and the SETTLED columns of an operation that was never sent."""


def _document(content: str) -> dict[str, Any]:
    """Returns the content of an event; empty if it isn't a JSON object, which its seal reports."""
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _events(first: int, last: int) -> str:
    return f"Event {first} is" if first == last else f"Events {first} to {last} are"


def _of(run: str | None, seq: int | None) -> str:
    return "" if run is None else f" of run {run}" if seq is None else f", change {seq} of run {run}"
