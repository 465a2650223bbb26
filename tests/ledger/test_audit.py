"""Whatever is done to a ledger's runs by another hand is noticed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.entries import OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.sqlite.store import Ledger
from heapscim.model.plan import TakeOver
from tests.ledger.conftest import Clock

DAY = 86_400.0
HEAD = RunHead("sync", "people.csv", "f00d", RunContext("ada", "desk", 42, {"removals": 40}))


def a_run(ledger: Ledger, *names: str, ends: bool = True) -> str:
    drafts = [OperationDraft("add_person", name, "chosen", "{}") for name in names]
    run = ledger.begin(HEAD, drafts, [TakeOver("u9", "9", "kurt@x.org")])
    for seq, _ in enumerate(names):
        ledger.record(run, [(seq, None)])
        if ends:
            ledger.record(run, [(seq, Settlement("done", id=f"u{seq}", attempts=1, seconds=0.25))])
    if ends:
        ledger.end_run(run, "done")
    return run


@pytest.fixture
def other_hand(path: Path, ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """A ledger with two runs, and somebody with another tool."""
    a_run(ledger, "ada@x.org", "grace@x.org")
    a_run(ledger, "alan@x.org")
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_a_ledger_that_only_heapscim_wrote_is_whole(ledger: Ledger, clock: Clock) -> None:
    assert ledger.prove().problems == ()
    run = a_run(ledger, "ada@x.org", ends=False)
    a_run(ledger, "grace@x.org")
    ledger.record(run, [(0, Settlement("not_attempted", message="Looked for."))])
    ledger.record(run, [(0, None)])
    clock.now += DAY
    ledger.end_run(run, "failed")
    proof = ledger.prove()
    assert (proof.problems, proof.events, proof.pruned) == ((), 11, 0)


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
def test_tampering_is_noticed(ledger: Ledger, other_hand: sqlite3.Connection, statement: str, problem: str) -> None:
    assert ledger.prove().problems == ()
    other_hand.executescript(f"PRAGMA foreign_keys = OFF; {statement}")
    assert problem in "\n".join(ledger.prove().problems)


def test_a_chain_that_was_computed_anew_lacks_the_head_that_was_noted(
    ledger: Ledger, other_hand: sqlite3.Connection
) -> None:
    noted = ledger.prove().head
    a_run(ledger, "kurt@x.org")
    assert ledger.prove(noted=noted).problems == ()
    other_hand.execute("DELETE FROM events")
    other_hand.execute("DELETE FROM runs")
    other_hand.execute("DELETE FROM operations")
    other_hand.execute("DELETE FROM links")
    other_hand.execute("DELETE FROM meta WHERE key LIKE 'chain%'")
    assert ledger.prove().problems == ()
    assert ledger.prove(noted=noted).problems == (
        f"The head {noted} that was noted is not part of the chain: it was rewritten, or pruned since.",
    )


def test_a_count_that_is_none_is_damage(ledger: Ledger, other_hand: sqlite3.Connection) -> None:
    other_hand.execute("UPDATE meta SET value = 'many' WHERE key = 'chain_count'")
    with pytest.raises(LedgerError, match="is damaged"):
        ledger.prove()


def test_a_hundred_problems_are_not_all_told(ledger: Ledger) -> None:
    run = a_run(ledger, *(f"u{number}@x.org" for number in range(100)), ends=False)
    ledger._connection.execute("UPDATE operations SET message = 'fine' WHERE run = ?", (run,))
    problems = ledger.prove().problems
    assert (len(problems), problems[-1]) == (21, "… and 80 more.")


def test_old_runs_can_be_forgotten_and_the_rest_is_still_proven(ledger: Ledger, clock: Clock) -> None:
    a_run(ledger, "ada@x.org")
    old = ledger.prove().head
    clock.now += 10 * DAY
    kept = a_run(ledger, "grace@x.org")
    assert ledger.prune(keep=30 * DAY) == 0
    assert ledger.prune(keep=5 * DAY) == 1
    assert ledger.prune(keep=5 * DAY) == 0
    assert [summary.run for summary in ledger.runs()] == [kept]
    proof = ledger.prove(noted=old)
    assert (proof.problems, proof.pruned, proof.events) == ((), 5, 11)
    assert [link.id for link in ledger.links().users] == ["u9"]
    ledger._connection.execute("UPDATE meta SET value = '4' WHERE key = 'anchor_count'")
    assert ledger.prove().problems == ("Event 5 is missing.", "No event vouches for what is said to have been pruned.")


def test_a_run_that_is_still_open_is_never_forgotten(ledger: Ledger, clock: Clock) -> None:
    first = a_run(ledger, "ada@x.org")
    opened = a_run(ledger, "grace@x.org", ends=False)
    later = a_run(ledger, "alan@x.org")
    clock.now += 10 * DAY
    assert ledger.prune(keep=DAY) == 1
    assert [summary.run for summary in ledger.runs()] == [later, opened]
    assert ledger.run_named(first) is None
    ledger.record(opened, [(0, Settlement("done"))])
    assert ledger.prune(keep=DAY) == 0, "it was settled just now"
    clock.now += 10 * DAY
    assert ledger.prune(keep=DAY) == 2
    assert ledger.runs() == ()
    assert ledger.prove().problems == ()
