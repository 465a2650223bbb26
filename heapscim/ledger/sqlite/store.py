"""What one profile's ledger is asked and told: links, runs, operations, names. Holds no token, ever."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any

from heapscim.errors import LedgerError
from heapscim.execution.backfill import Absences
from heapscim.ledger.chain import (
    GENESIS,
    SETTLED,
    Chain,
    DraftDigest,
    Event,
    begun_text,
    canonical,
    head_columns,
    settlement_text,
)
from heapscim.ledger.entries import Operation, OperationDraft, RunContext, RunHead, RunSummary, Settlement
from heapscim.ledger.sqlite import queries as reading
from heapscim.ledger.sqlite.audit import Proof, prove
from heapscim.ledger.sqlite.database import explained, identity_of, open_database, snapshot, transaction, unlike_ours
from heapscim.ledger.sqlite.history import history
from heapscim.ledger.sqlite.links import LinkType, link_statements, settled_statements
from heapscim.ledger.sqlite.prune import prune
from heapscim.ledger.sqlite.queries import RunFilter
from heapscim.ledger.sqlite.schema import strange_parts
from heapscim.model.changes import subject
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import Plan, TakeOver
from heapscim.model.state import CurrentState, Links


class Ledger:
    """One profile's ledger. Every method raises LedgerError or Busy."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._path = path
        self._identity = identity_of(path)
        self._known_schema: int | None = None
        """The schema that was found to be ours, by SQLite's own count of its changes."""
        self._clock = clock
        self._chain = Chain(connection)
        self._turn = Lock()

    def close(self) -> None:
        """Closes the file, once a commit that is under way in another thread is through."""
        with self._turn:
            self._connection.close()

    def links(self) -> Links:
        """Everything that is managed."""
        with explained(self._path):
            return reading.links_in(self._connection)

    def links_after(self, settlements: Iterable[Settlement]) -> Links:
        """Everything that would be managed once these settlements are recorded; nothing is."""
        with explained(self._path), closing(sqlite3.connect(":memory:")) as copy:
            (schema,) = self._connection.execute("SELECT sql FROM sqlite_master WHERE name = 'links'").fetchone()
            copy.execute(schema)
            rows = self._connection.execute("SELECT * FROM links")
            marks = ", ".join("?" for _ in rows.description)
            copy.executemany(f"INSERT INTO links VALUES ({marks})", rows)  # noqa: S608 - question marks alone
            for statement, values in (one for settlement in settlements for one in settled_statements(settlement)):
                copy.execute(statement, values)
            return reading.links_in(copy)

    def known_ids(self, type: LinkType, *, before: float) -> frozenset[str]:
        """Heap ids of what full reads had found before that moment (seconds since 1970), and is still there."""
        statement = "SELECT id FROM names WHERE type = ? AND seen <= ?"
        with explained(self._path):
            return frozenset(id for (id,) in self._connection.execute(statement, (type, before)))

    def begin_run(self, plan: Plan, context: RunContext, *, continues: str | None = None) -> str:
        """Records a run with all changes of a plan as planned; answers the run's name."""
        head = RunHead(plan.command, plan.source, plan.fingerprint, context, continues)
        drafts = (
            OperationDraft(change.kind, subject(change), change.reason, json.dumps(asdict(change)))
            for change in plan.changes
        )
        return self.begin(head, drafts, plan.adoptions)

    def begin(self, head: RunHead, drafts: Iterable[OperationDraft], adoptions: Iterable[TakeOver] = ()) -> str:
        """Records a run with everything it is about to do; answers its name, sortable by time."""
        now = self._clock()
        digest = DraftDigest()
        with self._writing():
            run = self._unused_name(now)
            self._connection.execute(
                "INSERT INTO runs (run, started, command, source, fingerprint, continues, who, host, pid, allowances)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (run, now, *head_columns(head)),
            )
            self._connection.executemany(
                "INSERT INTO operations (run, seq, kind, subject, reason, change, state)"
                " VALUES (?, ?, ?, ?, ?, ?, 'planned')",
                (
                    (run, seq, draft.kind, draft.subject, draft.reason, draft.change)
                    for seq, draft in enumerate(digest.through(drafts))
                ),
            )
            self._chain.append([Event("begun", run, None, begun_text(head, digest, self._chain.tenant()))], now)
            self._adopt(run, tuple(adoptions), now)
        return run

    def record(self, run: str, entries: Iterable[tuple[int, Settlement | None]]) -> None:
        """Records, in one durable commit, operations about to be sent (None) and how others were settled."""
        now = self._clock()
        events: list[Event] = []
        with self._writing():
            for seq, settlement in entries:
                if settlement is None:
                    self._connection.execute(
                        "UPDATE operations SET state = 'sent', sent_at = ? WHERE run = ? AND seq = ?", (now, run, seq)
                    )
                    events.append(Event("sent", run, seq, "{}"))
                else:
                    self._settle(run, seq, settlement, now)
                    events.append(Event("settled", run, seq, settlement_text(settlement)))
            self._chain.append(events, now)

    def end_run(self, run: str, outcome: str) -> None:
        """Closes a run."""
        now = self._clock()
        with self._writing():
            self._connection.execute("UPDATE runs SET ended = ?, outcome = ? WHERE run = ?", (now, outcome, run))
            self._chain.append([Event("ended", run, None, canonical({"outcome": outcome}))], now)

    def runs(self, wanted: RunFilter = RunFilter()) -> tuple[RunSummary, ...]:  # noqa: B008 - a frozen value
        """Runs, newest first."""
        with explained(self._path):
            return tuple(reading.runs(self._connection, wanted))

    def last_run(self) -> RunSummary | None:
        """The newest run."""
        return next(iter(self.runs(RunFilter(most=1))), None)

    def run_named(self, run: str) -> RunSummary | None:
        """One run, None where there is none of that name."""
        with explained(self._path):
            return reading.run_named(self._connection, run)

    def continuation_of(self, run: str) -> str | None:
        """The run that did the rest of one that was cut off, None where there is none."""
        with explained(self._path):
            return reading.continuation_of(self._connection, run)

    def last_change(self) -> str | None:
        """The newest run that had changes for Heap in it, None where there is none."""
        with explained(self._path):
            return reading.last_change(self._connection)

    def unsettled(self) -> dict[str, tuple[Recorded, ...]]:
        """Changes whose request may have left and whose outcome nobody recorded, by run, oldest first."""
        with explained(self._path):
            return reading.unsettled(self._connection)

    def operations(self, run: str, *, about: str | None = None) -> tuple[Operation, ...]:
        """The operations of a run, in its order; all of them, or those about a person or group."""
        with explained(self._path):
            return tuple(reading.operations(self._connection, run, about))

    def prove(self, *, noted: str | None = None) -> Proof:
        """Checks that nothing was changed by another hand; ``noted`` is a head of the chain that was written down."""
        with explained(self._path), snapshot(self._connection):
            return prove(self._connection, noted=noted)

    def prune(self, *, keep: float) -> int:
        """Forgets runs that saw nothing for ``keep`` seconds; answers how many. What is managed stays managed."""
        now = self._clock()
        with self._writing():
            return prune(self._connection, now - keep, now)

    def recorded(self, run: str) -> tuple[Recorded, ...]:
        """Every provisioning change of a run with what became of it, in plan order; empty where it has none."""
        with explained(self._path):
            return reading.recorded(self._connection, run)

    def history(self, ids: Collection[str]) -> tuple[tuple[str, Recorded], ...]:
        """What earlier runs tried with these resources, each with its run's name, oldest first."""
        with explained(self._path):
            return tuple(history(self._connection, ids))

    def adoptions(self, run: str) -> tuple[TakeOver, ...]:
        """Accounts a run took over as they were."""
        with explained(self._path):
            return reading.adoptions(self._connection, run)

    def remember_names(self, current: CurrentState, *, groups: bool) -> None:
        """Keeps the names of a full read, and since when each is known, unless the ledger can't be written now.

        They serve shell completion, and tell what a create in doubt can't have made. A look at Heap goes on without
        them; whoever is to write finds the ledger as it is. Without ``groups`` those were not read, and stay.
        """
        now = self._clock()
        found: list[tuple[LinkType, str, str, str]] = [
            ("user", user.match_key, user.user_name, user.id) for user in current.users
        ]
        found += [("group", group.match_key, group.name, group.id) for group in current.groups]
        with explained(self._path), suppress(sqlite3.OperationalError), self._turn, transaction(self._connection):
            self._refuse_another_schema()
            seen = {(type, id): at for type, id, at in self._connection.execute("SELECT type, id, seen FROM names")}
            self._connection.execute("DELETE FROM names WHERE type = 'user' OR ?", (groups,))
            self._connection.executemany(
                "INSERT OR IGNORE INTO names (type, key, name, id, seen) VALUES (?, ?, ?, ?, ?)",
                ((*row, seen.get((row[0], row[3]), now)) for row in found),
            )

    def absences(self) -> Absences:
        """The linked accounts and groups that lists lack and that were gone or inactive when last looked at.

        What can't be read counts for nobody: that costs no more than requests.
        """
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT key, value FROM meta WHERE key IN ('absent_users', 'absent_groups')"
            )
            found = {key: _ids_in(value) for key, value in rows}
        return Absences(found.get("absent_users", ()), found.get("absent_groups", ()))

    def remember_absences(self, absences: Absences) -> None:
        """Keeps who is absent, so that they aren't asked for in every run. Losing this costs no more than requests."""
        if absences == self.absences():
            return
        rows = (("absent_users", json.dumps(absences.users)), ("absent_groups", json.dumps(absences.groups)))
        with explained(self._path), suppress(sqlite3.OperationalError), self._turn, transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def _unused_name(self, now: float) -> str:
        second = time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now))
        while self._connection.execute("SELECT 1 FROM runs WHERE run = ?", (run := second + token_hex(2),)).fetchone():
            pass
        return run

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._turn, explained(self._path):
            self._refuse_another_file()
            with transaction(self._connection):
                self._refuse_another_schema()
                yield

    def _refuse_another_schema(self) -> None:
        """A trigger that somebody added meanwhile would work at this very write."""
        version = _schema_version(self._connection)
        if version != self._known_schema:
            if strange := strange_parts(self._connection):
                raise unlike_ours(self._path, strange)
            self._known_schema = version

    def _refuse_another_file(self) -> None:
        """SQLite goes on writing into a file that was deleted or replaced, where nobody would find it again."""
        if identity_of(self._path) != self._identity:
            raise LedgerError(
                f"The ledger {self._path} was moved, deleted or replaced while it was in use.",
                hint="Put it back where it was; the next sync looks what became of all that was under way.",
            )

    def _settle(self, run: str, seq: int, settlement: Settlement, now: float) -> None:
        written = tuple(getattr(settlement, column) for column in SETTLED)
        columns = ", ".join(f"{column} = ?" for column in SETTLED)
        self._connection.execute(
            f"UPDATE operations SET {columns}, settled_at = ? WHERE run = ? AND seq = ?",  # noqa: S608 - our own columns
            (*written, now, run, seq),
        )
        self._execute_all(settled_statements(settlement))

    def _adopt(self, run: str, adoptions: tuple[TakeOver, ...], now: float) -> None:
        if adoptions:
            for adoption in adoptions:
                self._execute_all(link_statements(adoption))
            content = canonical([asdict(adoption) for adoption in adoptions])
            self._chain.append([Event("adopted", run, None, content)], now)

    def _execute_all(self, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        for statement, values in statements:
            self._connection.execute(statement, values)


def _owner(connection: sqlite3.Connection, tenant: str) -> str:
    """The tenant a ledger belongs to: the one that opens it first."""
    query = "SELECT value FROM meta WHERE key = 'tenant'"
    row = connection.execute(query).fetchone()
    if row is None:
        if Chain(connection).head() != (0, GENESIS):
            raise sqlite3.DatabaseError("it doesn't say whose tenant it is of")
        with transaction(connection):
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('tenant', ?)", (tenant,))
        row = connection.execute(query).fetchone()
    return str(row[0])


def _schema_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    return int(version)


def open_ledger(path: Path, tenant: str, clock: Callable[[], float] = time.time, *, inspect: bool = False) -> Ledger:
    """Opens a profile's ledger, which belongs to one tenant; raises LedgerError where it belongs to another.

    One whose schema another hand changed is opened only to ``inspect`` it: nothing is written then.
    """
    connection = open_database(path, clock, inspect=inspect)
    ledger = Ledger(connection, path, clock)
    try:
        with explained(path):
            owner = _owner(connection, tenant)
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


def _ids_in(text: str) -> tuple[str, ...]:
    """The texts of a JSON list; none where it is anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(id for id in found if isinstance(id, str)) if isinstance(found, list) else ()
