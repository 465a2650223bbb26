"""The disk fails at any one commit of a run: nothing is sent after it, and nothing that was done is lost."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from heapscim.ledger.entries import Entry
from heapscim.ledger.sqlite import database, file
from heapscim.ledger.sqlite.store import SqliteLedger
from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine

TOWN = "username,groups\n" + "".join(f"u{number}@x.org,{'Staff' if number % 2 else 'Lab'}\n" for number in range(7))
FIRST, SECOND = "u0@x.org", "u1@x.org"
FULL = "database or disk is full"


class Disk:
    """Counts the commits of a ledger, and fails where it is told to."""

    def __init__(self) -> None:
        self.fails: Callable[[int], bool] = lambda _number: False
        self.commits = 0
        self.failed_at: int | None = None
        """How many intents were on disk when it failed first."""

    @contextmanager
    def transaction(self, connection: sqlite3.Connection) -> Iterator[None]:
        try:
            with database.transaction(connection):
                yield
                self.commits += 1
                self.fail_if_due()
        except sqlite3.OperationalError:
            self.failed_at = intents(connection) if self.failed_at is None else self.failed_at
            raise

    def fail_if_due(self) -> None:
        if self.fails(self.commits):
            raise sqlite3.OperationalError(FULL)


def intents(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM events WHERE kind = 'sent'").fetchone()[0])


@contextmanager
def the_ledger(heapscim: CommandLine) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(heapscim.folder / "state" / "ledgers" / "default.sqlite3")) as ledger:
        yield ledger


def subjects(heapscim: CommandLine, *states: str) -> set[str]:
    """What the ledger says of the changes in these states, by the name of the person or group."""
    with the_ledger(heapscim) as ledger:
        rows = ledger.execute("SELECT subject, state FROM operations").fetchall()
    return {str(subject) for subject, state in rows if state in states}


def there(sandbox: Sandbox) -> set[str]:
    content = sandbox.store.snapshot()
    return {*content["users"], *content["groups"]}


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(file, "transaction", made.transaction)
    return made


@pytest.mark.parametrize("for_good", [True, False])
def test_a_disk_that_fails_at_any_commit_stops_the_run_and_loses_nothing(
    heapscim: CommandLine, sandbox: Sandbox, disk: Disk, *, for_good: bool
) -> None:
    """Also where only one commit fails, and those after it would succeed."""
    activated = ("--directory", str(heapscim.roster(TOWN)), "--groups", "--set", "http.max_in_flight=2")
    heapscim.activate(sandbox, *activated, "--set", "dialect.unique_user_names=yes")
    heapscim("plan")
    for part in ("config", "state"):
        shutil.copytree(heapscim.folder / part, heapscim.folder / "kept" / part)
    assert heapscim("sync", "--yes").exit_code == 0
    wanted, stopped = sandbox.store.snapshot(), 0
    while True:
        sandbox.tenant.service.store = Store()
        for part in ("config", "state"):
            shutil.rmtree(heapscim.folder / part)
            shutil.copytree(heapscim.folder / "kept" / part, heapscim.folder / part)
        failing = stopped + 1
        disk.commits, disk.failed_at = 0, None
        disk.fails = lambda number, failing=failing: number >= failing if for_good else number == failing  # type: ignore[misc]
        ran = heapscim("sync", "--yes")
        if disk.failed_at is None:
            break
        stopped += 1
        if ran.exit_code == 0:
            continue  # what was seen may be lost, and costs nothing but requests
        assert (ran.exit_code, FULL in ran.stderr, "Check space and permissions." in ran.stderr) == (1, True, True)
        with the_ledger(heapscim) as ledger:
            assert intents(ledger) == disk.failed_at, "nothing more was about to be sent"
        assert subjects(heapscim, "done") <= there(sandbox) <= subjects(heapscim, "done", "sent")
        disk.fails = lambda _number: False
        again = heapscim("sync", "--yes")
        assert again.exit_code == 0, again.stderr
        assert sandbox.store.snapshot() == wanted
        assert heapscim("history", "--verify").exit_code == 0
        assert heapscim("plan", "--exit-code").exit_code == 0
    assert stopped >= 10, "a run has that many commits"


def test_an_outcome_that_a_crash_has_lost_is_found_by_looking(
    heapscim: CommandLine, sandbox: Sandbox, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the commit of an outcome and the next intent on, nothing reaches the disk: as if the machine had died."""
    commits: list[list[bool]] = []
    record = SqliteLedger.record

    def recording(self: SqliteLedger, run: str, entries: list[Entry]) -> None:
        commits.append([settlement is not None for _, settlement in entries])
        record(self, run, entries)

    monkeypatch.setattr(SqliteLedger, "record", recording)
    disk.fails = lambda _number: [True, False] in commits
    activated = ("--directory", str(heapscim.roster(TOWN)), "--groups", "--set", "http.max_in_flight=1")
    heapscim.activate(sandbox, *activated, "--set", "dialect.unique_user_names=yes")
    assert heapscim("sync", "--yes").exit_code == 1
    assert commits == [[False], [True], [False], [True, False]], "the first create of a run is looked at by itself"
    assert (subjects(heapscim, "done"), subjects(heapscim, "sent")) == ({FIRST}, {SECOND})
    assert there(sandbox) == {FIRST, SECOND}
    disk.fails = lambda _number: False
    assert heapscim("resume", "last", "--yes").exit_code == 0
    assert sandbox.tenant.writes == len(there(sandbox)) == 9, "seven people and two groups, each made once"
    assert heapscim("plan", "--exit-code").exit_code == 0
    assert heapscim("history", "--verify").exit_code == 0
