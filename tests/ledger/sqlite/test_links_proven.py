"""What is managed is what the log says, the tables are heapscim's, and runs are in the order of the log."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from heapscim.errors import LedgerError
from heapscim.execution.absences import Absences
from heapscim.ledger.entries import OperationDraft, RunHead
from heapscim.ledger.sqlite.store import SqliteLedger, open_ledger
from heapscim.model.changes import (
    ReleaseUser,
)
from tests.builders import TENANT
from tests.ledger.conftest import Clock
from tests.ledger.writing import DAY, HEAD, create, do, every_kind_of_link

TRIGGER = "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM links; END"

SWAP = """
    UPDATE links SET id = 'x' WHERE name = 'ada@x.org';
    UPDATE links SET id = 'id of ada@x.org' WHERE name = 'grace@x.org';
    UPDATE links SET id = 'id of grace@x.org' WHERE id = 'x'
"""
ORPHAN = """
    INSERT INTO operations (run, seq, kind, subject, reason, change, state)
    VALUES ('x', 0, 'create_user', 'eve@x.org', '', '{}', 'done')
"""


@pytest.fixture
def managed(ledger: SqliteLedger) -> SqliteLedger:
    every_kind_of_link(ledger)
    return ledger


def rewritten(table: str, old: str, new: str) -> str:
    """Changes how a table was made, behind SQLite's back."""
    update = f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') WHERE name = '{table}'"  # noqa: S608
    return f"PRAGMA writable_schema = ON; {update}; PRAGMA writable_schema = OFF"


def renamed(statement: str, name: str, hidden: str) -> str:
    """Makes a part of the schema, and gives it a name that SQLite keeps to itself."""
    change = f"UPDATE sqlite_master SET name = '{hidden}', sql = replace(sql, ' {name} ', ' {hidden} ')"  # noqa: S608
    return f"{statement}; PRAGMA writable_schema = ON; {change} WHERE name = '{name}'; PRAGMA writable_schema = OFF"


TAMPERING = [
    (
        "INSERT INTO links (type, external_id, id, name) VALUES ('user', '7', 'u7', 'eve@x.org')",
        "The user eve@x.org (id u7) is managed, but no event says since when.",
    ),
    ("DELETE FROM links WHERE name = 'ada@x.org'", "The user ada@x.org (id id of ada@x.org) is missing among"),
    ("DELETE FROM links WHERE type = 'group'", "The group Nest (id g7) is missing among what is managed."),
    ("UPDATE links SET name = 'eve@x.org' WHERE name = 'ada@x.org'", "(id id of ada@x.org) was changed: name."),
    ("UPDATE links SET sent = '{}' WHERE name = 'ada@x.org'", "(id id of ada@x.org) was changed: sent."),
    ("UPDATE links SET external_id = '8' WHERE id = 'g7'", "the group Nest (id g7) was changed: external_id."),
    ("UPDATE links SET type = 'user' WHERE id = 'g7'", "The user Nest (id g7) is managed, but no event"),
    (
        SWAP,
        "the user ada@x.org (id id of ada@x.org) was changed: external_id, name, sent.",
    ),
    ("INSERT INTO links_before VALUES ('user', 'u7', '{}')", "(links_before) was changed."),
    ("UPDATE meta SET value = 'https://evil/' WHERE key = 'tenant'", "it belongs to https://evil/, but event"),
    (
        "INSERT INTO meta VALUES ('trusted', 'yes')",
        "The note 'trusted' among the ledger's own (meta) is not heapscim's.",
    ),
    (
        ORPHAN,
        "1 change belongs to no run.",
    ),
    (TRIGGER, "The trigger 't' is not heapscim's."),
    ("CREATE VIEW v AS SELECT * FROM links", "The view 'v' is not heapscim's."),
    (renamed(TRIGGER, "t", "sqlite_stat9"), "The trigger 'sqlite_stat9' is not heapscim's."),
    ("CREATE INDEX i ON links (name)", "The index 'i' is not heapscim's."),
    ("CREATE TABLE t (x)", "The table 't' is not heapscim's."),
    ("DROP INDEX unsettled", "The index 'unsettled' is missing."),
    ("DROP TABLE seen", "The table 'seen' is missing."),
    ("DROP TABLE operations", "The rest can't be checked: no such table: operations."),
    ("DROP TABLE links", "The table 'links' is missing."),
    ("DROP TABLE links; CREATE VIEW links AS SELECT * FROM links_before", "The view 'links' is not heapscim's."),
    ("PRAGMA user_version = 1", "The table 'links_before' is not heapscim's."),
    ("ALTER TABLE links ADD COLUMN more TEXT", "The table 'links' is not as heapscim made it."),
    (rewritten("links", "''{}''", "''[]''"), "The table 'links' is not as heapscim made it."),
    (rewritten("operations", "''sent'', ", ""), "The table 'operations' is not as heapscim made it."),
]


@pytest.mark.parametrize(("statement", "problem"), TAMPERING, ids=lambda text: text[:60])
def test_tampering_with_what_is_managed_is_noticed(
    managed: SqliteLedger, path: Path, statement: str, problem: str
) -> None:
    managed.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other_hand:
        other_hand.executescript(f"PRAGMA foreign_keys = OFF; {statement}")
    again = open_ledger(path, "https://evil/" if "evil" in statement else TENANT, time.time, inspect=True)
    assert problem in "\n".join(again.prove().problems)
    again.close()


def test_statistics_of_sqlite_decide_nothing(managed: SqliteLedger, path: Path) -> None:
    managed.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other_hand:
        other_hand.execute("ANALYZE")
    again = open_ledger(path, TENANT, time.time)
    assert again.prove().problems == ()
    again.close()


@pytest.mark.parametrize("note", ["5", "{not json", "[" * 5000, '[1, "u1"]', "null"])
def test_a_note_of_who_was_absent_that_cannot_be_read_counts_for_nobody(managed: SqliteLedger, note: str) -> None:
    managed._file.connection.execute("INSERT OR REPLACE INTO meta VALUES ('absent_users', ?)", (note,))
    assert managed.absences() == Absences(("u1",) if "u1" in note else ())


def test_one_document_may_be_written_in_two_ways(managed: SqliteLedger) -> None:
    """As two versions of SQLite do."""
    written = """UPDATE links SET sent = '{ "role": "Admin", "name.givenName": "Zoë" }' WHERE name = 'ada@x.org'"""
    managed._file.connection.execute(written)
    assert managed.prove().problems == ()


def test_nothing_is_written_into_a_ledger_with_a_trigger(managed: SqliteLedger, path: Path) -> None:
    """Also where it came after the ledger was opened."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other_hand:
        other_hand.execute(TRIGGER)
    before = managed.links()
    with pytest.raises(LedgerError, match="was changed by another hand, so it isn't used: The trigger 't'"):
        managed.begin(HEAD, [])
    assert managed.links() == before
    with pytest.raises(LedgerError, match="The trigger 't' is not heapscim's"):
        open_ledger(path, TENANT, time.time)


def test_a_ledger_that_forgot_its_tenant_is_given_to_nobody(managed: SqliteLedger, path: Path) -> None:
    managed._file.connection.execute("DELETE FROM meta WHERE key = 'tenant'")
    with pytest.raises(LedgerError, match="is damaged: it doesn't say which tenant it belongs to"):
        open_ledger(path, "https://other/", time.time)


def test_runs_are_ordered_by_the_log_and_not_by_their_rows(managed: SqliteLedger) -> None:
    order, last = [run.run for run in managed.runs()], managed.last_change()
    managed._file.connection.execute("UPDATE runs SET rowid = 100 - rowid")
    assert [run.run for run in managed.runs()] == order
    found = managed.last_run()
    assert found is not None
    assert (found.run, managed.last_change()) == (order[0], last)
    (problem,) = managed.prove().problems
    assert problem == "The runs were put in another order than they began in; heapscim goes by the log."


def test_what_is_in_doubt_comes_oldest_first_whatever_the_clock_said(ledger: SqliteLedger, clock: Clock) -> None:
    def cut_off(name: str) -> str:
        run = ledger.begin(RunHead("sync", "", "", HEAD.context, continues="r"), [OperationDraft.of(create(name))])
        ledger.record(run, [(0, None)])
        return run

    first = cut_off("ada@x.org")
    clock.now -= DAY
    second = cut_off("grace@x.org")
    ledger._file.connection.execute("UPDATE runs SET rowid = 100 - rowid")
    assert second < first
    assert list(ledger.in_doubt()) == [first, second]
    assert ledger.continuation_of("r") == first


def test_links_are_proven_after_the_runs_that_made_them_are_forgotten(managed: SqliteLedger, clock: Clock) -> None:
    for name in ("kurt@x.org", "emmy@x.org"):
        clock.now += 10 * DAY
        do(managed, create(name), ReleaseUser("id of ada@x.org", "ada@x.org", "ada@x.org", "undo"))
        assert managed.prune(keep=5 * DAY) > 0
        assert managed.prove().problems == ()
    managed._file.connection.execute("DELETE FROM links WHERE name = 'grace@x.org'")
    missing = "The user grace@x.org (id id of grace@x.org) is missing among what is managed."
    assert managed.prove().problems == (missing,)
    clock.now += 10 * DAY
    do(managed, create("last@x.org"))
    managed.prune(keep=5 * DAY)
    assert managed.prove().problems == (missing,), "forgetting whitewashes nothing"
    managed._file.connection.execute("UPDATE links_before SET link = replace(link, 'kurt', 'eve')")
    assert "(links_before) was changed" in "\n".join(managed.prove().problems)


def test_nothing_is_forgotten_that_would_leave_links_without_a_reason(managed: SqliteLedger, clock: Clock) -> None:
    managed._file.connection.execute("UPDATE operations SET change = 'x' WHERE kind = 'create_group'")
    clock.now += 10 * DAY
    assert managed.prune(keep=DAY) == 0
    assert "Which links follow from event" in "\n".join(managed.prove().problems)


def test_a_proof_takes_twice_as_long_for_twice_as_many(ledger: SqliteLedger) -> None:
    """Counted in steps of SQLite, not in seconds."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    def steps_of_a_proof() -> int:
        nonlocal steps
        steps = 0
        assert ledger.prove().problems == ()
        return steps

    def a_hundred(first: int) -> None:
        do(ledger, *(create(f"{number}@x.org") for number in range(first, first + 100)))

    ledger._file.connection.set_progress_handler(step, 10)
    for first in range(0, 300, 100):
        a_hundred(first)
    once = steps_of_a_proof()
    for first in range(300, 600, 100):
        a_hundred(first)
    assert steps_of_a_proof() < 2.3 * once
