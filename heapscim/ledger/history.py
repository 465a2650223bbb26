"""Reads back what earlier runs tried with some accounts and groups.

The cost goes with what is found, not with all that a ledger holds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator

from heapscim.ledger.reading import KINDS, change_from_json
from heapscim.provisioning.outcomes import Recorded

INDEXES = """
    CREATE INDEX operations_by_id ON operations (id) WHERE id IS NOT NULL;
    CREATE INDEX operations_by_subject ON operations (subject);
    """
"""A step of the schema."""
_HISTORY = """
    WITH named (run, seq) AS (
        SELECT run, seq FROM operations WHERE subject IN (
            SELECT subject FROM operations WHERE id IN (SELECT value FROM json_each(:ids))
        )
    )
    SELECT run, seq, kind, change, state, id FROM named JOIN operations USING (run, seq)
    WHERE state IN ('sent', 'done', 'failed')
    ORDER BY (SELECT min(number) FROM events WHERE events.run = named.run), seq
"""
"""What failed has no id, but the same name. In the order of the chain, which nobody can change unnoticed."""


def history(connection: sqlite3.Connection, ids: Collection[str]) -> Iterator[tuple[str, Recorded]]:
    """What was tried with these resources under all names they had, by run, oldest first; others of a name come along.

    What never left isn't part of it.
    """
    if not ids:
        return
    for run, seq, kind, change, state, id in connection.execute(_HISTORY, {"ids": json.dumps(list(ids))}):
        if kind in KINDS:
            yield run, Recorded(seq, change_from_json(change), state, id)
