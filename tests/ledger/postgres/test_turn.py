"""Whoever lost the lock of a shared ledger can't write any more, and another can begin at once."""

from dataclasses import replace
from weakref import WeakSet

import psycopg
import pytest

from heapscim.errors import Busy, LedgerError
from heapscim.ledger.entries import OperationDraft
from heapscim.ledger.postgres.place import PostgresPlace
from heapscim.ledger.sql.store import SqlLedger
from tests.fakes.processes import wait_until
from tests.ledger.writing import HEAD

DRAFTS = [OperationDraft("add_person", "ada@x.org", "r", "{}")] * 2


def cut_the_lock(hand: psycopg.Connection) -> None:
    """Ends the connection that holds the lock, as a network or an administrator may."""
    (backend,) = hand.execute("SELECT backend FROM holder").fetchone() or (0,)
    hand.execute("SELECT pg_terminate_backend(%s)", (backend,))
    wait_until(lambda: hand.execute("SELECT FROM pg_locks WHERE pid = %s", (backend,)).fetchone() is None)


def test_a_lock_that_was_lost_is_noticed_before_the_next_entry(
    place: PostgresPlace, shared: SqlLedger, hand: psycopg.Connection
) -> None:
    with place.lock().held("sync"):
        run = shared.begin(HEAD, DRAFTS)
        shared.record(run, [(0, None)])
        cut_the_lock(hand)
        with pytest.raises(LedgerError, match=r"The lock of the ledger .* was lost, so nothing more is sent"):
            shared.record(run, [(1, None)])
        with pytest.raises(LedgerError, match="was lost"):
            shared.end_run(run, "done")
    assert [operation.state for operation in shared.operations(run)] == ["sent", "planned"]
    assert shared.prove().problems == ()


def test_one_whose_turn_is_over_never_writes_beside_the_next(
    place: PostgresPlace, shared: SqlLedger, hand: psycopg.Connection
) -> None:
    other = replace(place, host="standby", locks=WeakSet())
    with place.lock().held("sync"):
        run = shared.begin(HEAD, DRAFTS)
        cut_the_lock(hand)
        assert place.lock().holder() is None
        with other.lock().held("resume"), pytest.raises(LedgerError, match="was lost"):
            shared.record(run, [(0, None)])
        with other.lock().held("resume"):
            found = replace(place, locks=WeakSet()).lock().holder()
            assert found is not None
            assert (found.command, found.host) == ("resume", "standby")
    with other.lock().held("undo"):
        pass


def test_a_new_holder_waits_for_a_commit_that_is_under_way(
    place: PostgresPlace, shared: SqlLedger, hand: psycopg.Connection
) -> None:
    run = shared.begin(HEAD, DRAFTS)
    hand.execute("BEGIN")
    hand.execute("SELECT FROM holder FOR UPDATE")  # as a commit does
    lock = place.lock()
    with place._connect() as waiting:
        waiting.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            lock._claim(waiting, "sync")
    hand.execute("ROLLBACK")
    with lock.held("sync"):
        shared.record(run, [(0, None)])


def test_a_writer_that_never_ends_makes_others_busy(
    place: PostgresPlace, shared: SqlLedger, hand: psycopg.Connection
) -> None:
    run = shared.begin(HEAD, DRAFTS)
    shared._database._connection.raw.execute("SET lock_timeout = '100ms'")  # type: ignore[attr-defined]
    hand.execute("BEGIN")
    hand.execute("SELECT FROM holder FOR UPDATE")
    with pytest.raises(Busy, match="is in use"):
        shared.record(run, [(0, None)])
    shared.keep_memo("troubles", "may be lost")
    hand.execute("ROLLBACK")
    shared.record(run, [(0, None)])
    assert (shared.memo("troubles"), shared.prove().problems) == ("", ())
    assert place.exists()
