"""A hundred thousand people in a shared ledger: what each thing takes, to be read by a person."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from heapscim.ledger.entries import OperationDraft, RunFilter, Settlement
from heapscim.ledger.sql.store import SqlLedger
from tests.builders import an_account, in_heap
from tests.ledger.writing import HEAD, create

PEOPLE, BATCH = 100_000, 50


@contextmanager
def timed(what: str) -> Iterator[None]:
    before = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - before:.2f} s")


@pytest.mark.long
def test_a_hundred_thousand_people(shared: SqlLedger) -> None:
    changes = [create(f"person{number}@example.org") for number in range(PEOPLE)]
    with timed("begin a run of 100,000 creates"):
        run = shared.begin(HEAD, [OperationDraft.of(change) for change in changes])
    with timed(f"send and settle them, {BATCH} in a commit"):
        for start in range(0, PEOPLE, BATCH):
            batch = range(start, start + BATCH)
            shared.record(run, [(seq, None) for seq in batch])
            shared.record(run, [(seq, Settlement("done", id=f"H{seq}", change=changes[seq])) for seq in batch])
    heap = in_heap([an_account(f"H{number}") for number in range(PEOPLE)])
    with timed("remember who was seen"):
        shared.remember_seen(heap, groups=True)
    with timed("read all links"):
        assert len(shared.links().users) == PEOPLE
    with timed("know who was seen"):
        assert len(shared.known_ids("user", before=2e9)) == PEOPLE
    with timed("find the runs about one person"):
        assert len(shared.runs(RunFilter(about="PERSON99999@example.org"))) == 1
    with timed("find the history of a hundred people"):
        assert len(shared.history([f"H{number}" for number in range(100)])) == 100
    with timed("prove it all"):
        assert shared.prove().problems == ()
