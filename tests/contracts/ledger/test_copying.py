"""A whole ledger gets from any kind of store into any other with its proof, or nothing has changed there."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.copying import COLUMNS, LOCAL, copy_whole
from heapscim.ledger.entries import ChainHead, StoredRow
from heapscim.ledger.protocol import Ledger
from tests.builders import in_heap
from tests.contracts.ledger.stores import STORES
from tests.ledger.conftest import Clock
from tests.ledger.writing import DAY, a_run, every_kind_of_link

Opening = Callable[[], Ledger]


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Opening:
    """Another place, of every kind."""
    store = STORES[request.param](tmp_path / "other")
    return lambda: store.open(clock)


@pytest.fixture
def target(place: Opening) -> Iterator[Ledger]:
    with closing(place()) as opened:
        yield opened


def lived(ledger: Ledger, clock: Clock) -> None:
    """A ledger with everything in it: pruned runs, links of each kind, doubt, what was seen, a memo."""
    a_run(ledger, "old@x.org")
    clock.now += 10 * DAY
    every_kind_of_link(ledger)
    assert ledger.prune(keep=5 * DAY) == 1
    a_run(ledger, 'Zoë \N{WOMAN} "quoted"@x.org', "tab\tand\nline@x.org", ends=False)
    ledger.remember_seen(in_heap(), groups=True)
    ledger.keep_memo("troubles", '{"a": 1}')


def rows(ledger: Ledger) -> list[StoredRow]:
    with closing(ledger.copied()) as found:
        return list(found)


def test_a_copy_has_every_row_and_the_same_head_and_proof(ledger: Ledger, target: Ledger, clock: Clock) -> None:
    lived(ledger, clock)
    before = rows(ledger)
    proof = copy_whole(ledger, target)
    assert sorted(rows(target), key=repr) == sorted(before, key=repr)
    assert rows(ledger) == before
    assert (target.head(), proof) == (ledger.head(), ledger.prove())
    assert {table for table, _ in before} == COLUMNS.keys() - {"seen"}
    assert [run.run for run in target.runs()] == [run.run for run in ledger.runs()]
    assert target.in_doubt().keys() == ledger.in_doubt().keys()
    assert (target.memo("troubles"), target.prove().problems) == ('{"a": 1}', ())


def test_a_copy_goes_on_and_comes_back_over_what_it_was_made_of(ledger: Ledger, target: Ledger, clock: Clock) -> None:
    lived(ledger, clock)
    old = ledger.head()
    copy_whole(ledger, target)
    ledger.note_moved("elsewhere")
    a_run(target, "new@x.org")
    copy_whole(target, ledger)
    assert (ledger.moved_to(), ledger.head()) == (None, target.head())
    a_run(ledger, "newer@x.org")
    assert ledger.prove(noted=[old, target.head()]).problems == ()


def test_no_run_begins_in_a_ledger_that_was_moved_away(ledger: Ledger) -> None:
    a_run(ledger, "ada@x.org")
    before = ledger.head()
    ledger.note_moved("postgresql://db.example.com/heapscim")
    with pytest.raises(LedgerError, match=r"moved to postgresql://db\.example\.com/heapscim"):
        a_run(ledger, "grace@x.org")
    assert (ledger.head(), ledger.prove().problems) == (before, ())
    ledger.note_moved(LOCAL)
    with pytest.raises(LedgerError) as refused:
        a_run(ledger, "grace@x.org")
    assert "unset ledger.url" in (refused.value.hint or "")
    ledger.note_moved(None)
    a_run(ledger, "grace@x.org")


def test_another_ledger_is_never_overwritten(ledger: Ledger, target: Ledger, clock: Clock) -> None:
    lived(ledger, clock)
    a_run(target, "theirs@x.org")
    before = rows(target)
    with pytest.raises(LedgerError, match="another ledger already"):
        copy_whole(ledger, target)
    assert rows(target) == before


def test_an_older_copy_is_replaced_and_a_newer_one_is_kept(ledger: Ledger, target: Ledger, clock: Clock) -> None:
    lived(ledger, clock)
    copy_whole(ledger, target)
    a_run(ledger, "later@x.org")
    copy_whole(ledger, target)
    assert target.head() == ledger.head()
    a_run(target, "there@x.org")
    with pytest.raises(LedgerError, match="another ledger already"):
        copy_whole(ledger, target)


def test_a_copy_that_is_cut_off_leaves_what_was_there(ledger: Ledger, target: Ledger, clock: Clock) -> None:
    lived(ledger, clock)
    before = rows(target)
    everything = rows(ledger)

    def cut_off(most: int) -> Iterator[StoredRow]:
        yield from everything[:most]
        raise RuntimeError

    for most in range(0, len(everything), 7):
        with pytest.raises(RuntimeError):
            target.replace_all(cut_off(most))
        assert rows(target) == before
    copy_whole(ledger, target)
    assert target.head() == ledger.head()


def test_an_empty_ledger_is_a_copy_of_nothing(ledger: Ledger, target: Ledger) -> None:
    copy_whole(ledger, target)
    assert target.head() == ChainHead("0" * 64, 0)


def test_the_newest_noted_head_must_be_there_and_older_ones_may_be_forgotten(ledger: Ledger, clock: Clock) -> None:
    a_run(ledger, "ada@x.org")
    forgotten = ledger.head()
    a_run(ledger, "grace@x.org")
    clock.now += 10 * DAY
    a_run(ledger, "alan@x.org")
    newest = ledger.head()
    assert ledger.prune(keep=DAY) == 2
    assert ledger.prove(noted=[forgotten, newest]).problems == ()
    (problem,) = ledger.prove(noted=[ChainHead("f" * 64, 3), newest, ChainHead("e" * 64, newest.number)]).problems
    assert problem.startswith(f"The head {'e' * 64} that was noted")
    assert len(ledger.prove(noted=[forgotten]).problems) == 1, "nothing that is there vouches for it"
