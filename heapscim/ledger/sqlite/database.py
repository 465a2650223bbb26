"""Opens a ledger's database: a private file, durable commits, and a schema that is brought up to date first."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from heapscim.config.private_files import check_private, make_private, private_folder
from heapscim.errors import Busy, LedgerError
from heapscim.ledger.entries import DamagedEntry
from heapscim.ledger.sqlite.connection import SqliteConnection
from heapscim.ledger.sqlite.schema import MIGRATIONS, migrate_step, strange_parts, version_of
from heapscim.ledger.sqlite.upgrade import REKEYED, upgrade
from heapscim.model.phrases import reason_of

_BUSY_SECONDS = 5.0


def open_database(path: Path, clock: Callable[[], float], *, inspect: bool = False) -> SqliteConnection:
    """Opens and migrates a ledger; a ledger with a foreign schema is opened only to ``inspect`` it, as it is.

    Commits are on disk before they return. Raises LedgerError if that fails, and SettingsError if others may read the
    file.
    """
    private_folder(path.parent)
    with explained(path):
        make_private(path)
    check_private(path)
    with explained(path):
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=SqliteConnection
        )
        try:
            _use_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            _bring_up_to_date(connection, path, clock, inspect=inspect)
        except BaseException:
            connection.close()
            raise
    return connection


def files_of(path: Path) -> tuple[Path, ...]:
    """Returns a ledger's file and those that SQLite keeps beside it."""
    return tuple(path.with_name(path.name + tail) for tail in ("", "-wal", "-shm"))


def unlike_ours(path: Path, strange: Sequence[str]) -> LedgerError:
    """Returns the error for a ledger whose schema isn't heapscim's."""
    return LedgerError(
        f"The ledger {path} was changed by another hand, so it isn't used: {' '.join(strange[:3])}",
        hint="`heapscim ledger verify` names all changes. Remove what isn't heapscim's, or restore a backup.",
    )


def identity_of(path: Path) -> tuple[int, int] | None:
    """Returns the identity of the file at a path; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Makes the block one transaction: all or nothing."""
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
    """Makes all reads in the block see one moment, whatever another process commits meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the errors of SQLite and of the file system into LedgerError or Busy."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Busy(f"The ledger {path} is in use.", hint="Wait for the other run to end.") from error
        raise LedgerError(f"The ledger {path} can't be used: {error}.", hint="Check space and permissions.") from error
    except (sqlite3.DatabaseError, json.JSONDecodeError, DamagedEntry) as error:
        hint = "Restore a backup, or move it away: then the next sync takes all accounts over by userName."
        raise LedgerError(f"The ledger {path} is damaged: {error}.", hint=hint) from error
    except OSError as error:
        raise LedgerError(f"The ledger {path} can't be used: {reason_of(error)}.", hint="Check permissions.") from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switches a new file to write-ahead logging."""
    # SQLite's own waiting doesn't apply if another process is switching the same file.
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


def _bring_up_to_date(connection: SqliteConnection, path: Path, clock: Callable[[], float], *, inspect: bool) -> None:
    """Migrates a ledger with heapscim's schema; refuses another schema, or leaves it as it is for an inspection."""
    with snapshot(connection):  # another process may be at its first opening
        strange = () if version_of(connection) > len(MIGRATIONS) else strange_parts(connection)
    if not strange:
        _migrate(connection, path, clock)
    elif not inspect:
        raise unlike_ours(path, strange)


def _migrate(connection: SqliteConnection, path: Path, clock: Callable[[], float]) -> None:
    """Brings the schema up to date, version by version; what comes with a version is done in the same transaction."""
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise LedgerError(f"The ledger {path} was written by a newer heapscim.", hint="Upgrade heapscim.")
    while version < len(MIGRATIONS):
        with transaction(connection):
            version = version_of(connection)  # another process may have been faster
            if version < len(MIGRATIONS):
                migrate_step(connection, version + 1)
                if version + 1 == REKEYED:
                    upgrade(connection, clock)
                version += 1
