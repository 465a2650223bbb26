"""One run per profile at a time, in every kind of store."""

import multiprocessing
import os
import socket
from multiprocessing.synchronize import Event
from pathlib import Path
from time import sleep

import pytest

from heapscim.errors import Busy
from heapscim.ledger.entries import Holder
from tests.contracts.ledger.stores import STORES, Store
from tests.fakes.patience import PATIENCE
from tests.ledger.conftest import Clock


def test_a_profile_that_is_held_is_refused_to_another_and_the_holder_is_named(store: Store, clock: Clock) -> None:
    one, other = store.lock(clock), store.lock(clock)
    with one.held("sync"):
        holder = Holder("sync", os.getpid(), socket.gethostname(), 1_700_000_001.0)
        assert other.holder() == holder
        with pytest.raises(Busy) as refused, other.held("undo"):
            pytest.fail("two hold the profile")
        assert str(holder) in refused.value.message
    with other.held("undo"):
        pass


def test_whoever_holds_a_profile_may_hold_it_again(store: Store, clock: Clock) -> None:
    lock, other = store.lock(clock), store.lock(clock)
    with lock.held("resume"):
        with lock.held("sync"):
            assert lock.holder() is None, "nobody else"
        with pytest.raises(Busy, match="heapscim resume"), other.held("undo"):
            pytest.fail("the inner block let go")


def test_a_profile_is_free_after_an_error(store: Store, clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError), store.lock(clock).held("sync"):
        raise ZeroDivisionError
    other = store.lock(clock)
    assert other.holder() is None
    with other.held("undo"):
        pass


def test_a_profile_that_was_never_held_is_free(store: Store, clock: Clock) -> None:
    lock = store.lock(clock)
    assert lock.holder() is None
    lock.held("sync")  # nothing is held before the block begins
    with store.lock(clock).held("undo"):
        pass


def hold(kind: str, folder: Path, holds: Event) -> None:
    with STORES[kind](folder).lock(Clock()).held("sync"):
        holds.set()
        sleep(10 * PATIENCE)


def test_a_holder_that_was_killed_holds_nothing(kind: str, tmp_path: Path, store: Store, clock: Clock) -> None:
    processes = multiprocessing.get_context("spawn")
    holds = processes.Event()
    process = processes.Process(target=hold, args=(kind, tmp_path, holds))
    process.start()
    try:
        assert holds.wait(2 * PATIENCE)
        lock = store.lock(clock)
        found = lock.holder()
        assert found is not None
        assert (found.command, found.pid) == ("sync", process.pid)
        with pytest.raises(Busy, match=f"process {process.pid}"), lock.held("undo"):
            pytest.fail("two hold the profile")
    finally:
        process.kill()
        process.join()
    assert lock.holder() is None
    with lock.held("undo"):
        pass
