"""Whatever is done to a ledger's runs by another hand is noticed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.sqlite.store import SqliteLedger
from tests.ledger.conftest import Clock
from tests.ledger.writing import DAY, a_run


@pytest.fixture
def other_hand(path: Path, ledger: SqliteLedger) -> Iterator[sqlite3.Connection]:
    """A ledger with two runs, and somebody with another tool."""
    a_run(ledger, "ada@x.org", "grace@x.org")
    a_run(ledger, "alan@x.org")
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


TAMPERING = [
    ("UPDATE operations SET state = 'failed' WHERE subject = 'grace@x.org'", "What became of change 1 of run"),
    ("UPDATE operations SET message = 'fine' WHERE seq = 0", "What became of change 0 of run"),
    ("UPDATE operations SET subject = 'eve@x.org' WHERE seq = 1", "are not those it began with"),
    ("UPDATE operations SET reason = 'asked for' WHERE seq = 1", "are not those it began with"),
    ("UPDATE operations SET change = '[]' WHERE seq = 1", "are not those it began with"),
    ("DELETE FROM operations WHERE seq = 1", "are not those it began with"),
    ("UPDATE runs SET who = 'eve' WHERE rowid = 1", "is not what it began as"),
    ("UPDATE runs SET allowances = '{}' WHERE rowid = 1", "is not what it began as"),
    ("UPDATE runs SET started = started - 1 WHERE rowid = 1", "is not what it began as"),
    ("UPDATE runs SET outcome = 'failed' WHERE rowid = 2", "did not end as it says"),
    ("DELETE FROM runs WHERE rowid = 1", "is missing."),
    (
        "CREATE TABLE c AS SELECT * FROM runs; UPDATE c SET run = 'x'; INSERT INTO runs SELECT * FROM c LIMIT 1",
        "Run x has no beginning among the events.",
    ),
    ("DELETE FROM events WHERE number = 4", "Event 4 is missing."),
    ("DELETE FROM events WHERE number BETWEEN 4 AND 6", "Events 4 to 6 are missing."),
    ("DELETE FROM events WHERE number >= 11", "Events 11 to 12 are missing."),
    ("DELETE FROM events WHERE number <= 2", "Events 1 to 2 are missing."),
    ("UPDATE events SET content = '[]' WHERE number = 3", "Event 3 (sent, change 0 of run"),
    ("UPDATE events SET content = 'no JSON' WHERE number = 1", "Event 1 (begun of run"),
    ("UPDATE events SET content = '{\"head\": 5}' WHERE number = 1", "Event 1 (begun of run"),
    ("UPDATE events SET content = '{}' WHERE number = 4", "Event 4 (settled, change 0 of run"),
    ("UPDATE events SET at = at + 1 WHERE number = 7", "Event 7 (ended of run"),
    ("UPDATE events SET kind = 'sent' WHERE number = 2", "Event 2 (sent of run"),
    ("UPDATE events SET hash = 'x' WHERE number = 12", "The newest event is not the one that was noted"),
    ("UPDATE events SET number = -1 * number; UPDATE events SET number = 13 + number", "is not what was sealed"),
    ("UPDATE meta SET value = '11' WHERE key = 'chain_count'", "The newest event is not the one that was noted"),
    (
        "INSERT INTO meta VALUES ('anchor_count', '2'); DELETE FROM events WHERE number <= 2",
        "No event vouches for what is said to have been pruned.",
    ),
]


@pytest.mark.parametrize(("statement", "problem"), TAMPERING, ids=lambda text: text[:60])
def test_tampering_is_noticed(
    ledger: SqliteLedger, other_hand: sqlite3.Connection, statement: str, problem: str
) -> None:
    assert ledger.prove().problems == ()
    other_hand.executescript(f"PRAGMA foreign_keys = OFF; {statement}")
    assert problem in "\n".join(ledger.prove().problems)


def test_a_chain_that_was_computed_anew_lacks_the_head_that_was_noted(
    ledger: SqliteLedger, other_hand: sqlite3.Connection
) -> None:
    noted = ledger.head()
    a_run(ledger, "kurt@x.org")
    assert ledger.prove(noted=[noted]).problems == ()
    other_hand.execute("DELETE FROM events")
    other_hand.execute("DELETE FROM runs")
    other_hand.execute("DELETE FROM operations")
    other_hand.execute("DELETE FROM links")
    other_hand.execute("DELETE FROM meta WHERE key LIKE 'chain%'")
    assert ledger.prove().problems == ()
    assert ledger.prove(noted=[noted]).problems == (
        f"The head {noted.hash} that was noted is not part of the chain: it was rewritten, or pruned since.",
    )


def test_a_count_that_is_none_is_damage(ledger: SqliteLedger, other_hand: sqlite3.Connection) -> None:
    other_hand.execute("UPDATE meta SET value = 'many' WHERE key = 'chain_count'")
    with pytest.raises(LedgerError, match="is damaged"):
        ledger.prove()


def test_a_hundred_problems_are_not_all_told(ledger: SqliteLedger) -> None:
    run = a_run(ledger, *(f"u{number}@x.org" for number in range(100)), ends=False)
    ledger._file.connection.execute("UPDATE operations SET message = 'fine' WHERE run = ?", (run,))
    problems = ledger.prove().problems
    assert (len(problems), problems[-1]) == (21, "… and 80 more.")


def test_what_is_said_to_have_been_pruned_must_be_vouched_for(ledger: SqliteLedger, clock: Clock) -> None:
    a_run(ledger, "ada@x.org")
    clock.now += 10 * DAY
    a_run(ledger, "grace@x.org")
    assert ledger.prune(keep=5 * DAY) == 1
    ledger._file.connection.execute("UPDATE meta SET value = '4' WHERE key = 'anchor_count'")
    assert ledger.prove().problems == ("Event 5 is missing.", "No event vouches for what is said to have been pruned.")
