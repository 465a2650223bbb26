"""Reads runs and operations out of a ledger. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from heapscim.ledger.entries import Operation, RunFilter, RunSummary
from heapscim.ledger.recorded import KINDS, recorded_change, take_overs_from_json
from heapscim.ledger.sql.connection import Connection
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import TakeOver
from heapscim.model.state import match_key

_RUN = "run, command, who, host, pid, started, ended, source, fingerprint, allowances, continues, outcome"
_OPERATION = (
    "run, seq, kind, subject, reason, change, state, sent_at, settled_at, id, error_code, message, attempts, seconds"
)
_PLACE = "(SELECT min(number) FROM events WHERE events.run = {run})"
"""A run's place in the chain of events. The order of rows in their table proves nothing."""
_NEWEST = f"{_PLACE.format(run='runs.run')} DESC NULLS LAST"
_HISTORY = """
    WITH named (run, seq) AS (
        SELECT run, seq FROM operations WHERE subject IN (
            SELECT subject FROM operations WHERE id IN ({ids})
        )
    )
    SELECT run, seq, kind, change, state, id FROM named JOIN operations USING (run, seq)
    WHERE state IN ('sent', 'done', 'failed')
    ORDER BY (SELECT min(number) FROM events WHERE events.run = named.run), seq
"""
"""A failed change has no id, but the same name. The order is that of the chain, which can't be changed unnoticed."""


def runs(connection: Connection, wanted: RunFilter) -> Iterator[RunSummary]:
    """Yields runs, newest first."""
    since = "" if wanted.since is None else "WHERE started >= ?"
    query = f"SELECT {_RUN} FROM runs {since} ORDER BY {_NEWEST}"  # noqa: S608 - our own columns
    rows: Iterable[Any] = connection.execute(query, () if wanted.since is None else (wanted.since,))
    if (about := wanted.about) is not None:
        rows = (row for row in rows if next(operations(connection, row[0], about), None) is not None)
    return (_summary(connection, row) for row in islice(rows, wanted.most))


def run_named(connection: Connection, run: str) -> RunSummary | None:
    """Returns one run; None if there is none of that name."""
    row = connection.execute(f"SELECT {_RUN} FROM runs WHERE run = ?", (run,)).fetchone()  # noqa: S608
    return None if row is None else _summary(connection, row)


def continuation_of(connection: Connection, run: str) -> str | None:
    """Returns the run that did the rest of this one; None if there is none."""
    query = f"SELECT run FROM runs WHERE continues = ? ORDER BY {_PLACE.format(run='runs.run')} NULLS LAST LIMIT 1"  # noqa: S608
    row = connection.execute(query, (run,)).fetchone()
    return None if row is None else str(row[0])


def last_change(connection: Connection) -> str | None:
    """Returns the newest run that had changes for Heap; None if there is none."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(KINDS))
    query = (
        f"SELECT run FROM runs WHERE EXISTS (SELECT 1 FROM operations WHERE run = runs.run AND kind IN ({kinds}))"  # noqa: S608
        f" ORDER BY {_NEWEST} LIMIT 1"
    )
    row = connection.execute(query).fetchone()
    return None if row is None else str(row[0])


def operations(connection: Connection, run: str, about: str | None = None) -> Iterator[Operation]:
    """Yields the operations of a run, in its order; all of them, or those about a person or group."""
    rows = connection.execute(f"SELECT {_OPERATION} FROM operations WHERE run = ? ORDER BY seq", (run,))  # noqa: S608
    found = (Operation(*row) for row in rows)
    return found if about is None else (operation for operation in found if _concerns(operation, about))


def in_doubt(connection: Connection) -> dict[str, tuple[Recorded, ...]]:
    """Returns the provisioning changes in doubt (sent, with no recorded outcome), by run, oldest first."""
    query = (
        "SELECT run, seq, operations.kind, change, state, id, sent_at, first FROM operations LEFT JOIN"  # noqa: S608
        " (SELECT run, seq, min(at) AS first FROM events WHERE kind = 'sent'"
        "  AND run IN (SELECT run FROM operations WHERE state = 'sent') GROUP BY run, seq) AS sent USING (run, seq)"
        f" WHERE state = 'sent' ORDER BY {_PLACE.format(run='operations.run')}, seq"
    )
    found: dict[str, list[Recorded]] = {}
    for run, *rest, last, first in connection.execute(query):
        entries = recorded_change(tuple(rest), former=is_former(connection, run))
        dated = (replace(entry, first_sent=first or last, last_sent=last) for entry in entries)
        found.setdefault(run, []).extend(dated)
    return {run: tuple(entries) for run, entries in found.items() if entries}


def recorded(connection: Connection, run: str) -> tuple[Recorded, ...]:
    """Returns every provisioning change of a run with its outcome, in plan order; empty if there is none."""
    query = "SELECT seq, kind, change, state, id FROM operations WHERE run = ? ORDER BY seq"
    former = is_former(connection, run)
    return tuple(entry for row in connection.execute(query, (run,)) for entry in recorded_change(row, former=former))


def history(connection: Connection, ids: Collection[str]) -> Iterator[tuple[str, Recorded]]:
    """Yields what was tried with these resources under all their names, by run, oldest first.

    It leaves out what was never sent, and includes other resources with such a name. The cost depends on what is found,
    not on the size of the ledger.
    """
    if not ids:
        return
    former: dict[str, bool] = {}
    among, listed = connection.listed(ids)
    for run, *row in connection.execute(_HISTORY.format(ids=among), (listed,)):
        if run not in former:
            former[run] = is_former(connection, run)
        for entry in recorded_change(tuple(row), former=former[run]):
            yield run, entry


def take_overs(connection: Connection, run: str) -> tuple[TakeOver, ...]:
    """Returns the accounts that a run took over as they were."""
    query = "SELECT content FROM events WHERE run = ? AND kind = 'adopted' ORDER BY number"
    former = is_former(connection, run)
    rows = connection.execute(query, (run,))
    return tuple(adoption for (content,) in rows for adoption in take_overs_from_json(content, former=former))


def is_former(connection: Connection, run: str) -> bool:
    """Reports whether a run began before the ledger was brought up to date, so that it uses the ids of that time."""
    query = f"SELECT {_PLACE.format(run='?')} < (SELECT min(number) FROM events WHERE kind = 'upgraded')"  # noqa: S608
    return bool(connection.execute(query, (run,)).fetchone()[0])


def _concerns(operation: Operation, about: str) -> bool:
    """Reports whether an operation is about a person or group, by name in any case or by id, or has them as a member.

    No database compares names as Heap does, so it isn't left to one.
    """
    key = match_key(about)
    if match_key(operation.subject) == key or operation.id == about:
        return True
    change = json.loads(operation.change)
    if not isinstance(change, dict):
        return False
    members = change.get("members")
    return change.get("external_id") == about or any(
        about in (member.get("id"), member.get("external_id")) or match_key(str(member.get("user_name"))) == key
        for member in (members if isinstance(members, list) else ())
        if isinstance(member, dict)
    )


def _summary(connection: Connection, row: tuple[Any, ...]) -> RunSummary:
    (run, command, who, host, pid, started, ended, source, fingerprint, allowances, continues, outcome) = row
    query = "SELECT state, count(*) FROM operations WHERE run = ? GROUP BY state"
    return RunSummary(
        run=run,
        command=command,
        who=who,
        host=host,
        pid=pid,
        started=started,
        ended=ended,
        source=source,
        fingerprint=fingerprint,
        allowances=json.loads(allowances),
        continues=continues,
        outcome=outcome,
        counts=dict(connection.execute(query, (run,)).fetchall()),
    )
