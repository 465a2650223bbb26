"""What one profile's ledger is asked and told: links, runs, operations, names. Holds no token, ever."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from heapscim.errors import LedgerError
from heapscim.ledger.database import explained, open_database, transaction
from heapscim.ledger.linking import link_statements
from heapscim.provisioning.changes import Change, subject
from heapscim.provisioning.outcomes import Outcome, Recorded
from heapscim.provisioning.plan import Adoption, Plan
from heapscim.provisioning.state import CurrentState, Link, Links

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class RunContext:
    """Who runs, where, and past which limits."""

    who: str
    host: str
    pid: int
    allowances: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run as the ledger remembers it; times are seconds since 1970."""

    run: str
    command: str
    who: str
    host: str
    started: float
    ended: float | None
    source: str
    outcome: str | None


class Ledger:
    """One profile's ledger. Every method raises LedgerError or Busy."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def links(self) -> Links:
        """Everything that is managed."""
        found: dict[str, list[Link]] = {"user": [], "group": []}
        with explained(self._path):
            rows = self._connection.execute("SELECT type, external_id, id, name, sent FROM links")
            for type, external_id, id, name, sent in rows:
                found[type].append(Link(external_id, id, name, json.loads(sent)))
        return Links(tuple(found["user"]), tuple(found["group"]))

    def begin_run(self, plan: Plan, context: RunContext) -> str:
        """Records a run with all its changes as planned; answers its name, sortable by time."""
        now = self._clock()
        run = time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + token_hex(2)
        head = (run, plan.command, context.who, context.host, context.pid, now, plan.source, plan.fingerprint)
        operations = (
            (run, seq, change.kind, subject(change), change.reason, json.dumps(asdict(change)), "planned")
            for seq, change in enumerate(plan.changes)
        )
        with explained(self._path), transaction(self._connection):
            self._connection.execute(
                "INSERT INTO runs (run, command, who, host, pid, started, source, fingerprint, allowances)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*head, json.dumps(dict(context.allowances))),
            )
            self._connection.executemany(
                "INSERT INTO operations (run, seq, kind, subject, reason, change, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
                operations,
            )
            self._link(plan.adoptions)
        return run

    def adopt(self, adoptions: Iterable[Adoption]) -> None:
        """Makes existing accounts managed from here on."""
        with explained(self._path), transaction(self._connection):
            self._link(adoptions)

    def record(self, run: str, events: Iterable[tuple[int, Outcome | None]]) -> None:
        """Records, in one durable commit, changes about to be sent (None) and outcomes of others."""
        now = self._clock()
        with explained(self._path), transaction(self._connection):
            for seq, outcome in events:
                if outcome is None:
                    self._connection.execute(
                        "UPDATE operations SET state = 'sent', sent_at = ? WHERE run = ? AND seq = ?", (now, run, seq)
                    )
                else:
                    self._settle(run, seq, outcome, now)

    def end_run(self, run: str, outcome: str) -> None:
        """Closes a run."""
        with explained(self._path), transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET ended = ?, outcome = ? WHERE run = ?", (self._clock(), outcome, run)
            )

    def last_run(self) -> RunSummary | None:
        """The newest run."""
        query = (
            "SELECT run, command, who, host, started, ended, source, outcome FROM runs ORDER BY started DESC LIMIT 1"
        )
        with explained(self._path):
            row = self._connection.execute(query).fetchone()
        return None if row is None else RunSummary(*row)

    def operations(self, run: str) -> tuple[Mapping[str, Any], ...]:
        """Every operation of a run, in plan order, as the columns of its row."""
        with explained(self._path):
            cursor = self._connection.execute("SELECT * FROM operations WHERE run = ? ORDER BY seq", (run,))
            columns = [column[0] for column in cursor.description]
            return tuple(dict(zip(columns, row, strict=True)) for row in cursor)

    def recorded(self, run: str) -> tuple[Recorded, ...]:
        """Every change of a run with what became of it, in plan order; empty where there is no such run."""
        query = "SELECT seq, change, state, id FROM operations WHERE run = ? ORDER BY seq"
        with explained(self._path):
            rows = self._connection.execute(query, (run,)).fetchall()
        return tuple(Recorded(seq, change_from_json(change), state, id) for seq, change, state, id in rows)

    def remember_names(self, current: CurrentState) -> None:
        """Keeps the names of a full read for shell completion."""
        rows = [("user", user.user_name, user.id) for user in current.users]
        rows += [("group", group.name, group.id) for group in current.groups]
        with explained(self._path), transaction(self._connection):
            self._connection.execute("DELETE FROM names")
            self._connection.executemany("INSERT OR IGNORE INTO names VALUES (?, ?, ?)", rows)

    def _settle(self, run: str, seq: int, outcome: Outcome, now: float) -> None:
        self._connection.execute(
            "UPDATE operations SET state = ?, settled_at = ?, id = ?, error_code = ?, message = ?"
            " WHERE run = ? AND seq = ?",
            (outcome.status, now, outcome.id, outcome.error_code, outcome.message, run, seq),
        )
        if outcome.id is not None or outcome.status == "done":
            self._execute_all(link_statements(outcome.change, outcome))

    def _link(self, adoptions: Iterable[Adoption]) -> None:
        for adoption in adoptions:
            self._execute_all(link_statements(adoption, None))

    def _execute_all(self, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        for statement, values in statements:
            self._connection.execute(statement, values)


def open_ledger(path: Path, tenant: str, clock: Callable[[], float] = time.time) -> Ledger:
    """Opens a profile's ledger, which belongs to one tenant; raises LedgerError where it belongs to another."""
    connection = open_database(path)
    ledger = Ledger(connection, path, clock)
    try:
        with explained(path), transaction(connection):
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('tenant', ?)", (tenant,))
            (owner,) = connection.execute("SELECT value FROM meta WHERE key = 'tenant'").fetchone()
    except BaseException:
        connection.close()
        raise
    if owner != tenant:
        connection.close()
        raise LedgerError(
            f"The ledger {path} belongs to {owner}, not to {tenant}.",
            hint="Use another --profile for another tenant, or `heapscim deactivate --delete-profile` first.",
        )
    return ledger


def change_from_json(text: str) -> Change:
    """A change as the ledger keeps it, back as a value."""
    return _change_adapter().validate_json(text)


@cache
def _change_adapter() -> TypeAdapter[Change]:
    from pydantic import TypeAdapter

    return TypeAdapter(Change)
