"""Opens a ledger's database: private file, durable commits, schema brought up to date before anything else happens."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heapscim.errors import Busy, LedgerError
from heapscim.private_files import check_private, private_folder
from heapscim.provisioning.state import match_key

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE links (
        type TEXT NOT NULL CHECK (type IN ('user', 'group')),
        external_id TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        sent TEXT NOT NULL DEFAULT '{}',
        PRIMARY KEY (type, external_id),
        UNIQUE (type, id)
    ) STRICT;
    CREATE TABLE runs (
        run TEXT PRIMARY KEY,
        command TEXT NOT NULL,
        who TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started REAL NOT NULL,
        ended REAL,
        source TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        allowances TEXT NOT NULL,
        continues TEXT,
        outcome TEXT
    ) STRICT;
    CREATE TABLE operations (
        run TEXT NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        reason TEXT NOT NULL,
        change TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('planned', 'sent', 'done', 'failed', 'not_attempted')),
        sent_at REAL,
        settled_at REAL,
        id TEXT,
        error_code TEXT,
        message TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0.0,
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unsettled ON operations (state) WHERE state = 'sent';
    CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        run TEXT,
        seq INTEGER,
        kind TEXT NOT NULL CHECK (kind IN ('begun', 'adopted', 'sent', 'settled', 'ended', 'pruned')),
        content TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_of_runs ON events (run, number);
    CREATE TABLE names (
        type TEXT NOT NULL CHECK (type IN ('user', 'group')),
        name TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (type, name, id)
    ) STRICT, WITHOUT ROWID;
    """,
    # What earlier versions made by hand was linked as if a directory had asked for it; the change says who did.
    """
    ALTER TABLE links ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));
    ALTER TABLE links ADD COLUMN set_by_hand TEXT NOT NULL DEFAULT '{}';
    UPDATE links SET by_hand = 1
    WHERE (type, id, external_id) IN (
        SELECT substr(kind, length('create_') + 1), id, json_extract(change, '$.external_id') FROM operations
        WHERE kind IN ('create_user', 'create_group') AND reason = 'asked for by hand' AND id IS NOT NULL
    )
    AND (type, id) NOT IN (
        SELECT 'group', id FROM operations WHERE kind = 'take_over_group' AND state = 'done' AND id IS NOT NULL
        UNION SELECT 'user', json_extract(value, '$.id') FROM events, json_each(
            CASE WHEN events.kind = 'adopted' AND json_valid(content) THEN content ELSE '[]' END
        ) WHERE json_extract(value, '$.id') IS NOT NULL
    );
    """,
)
"""Each entry brings the schema one version further; ``PRAGMA user_version`` counts them."""

_BUSY_SECONDS = 5.0


def open_database(path: Path) -> sqlite3.Connection:
    """Opens and migrates a ledger.

    Commits reach the disk before they return. Raises LedgerError where that can't be had, SettingsError where others
    may read the file.
    """
    private_folder(path.parent)
    with explained(path):
        if not path.exists():
            path.touch(mode=0o600)
    check_private(path)
    with explained(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _use_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.create_collation("folded", _compare_folded)
            _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file a path means at the moment, None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """All reads inside see one moment, whatever another process commits meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite and the file system say into LedgerError or Busy."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Busy(f"The ledger {path} is in use.", hint="Wait for the other run to end.") from error
        raise LedgerError(f"The ledger {path} can't be used: {error}.", hint="Check space and permissions.") from error
    except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
        hint = "Put a backup in its place, or move it away: the next sync takes everybody over by userName."
        raise LedgerError(f"The ledger {path} is damaged: {error}.", hint=hint) from error
    except OSError as error:
        raise LedgerError(f"The ledger {path} can't be used: {error.strerror}.", hint="Check permissions.") from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switches a new file over; SQLite itself doesn't wait where another process is at the same."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _compare_folded(one: str, other: str) -> int:
    left, right = match_key(one), match_key(other)
    return (left > right) - (left < right)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise LedgerError(f"The ledger {path} was written by a newer heapscim.", hint="Upgrade heapscim.")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.OperationalError:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if _version(connection) < number:  # else another process was faster
                raise


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
