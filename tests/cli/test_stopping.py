"""What a first and a second signal do to the work of a command."""

import asyncio
import signal
import threading

import pytest

from heapscim.cli.stopping import run_stoppable, stopping_at_once

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_first_signal_cancels_the_work_after_saying_so(number: int) -> None:
    told: list[str] = []

    async def work() -> None:
        signal.raise_signal(number)
        await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        run_stoppable(work, lambda: told.append("stopping"))
    assert told == ["stopping"]


def test_work_that_ends_in_good_order_answers() -> None:
    async def work() -> str:
        signal.raise_signal(signal.SIGTERM)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "in good order"
        return "not stopped"

    assert run_stoppable(work, lambda: None) == "in good order"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_it_at_once(number: int) -> None:
    async def work() -> None:
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            signal.raise_signal(number)

    with pytest.raises(KeyboardInterrupt):
        run_stoppable(work, lambda: None)


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

    thread = threading.Thread(target=lambda: answers.append(run_stoppable(work, lambda: None)))
    thread.start()
    thread.join(30)
    assert answers == [7]
