"""Copies a whole ledger into another store, and proves the copy: every row of it, and the same chain of events.

Nothing is used of a copy before it is proven. A target may hold an older copy of the same chain, which is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256

from heapscim.errors import LedgerError
from heapscim.ledger.chain import GENESIS, HEAD, SETTLED, canonical
from heapscim.ledger.entries import ChainHead, Proof
from heapscim.ledger.linking import LinkRow
from heapscim.ledger.protocol import Ledger
from heapscim.ledger.rows import EventRow, LinkBefore

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "meta": ("key", "value"),
    "runs": ("run", "started", "ended", "outcome", *HEAD),
    "operations": ("run", "seq", "kind", "subject", "reason", "change", "sent_at", "settled_at", *SETTLED),
    "events": EventRow._fields,
    "links": LinkRow._fields,
    "links_before": LinkBefore._fields,
    "seen": ("type", "id", "since"),
}
"""Every table with its columns, in an order in which rows can be stored."""

LOCAL = "local"
"""The place of a ledger in a file of this machine, which is that of a profile without ``ledger.url``."""


def copy_whole(source: Ledger, target: Ledger) -> Proof:
    """Copies a ledger and returns the proof of the copy. The caller holds the locks of both.

    Raises LedgerError if the source isn't whole, if the target holds a chain of its own, or if the copy isn't equal.
    """
    head = source.head()
    if problems := source.prove().problems:
        raise LedgerError(
            f"The ledger isn't as heapscim wrote it, so it isn't moved: {problems[0]}",
            hint="`heapscim ledger verify` names all changes. Restore a backup first.",
        )
    if not _is_part_of(source, target.head()):
        raise LedgerError(
            "There is another ledger already, with runs that this one doesn't know, so nothing was copied.",
            hint="Move to an empty place. To go on with that ledger instead, use `heapscim profiles set ledger.url=…`.",
        )
    with closing(source.copied()) as rows:
        target.replace_all(rows)
    proof = target.prove(noted=[head])
    if proof.problems or target.head() != head or _digest(target) != _digest(source):
        found = proof.problems[0] if proof.problems else "it has other rows."
        raise LedgerError(
            f"The copy isn't equal to the ledger, so it isn't used: {found}",
            hint="The ledger stays where it was. Try again; if it happens again, report it.",
        )
    return proof


def moved_away(where: str) -> LedgerError:
    """Returns the error for a ledger that goes on at another place."""
    return LedgerError(
        f"This ledger was moved to {where}. Nothing is written here any more.",
        hint=f"Tell this profile where it is: `heapscim profiles {_setting(where)}`. Then start again what still runs.",
    )


def _setting(where: str) -> str:
    return "unset ledger.url" if where == LOCAL else f"set ledger.url={where}"


def _is_part_of(ledger: Ledger, head: ChainHead) -> bool:
    """Reports whether a head is an event of a ledger's chain, or its beginning."""
    if head.hash == GENESIS or head == ledger.head():
        return True
    with closing(ledger.copied()) as rows:
        place = EventRow._fields.index("hash")
        anchors = ("anchor_hash", head.hash)
        return any((table == "events" and row[place] == head.hash) or row == anchors for table, row in rows)


def _digest(ledger: Ledger) -> tuple[int, int]:
    """Returns the number of rows and the sum of their hashes: stores may return them in different orders."""
    count = total = 0
    with closing(ledger.copied()) as rows:
        for row in rows:
            text = canonical(row).encode("utf-8", "surrogatepass")
            count, total = count + 1, total + int.from_bytes(sha256(text).digest())
    return count, total % 2**256
