"""What is SQLite's own in a ledger: its file, its indexes, rows that another hand spoiled."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from heapscim.errors import LedgerError
from heapscim.execution.absences import Absences
from heapscim.ledger.entries import OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.journal import begin_run
from heapscim.ledger.sql.queries import _HISTORY
from heapscim.ledger.sqlite.store import SqliteLedger, open_ledger
from heapscim.model.changes import (
    CreateUser,
)
from heapscim.model.outcomes import Outcome
from tests.builders import TENANT, a_person, a_snapshot, an_account, desired_of, in_heap, plan_of
from tests.ledger.conftest import Clock

CONTEXT = RunContext("ada", "desk", 42, {"removals": 40})
HEAD = RunHead("import", "people.csv", "", CONTEXT)
ADA = CreateUser("1", "ada@x.org", {"name.givenName": "Ada"}, "is in scope")


def a_draft(subject: str = "ada@x.org", kind: str = "add_person") -> OperationDraft:
    return OperationDraft(kind, subject, "asked for by hand", json.dumps({"username": subject}))


def test_no_history_is_read_row_by_row(ledger: SqliteLedger) -> None:
    """Whoever asks after some resources never pays for all that a ledger holds."""
    among, listed = ledger._file.connection.listed([])
    query = _HISTORY.format(ids=among)
    plan = ledger._file.connection.execute(f"EXPLAIN QUERY PLAN {query}", (listed,)).fetchall()
    scanned = [words for *_, words in plan if words.startswith("SCAN") and "json_each" not in words]
    assert set(scanned) <= {"SCAN named"}


def test_two_runs_of_one_second_have_names_of_their_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["0a0a", "0a0a", "0b0b"])
    monkeypatch.setattr("heapscim.ledger.journal.token_hex", lambda _bytes: next(drawn))
    ledger = open_ledger(path, TENANT, lambda: 1_700_000_000.0)
    first, second = ledger.begin(HEAD, [a_draft()]), ledger.begin(HEAD, [a_draft()])
    ledger.close()
    assert (first, second) == ("20231114-221320-0a0a", "20231114-221320-0b0b")


def test_a_ledger_that_is_moved_away_takes_no_entries_until_it_is_back(ledger: SqliteLedger, path: Path) -> None:
    run, elsewhere = ledger.begin(HEAD, [a_draft()]), path.with_name("moved.sqlite3")
    path.rename(elsewhere)
    with pytest.raises(LedgerError, match="was moved, deleted or replaced while it was in use"):
        ledger.record(run, [(0, None)])
    elsewhere.rename(path)
    ledger.record(run, [(0, None)])
    assert ledger.prove().problems == ()


def test_a_ledger_that_another_file_replaces_takes_no_more_entries(ledger: SqliteLedger, path: Path) -> None:
    path.unlink()
    path.touch(mode=0o600)
    with pytest.raises(LedgerError, match="was moved, deleted or replaced while it was in use"):
        ledger.begin(HEAD, [a_draft()])


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("UPDATE runs SET allowances = 'x'", lambda ledger, _: ledger.runs()),
        ("UPDATE operations SET change = 'x'", lambda ledger, run: ledger.recorded(run)),
        ("UPDATE operations SET change = '{}'", lambda ledger, run: ledger.recorded(run)),
        ("UPDATE links SET sent = 'x'", lambda ledger, _: ledger.links()),
    ],
)
def test_rows_that_cannot_be_read_back_are_damage(
    ledger: SqliteLedger, statement: str, read: Callable[[SqliteLedger, str], object]
) -> None:
    run = begin_run(ledger, plan_of(desired_of(a_snapshot([a_person("ada")])), in_heap()), CONTEXT)
    ledger.record(run, [(0, Settlement.of(Outcome(ADA, "done", id="u1")))])
    ledger._file.connection.execute(statement)
    with pytest.raises(LedgerError, match=r"is damaged: .*\."):
        read(ledger, run)


def test_what_was_seen_and_cannot_be_kept_stops_nobody_and_loses_nothing(ledger: SqliteLedger, clock: Clock) -> None:
    ledger.remember_seen(in_heap([an_account("1", "ada@x.org")]), groups=True)
    ledger._file.connection.execute("PRAGMA query_only = ON")
    ledger.remember_seen(in_heap([an_account("2", "grace@x.org")]), groups=True)
    ledger.remember_absences(Absences(("1",)))
    assert (ledger.known_ids("user", before=clock.now), ledger.absences()) == (frozenset("1"), Absences())
    with pytest.raises(LedgerError, match="can't be used"):
        ledger.begin(HEAD, [a_draft()])


def test_a_read_that_found_nothing_new_writes_nothing(ledger: SqliteLedger, path: Path) -> None:
    there = in_heap([an_account("1"), an_account("2")])
    ledger.remember_seen(there, groups=True)
    log = path.with_name(path.name + "-wal")
    before = log.read_bytes()
    ledger.remember_seen(there, groups=True)
    assert log.read_bytes() == before
