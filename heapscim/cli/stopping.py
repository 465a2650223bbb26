"""The one ``asyncio.run``, and what stops it: a first Ctrl-C or SIGTERM in good order, a second one at once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from heapscim.output.console import Screen

T = TypeVar("T")


def run_stoppable(work: Callable[[], Coroutine[Any, Any, T]], tell: Callable[[], None]) -> T:
    """Runs ``work``; a first signal cancels it, after ``tell`` has told a person so.

    Raises KeyboardInterrupt where the work ended by that, or by a second signal.
    """

    async def watched() -> T:
        with _signals_to(_Stop(tell)):
            return await work()

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def run_for(screen: Screen, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs what a command does; who stops it reads on the screen what comes of it."""
    return run_stoppable(work, lambda: screen.note("Stopping: what is under way is finished. Once more stops at once."))


@contextmanager
def stopping_at_once() -> Iterator[None]:
    """While a person is asked something, any signal is a KeyboardInterrupt: nothing is under way."""
    with _signals_to(_interrupt):
        yield


class _Stop:
    def __init__(self, tell: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._tell = tell
        self._asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            _interrupt(number, frame)
        self._asked = True
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._tell()
        if self._task is not None:
            self._task.cancel()


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
    raise KeyboardInterrupt


@contextmanager
def _signals_to(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Hands SIGINT and SIGTERM to ``handler``; one that is ignored (``nohup``, a background job) stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    taken = {number: known for number, known in before.items() if known is not signal.SIG_IGN}
    try:
        for number in taken:
            signal.signal(number, handler)
        yield
    finally:
        for number, known in taken.items():
            signal.signal(number, known)
