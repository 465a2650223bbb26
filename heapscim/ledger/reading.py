"""Reads runs and operations back out of a ledger. Changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from heapscim.ledger.entries import Operation, RunSummary
from heapscim.provisioning.changes import Change, Kind
from heapscim.provisioning.outcomes import Recorded, RecordedState
from heapscim.provisioning.plan import Adoption

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KINDS = frozenset(get_args(Kind))
"""The kinds of provisioning changes; other commands bring their own."""
_RUN = "run, command, who, host, pid, started, ended, source, fingerprint, allowances, continues, outcome"
_OPERATION = (
    "run, seq, kind, subject, reason, change, state, sent_at, settled_at, id, error_code, message, attempts, seconds"
)
_ABOUT = (
    "(subject = :about COLLATE folded OR EXISTS (SELECT 1 FROM json_each(change, '$.members')"
    " WHERE json_extract(value, '$.user_name') = :about COLLATE folded))"
)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are asked for."""

    since: float | None = None
    """Started then or later, in seconds since 1970."""
    about: str | None = None
    """With at least one operation about this userName or group name, in any case, or with this person as a member."""
    most: int | None = None


def runs(connection: sqlite3.Connection, wanted: RunFilter) -> Iterator[RunSummary]:
    """Runs, newest first."""
    query = (
        f"SELECT {_RUN} FROM runs WHERE (:since IS NULL OR started >= :since)"  # noqa: S608 - our own columns
        f" AND (:about IS NULL OR run IN (SELECT run FROM operations WHERE {_ABOUT}))"
        " ORDER BY rowid DESC LIMIT :most"
    )
    most = -1 if wanted.most is None else wanted.most
    for row in connection.execute(query, {"since": wanted.since, "about": wanted.about, "most": most}):
        yield _summary(connection, row)


def run_named(connection: sqlite3.Connection, run: str) -> RunSummary | None:
    """One run, None where there is none of that name."""
    row = connection.execute(f"SELECT {_RUN} FROM runs WHERE run = ?", (run,)).fetchone()  # noqa: S608
    return None if row is None else _summary(connection, row)


def continuation_of(connection: sqlite3.Connection, run: str) -> str | None:
    """The run that did the rest of this one, None where there is none."""
    row = connection.execute("SELECT run FROM runs WHERE continues = ? ORDER BY rowid LIMIT 1", (run,)).fetchone()
    return None if row is None else str(row[0])


def last_change(connection: sqlite3.Connection) -> str | None:
    """The newest run that had changes for Heap in it, None where there is none."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(KINDS))
    query = (
        f"SELECT run FROM runs WHERE EXISTS (SELECT 1 FROM operations WHERE run = runs.run AND kind IN ({kinds}))"  # noqa: S608
        " ORDER BY rowid DESC LIMIT 1"
    )
    row = connection.execute(query).fetchone()
    return None if row is None else str(row[0])


def operations(connection: sqlite3.Connection, run: str, about: str | None = None) -> Iterator[Operation]:
    """The operations of a run, in its order; all of them, or those about a person or group."""
    query = f"SELECT {_OPERATION} FROM operations WHERE run = :run AND (:about IS NULL OR {_ABOUT}) ORDER BY seq"  # noqa: S608
    return (Operation(*row) for row in connection.execute(query, {"run": run, "about": about}))


def unsettled(connection: sqlite3.Connection) -> dict[str, tuple[Recorded, ...]]:
    """Provisioning changes whose request may have left and whose outcome nobody recorded, by run, oldest first."""
    query = (
        "SELECT run, seq, operations.kind, change, state, id, sent_at, first FROM operations LEFT JOIN"
        " (SELECT run, seq, min(at) AS first FROM events WHERE kind = 'sent'"
        "  AND run IN (SELECT run FROM operations WHERE state = 'sent') GROUP BY run, seq) USING (run, seq)"
        " WHERE state = 'sent' ORDER BY run, seq"
    )
    found: dict[str, list[Recorded]] = {}
    for run, *rest, last, first in connection.execute(query):
        entries = (replace(entry, first_sent=first or last, last_sent=last) for entry in _recorded(*rest))
        found.setdefault(run, []).extend(entries)
    return {run: tuple(entries) for run, entries in found.items() if entries}


def recorded(connection: sqlite3.Connection, run: str) -> tuple[Recorded, ...]:
    """Every provisioning change of a run with what became of it, in plan order; empty where it has none."""
    query = "SELECT seq, kind, change, state, id FROM operations WHERE run = ? ORDER BY seq"
    return tuple(entry for row in connection.execute(query, (run,)) for entry in _recorded(*row))


def adoptions(connection: sqlite3.Connection, run: str) -> tuple[Adoption, ...]:
    """Accounts a run took over as they were."""
    query = "SELECT content FROM events WHERE run = ? AND kind = 'adopted' ORDER BY number"
    return tuple(Adoption(**entry) for row in connection.execute(query, (run,)) for entry in json.loads(row[0]))


def _recorded(seq: int, kind: str, change: str, state: RecordedState, id: str | None) -> Iterator[Recorded]:
    if kind in KINDS:
        yield Recorded(seq, change_from_json(change), state, id)


def _summary(connection: sqlite3.Connection, row: tuple[Any, ...]) -> RunSummary:
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


def change_from_json(text: str) -> Change:
    """A change as the ledger keeps it, back as a value; raises DatabaseError where it is none."""
    try:
        return _change_adapter().validate_json(text)
    except ValueError as error:
        raise sqlite3.DatabaseError("a change can't be read back") from error


@cache
def _change_adapter() -> TypeAdapter[Change]:
    from pydantic import TypeAdapter

    return TypeAdapter(Change)
