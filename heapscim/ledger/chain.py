"""Seals the chain of events: everything ever written of runs, each event with the hash of the one before it.

A run and its operations are the state that its events amount to; ``audit`` compares the two. Every kind of ledger
writes the same text, so a proof holds wherever the ledger is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter
from typing import Literal, TypeAlias, get_args

from heapscim.ledger.entries import Memo, OperationDraft, RunHead, Settlement

EventKind: TypeAlias = Literal["begun", "adopted", "sent", "settled", "ended", "pruned", "upgraded"]
GENESIS = "0" * 64
"""The hash before the first event."""
HEAD = ("command", "source", "fingerprint", "continues", "who", "host", "pid", "allowances")
"""What is known of a run when it begins: columns of a run."""
CACHED = frozenset({"absent_users", "absent_groups", *get_args(Memo)})
"""What ``meta`` holds that may be lost: the users and groups that were absent when last asked for, and memos."""
MOVED = "moved_to"
"""The note of a ledger that goes on at another place: says where."""
NOTED = frozenset({"tenant", "chain_count", "chain_head", "anchor_count", "anchor_hash", MOVED}) | CACHED
"""Everything that a ledger notes about itself, in ``meta``."""
SETTLED = ("state", "id", "error_code", "message", "attempts", "seconds")
"""What a settlement writes: fields of Settlement, and columns of an operation."""
LINK_NOTES = ("kept", "unseen")
"""What a settlement writes into links alone: fields of Settlement."""


@dataclass(frozen=True, slots=True)
class Event:
    """Holds something that happened, before it is sealed."""

    kind: EventKind
    run: str | None
    seq: int | None
    content: str
    """Canonical JSON."""


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def seal(previous: str, number: int, at: float, event: Event) -> str:
    """Returns the hash of an event: over its content, its place, and the hash before it."""
    text = canonical([previous, number, at, event.run, event.seq, event.kind, event.content])
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: object) -> str:
    """Returns JSON text that is the same for the same value."""
    return _canonical.encode(value)


def head_columns(head: RunHead) -> tuple[str | int | None, ...]:
    """Returns a head as the columns of a run, in the order of ``HEAD``."""
    context = head.context
    said = (head.command, head.source, head.fingerprint, head.continues, context.who, context.host, context.pid)
    return (*said, canonical(dict(context.allowances)))


def begun_text(head: RunHead, digest: DraftDigest, tenant: str | None) -> str:
    """Returns the text of a run's first event: its head, its tenant, and a digest of all that it is about to do."""
    head_of = dict(zip(HEAD, head_columns(head), strict=True))
    drafts = {"operations": digest.count, "digest": digest.hexdigest()}
    return canonical({"head": head_of, "tenant": tenant, **drafts})


settled_columns = attrgetter(*SETTLED)
"""Returns a settlement as columns of an operation, in the order of ``SETTLED``."""


def settlement_text(settlement: Settlement) -> str:
    """Returns the text of an event that settles an operation, with notes for its link if there are any."""
    noted = {name: found for name in LINK_NOTES if (found := getattr(settlement, name))}
    return canonical({**dict(zip(SETTLED, settled_columns(settlement), strict=True)), **noted})


class DraftDigest:
    """Counts and digests drafts on their way into the ledger, so that one event can vouch for all of them."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = sha256()

    def through(self, drafts: Iterable[OperationDraft]) -> Iterator[OperationDraft]:
        """Yields the drafts and counts them."""
        for draft in drafts:
            self.add(draft)
            yield draft

    def add(self, draft: OperationDraft) -> None:
        """Adds one draft."""
        text = canonical([self.count, draft.kind, draft.subject, draft.reason, draft.change])
        self._hash.update(text.encode("utf-8", "surrogatepass") + b"\n")
        self.count += 1

    def hexdigest(self) -> str:
        """Returns the digest of all drafts so far."""
        return self._hash.hexdigest()
