"""What reads have seen is remembered, in every kind of ledger."""

from heapscim.execution.absences import Absences
from heapscim.ledger.protocol import Ledger
from tests.builders import a_team, an_account, in_heap
from tests.contracts.ledger.stores import Store
from tests.ledger.conftest import Clock


def test_what_was_read_is_known_by_id_from_the_moment_it_was_first_read(ledger: Ledger, clock: Clock) -> None:
    later = clock.now + 1_000
    assert ledger.known_ids("user", before=later) == frozenset()
    ledger.remember_seen(in_heap([an_account("1"), an_account("2")], [a_team("t")]), groups=True)
    first = clock.now
    ledger.remember_seen(in_heap([an_account("2"), an_account("3")]), groups=False)
    assert ledger.known_ids("user", before=first - 0.5) == frozenset()
    assert ledger.known_ids("user", before=first) == frozenset("2")
    assert ledger.known_ids("user", before=later) == frozenset("23")
    assert ledger.known_ids("group", before=first) == frozenset("t"), "groups weren't read the second time"
    ledger.remember_seen(in_heap([an_account("2")]), groups=True)
    assert ledger.known_ids("group", before=later) == frozenset()


def test_who_was_gone_and_is_back_is_known_from_the_return(ledger: Ledger, clock: Clock) -> None:
    ledger.remember_seen(in_heap([an_account("1")]), groups=True)
    first = clock.now
    ledger.remember_seen(in_heap(), groups=True)
    ledger.remember_seen(in_heap([an_account("1")]), groups=True)
    assert ledger.known_ids("user", before=first) == frozenset()
    assert ledger.known_ids("user", before=clock.now) == frozenset("1")


def test_absences_are_kept_in_their_order(ledger: Ledger, store: Store, clock: Clock) -> None:
    assert ledger.absences() == Absences()
    ledger.remember_absences(Absences(("u2", "u1"), ("t1",)))
    other = store.open(clock)
    assert other.absences() == Absences(("u2", "u1"), ("t1",))
    other.remember_absences(Absences())
    other.close()
    assert ledger.absences() == Absences()
    assert ledger.prove().problems == ()


def test_a_memo_is_kept_for_other_runs_and_is_no_part_of_the_proof(ledger: Ledger, store: Store, clock: Clock) -> None:
    assert ledger.memo("departures") == ""
    ledger.keep_memo("departures", '{"u1": 5}')
    other = store.open(clock)
    assert (other.memo("departures"), other.memo("troubles")) == ('{"u1": 5}', "")
    other.keep_memo("departures", "")
    other.close()
    assert ledger.memo("departures") == ""
    assert ledger.prove().problems == ()
