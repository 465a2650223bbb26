"""The connection breaks off at any message: what was recorded is there once, and what isn't there was refused."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from heapscim.config.ledger_url import ledger_url
from heapscim.errors import LedgerError
from heapscim.ledger.entries import OperationDraft, Settlement
from heapscim.ledger.postgres.place import PostgresPlace
from heapscim.ledger.protocol import Ledger
from heapscim.model.plan import TakeOver
from tests.builders import TENANT
from tests.fakes.cutting import Cutter, Way, a_cutter
from tests.fakes.postgres import PostgresServer
from tests.ledger.writing import HEAD, create

ADA, GRACE = create("ada@x.org"), create("grace@x.org")
WAYS: tuple[Way, ...] = ("to the server", "to the client")


@pytest.fixture
def cutter(server: PostgresServer) -> Iterator[Cutter]:
    with a_cutter(server.port) as found:
        yield found


def steps(ledger: Ledger) -> Iterator[int]:
    """Writes a run; yields after each call that returned how many events there must be by then."""
    run = ledger.begin(HEAD, [OperationDraft.of(ADA), OperationDraft.of(GRACE)], [TakeOver("u9", "9", "kurt@x.org")])
    yield 2
    ledger.record(run, [(0, None)])
    yield 3
    ledger.record(run, [(0, Settlement("done", id="u1", change=ADA)), (1, None)])
    yield 5
    ledger.record(run, [(1, Settlement("done", id="u2", change=GRACE))])
    yield 6
    ledger.end_run(run, "done")
    yield 7


def write(ledger: Ledger) -> tuple[int, bool]:
    """How many events were recorded for sure, and whether all were."""
    recorded = 0
    with suppress(LedgerError):
        for recorded in steps(ledger):  # noqa: B007 - the last one counts
            pass
        return recorded, True
    return recorded, False


def messages(place: PostgresPlace, cutter: Cutter, way: Way) -> int:
    """How many messages a whole run takes."""
    ledger = place.open(TENANT)
    before = cutter.passed[way]
    assert write(ledger) == (7, True)
    ledger.close()
    return cutter.passed[way] - before


def walk(place: PostgresPlace, cutter: Cutter, way: Way, *, step: int) -> tuple[int, int]:
    """Cuts a run off behind each ``step``-th message; returns how many runs failed, and how many found their way."""
    far = replace(place, url=ledger_url(f"postgresql://postgres@127.0.0.1:{cutter.port}/postgres"))
    failed = survived = 0
    for number, after in enumerate(range(0, messages(far, cutter, way), step)):
        here = replace(place, schema=f"{place.schema}_{way[7]}{number}")
        here.open(TENANT).close()
        ledger = replace(far, schema=here.schema).open(TENANT)
        cutter.cut(way, after)
        recorded, is_whole = write(ledger)
        ledger.close()
        assert cutter.was_cut, after
        direct = here.open(TENANT)
        proof = direct.prove()
        direct.close()
        assert proof.problems == (), after
        assert recorded <= proof.events <= recorded + 2, "at most the commit that was refused is there"
        assert not is_whole or proof.events == 7
        failed, survived = failed + (not is_whole), survived + is_whole
    return failed, survived


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_breaks_off_loses_nothing_and_repeats_nothing(
    place: PostgresPlace, cutter: Cutter, way: Way
) -> None:
    failed, survived = walk(place, cutter, way, step=13)
    assert failed > 3
    assert way == "to the server" or survived >= 1, "a commit that took place is found, and the run goes on"


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_breaks_off_at_every_message(place: PostgresPlace, cutter: Cutter, way: Way) -> None:
    failed, survived = walk(place, cutter, way, step=1)
    print(f"{way}: cut at {failed + survived} messages, {survived} commits found on a new connection")
    assert way == "to the server" or survived >= 5
