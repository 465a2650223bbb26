"""What goes wrong with the file is explained, and nothing is half done."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from heapscim.errors import Busy, LedgerError, SettingsError
from heapscim.ledger.sqlite.database import explained, open_database, transaction
from heapscim.ledger.sqlite.schema import MIGRATIONS
from tests.fakes.patience import PATIENCE

FILE = Path("l.sqlite3")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (sqlite3.OperationalError("database is locked"), Busy, "is in use"),
        (sqlite3.OperationalError("database or disk is full"), LedgerError, "can't be used: database or disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), LedgerError, "readonly database"),
        (sqlite3.DatabaseError("file is not a database"), LedgerError, "is damaged: file is not a database"),
        (PermissionError(13, "Permission denied"), LedgerError, "can't be used: Permission denied"),
    ],
)
def test_what_the_system_says_becomes_a_message(error: Exception, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words), explained(FILE):
        raise error


def test_two_that_open_a_new_ledger_at_once_both_get_it(path: Path) -> None:
    opened: list[sqlite3.Connection] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(path, time.time))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert [connection.execute("PRAGMA user_version").fetchone() for connection in opened] == [(len(MIGRATIONS),)] * 8
    for connection in opened:
        connection.close()


def test_a_ledger_of_a_newer_heapscim_is_left_alone(path: Path) -> None:
    open_database(path, time.time).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerError, match="was written by a newer heapscim"):
        open_database(path, time.time)


def test_a_ledger_that_others_may_read_is_refused(path: Path) -> None:
    open_database(path, time.time).close()
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="is open to others"):
        open_database(path, time.time)


def test_a_ledger_that_cannot_be_written_says_so(path: Path) -> None:
    connection = open_database(path, time.time)
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(LedgerError, match="readonly"), explained(path), transaction(connection):
        connection.execute("DELETE FROM seen")
    assert not connection.in_transaction
    connection.close()


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    connection = open_database(path, time.time)
    rows = [("user", "A", 0.0), ("nobody", "G", 0.0)]
    with pytest.raises(sqlite3.IntegrityError), transaction(connection):
        connection.executemany("INSERT INTO seen VALUES (?, ?, ?)", rows)
    assert connection.execute("SELECT count(*) FROM seen").fetchone() == (0,)
    connection.execute("PRAGMA max_page_count = 1")
    many = [("x" * 500 + str(n),) for n in range(999)]
    with pytest.raises(LedgerError, match="full"), explained(path), transaction(connection):
        connection.executemany("INSERT INTO seen VALUES ('user', ?, 0.0)", many)
    assert not connection.in_transaction
    with transaction(connection):
        connection.execute("DELETE FROM seen")
    connection.close()


def test_commits_reach_the_disk_before_they_return(path: Path) -> None:
    connection = open_database(path, time.time)
    settings = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert path.stat().st_mode & 0o777 == 0o600
    connection.close()
