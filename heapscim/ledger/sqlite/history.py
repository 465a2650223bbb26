"""Reads back what earlier runs tried with some accounts and groups.

The cost goes with what is found, not with all that a ledger holds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator

from heapscim.ledger.recorded import recorded_change
from heapscim.ledger.sqlite.queries import is_former
from heapscim.model.outcomes import Recorded

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
    former: dict[str, bool] = {}
    for run, *row in connection.execute(_HISTORY, {"ids": json.dumps(list(ids))}):
        if run not in former:
            former[run] = is_former(connection, run)
        for entry in recorded_change(tuple(row), former=former[run]):
            yield run, entry
