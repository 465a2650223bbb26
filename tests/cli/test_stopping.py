"""What a first and a second signal do to the work of a command."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from heapscim.output.console import Screen
from heapscim.workflows.signals import run_stoppable, stopping_at_once
from tests.fakes.patience import PATIENCE
from tests.fakes.terminals import at_a_terminal

SIGNALS = [number for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)) if number]
DEAF = """\
import asyncio, sys, time
from heapscim.workflows.signals import run_for
from heapscim.output.console import Screen
async def deaf():
    print("printed")
    try:
        print("begun", file=sys.stderr, flush=True)
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        while True:  # a signal in the instant before a long sleep would not end it
            time.sleep(0.02)
run_for(Screen(), deaf)
"""


def stay() -> None:
    raise AssertionError("nobody said so twice")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_first_signal_cancels_the_work_after_saying_so(number: int) -> None:
    told: list[str] = []

    async def work() -> None:
        signal.raise_signal(number)
        await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        run_stoppable(work, lambda: told.append("stopping"), stay)
    assert told == ["stopping"]


def test_work_that_ends_in_good_order_answers() -> None:
    async def work() -> str:
        signal.raise_signal(signal.SIGTERM)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "in good order"
        return "not stopped"

    assert run_stoppable(work, lambda: None, stay) == "in good order"


def test_garbage_is_collected_again_as_soon_as_work_begins() -> None:
    code = """\
import asyncio, gc, sys
from heapscim.workflows.signals import run_for
from heapscim.output.console import Screen
async def work():
    assert gc.isenabled()
gc.disable()
run_for(Screen(), work)
frozen = gc.get_freeze_count()
run_for(Screen(), work)
sys.exit(not frozen or gc.get_freeze_count() > frozen)  # what a run leaves behind isn't kept for ever
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_leaves_and_raises_nothing_into_the_loop(number: int) -> None:
    left: list[int] = []

    async def work() -> str:
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_soon(signal.raise_signal, number)
            await asyncio.sleep(0)
        return "unharmed"

    assert run_stoppable(work, lambda: None, lambda: left.append(number)) == "unharmed"
    assert left == [number]


def test_a_signal_before_the_work_has_begun_cancels_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    run = asyncio.run

    def signalled_first(whole: Coroutine[Any, Any, None]) -> None:
        signal.raise_signal(signal.SIGINT)
        run(whole)

    monkeypatch.setattr(asyncio, "run", signalled_first)
    with pytest.raises(KeyboardInterrupt):
        run_stoppable(lambda: asyncio.sleep(60), lambda: told.append("stopping"), stay)
    assert told == ["stopping"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_process_whatever_it_does(number: int) -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"begun\n"
        process.send_signal(number)
        assert process.stderr.readline().startswith(b"Stopping")
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=PATIENCE)
    assert (process.returncode, stdout, stderr) == (130, b"printed\n", b"Interrupted.\n")


def unheard(number: int) -> None:
    """A signal that ends no wait of the main thread, as one that comes in the instant before the wait begins."""
    threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), number)).start()


@pytest.mark.skipif(sys.platform == "win32", reason="asyncio sees to it there")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_wakes_a_loop_that_nothing_else_would_wake(number: int) -> None:
    async def work() -> None:
        unheard(number)
        await asyncio.sleep(PATIENCE)

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_stoppable(work, lambda: None, stay)
    assert time.monotonic() - begun < PATIENCE / 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_does_not_end_the_read_of_an_answer_is_heard(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with at_a_terminal(monkeypatch) as window:
        late = threading.Timer(PATIENCE, window.press, ["y\n"])
        late.start()
        unheard(number)
        with pytest.raises(KeyboardInterrupt), stopping_at_once():
            Screen().confirm("Apply?")
        assert late.is_alive(), "it was heard before somebody answered"
        late.cancel()


@pytest.mark.parametrize("number", SIGNALS)
def test_at_a_question_the_first_signal_is_enough(number: int) -> None:
    with pytest.raises(KeyboardInterrupt), stopping_at_once():
        signal.raise_signal(number)


def test_a_signal_that_is_ignored_stays_ignored_and_handlers_are_put_back() -> None:
    before, terminating = signal.signal(signal.SIGINT, signal.SIG_IGN), signal.getsignal(signal.SIGTERM)
    try:
        with stopping_at_once():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGTERM) is not terminating
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is terminating
    finally:
        signal.signal(signal.SIGINT, before)


def test_away_from_the_main_thread_signals_are_left_alone() -> None:
    answers: list[int] = []

    async def work() -> int:
        return 7

    thread = threading.Thread(target=lambda: answers.append(run_stoppable(work, lambda: None, stay)))
    thread.start()
    thread.join(PATIENCE)
    assert answers == [7]
