"""The one ``asyncio.run``, and what stops it: a first Ctrl-C, SIGTERM or SIGHUP in good order, a second one at once."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from heapscim.output.console import Screen
from heapscim.output.interruption import signals_to, stopping_at_once
from heapscim.workflows import exit_codes

__all__ = ["run_for", "run_stoppable", "stopping_at_once"]

T = TypeVar("T")
_SHOW_CURSOR = "\x1b[?25h"


def run_stoppable(work: Callable[[], Coroutine[Any, Any, T]], tell: Callable[[], None], leave: Callable[[], None]) -> T:
    """Runs ``work``; a first signal cancels it, after ``tell`` has told a person so; a second one calls ``leave``.

    ``leave`` is to end the process. An exception in its place could strike the event loop itself and take a wake-up
    with it, and what waits for the loop's other tasks would wait for ever.

    Raises KeyboardInterrupt where the work ended by the first signal.
    """
    stop = _Stop(tell, leave)
    try:
        with signals_to(stop):
            return asyncio.run(stop.watching(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def run_for(screen: Screen, work: Callable[[], Coroutine[Any, Any, T]], *, silent: bool = False) -> T:
    """Runs what a command does; unless it is ``silent``, the screen says what comes of a first signal."""

    def tell() -> None:
        if not silent:
            screen.note("Stopping: what is under way is finished. Once more stops at once.")

    return run_stoppable(work, tell, lambda: _leave(quiet=screen.quiet))


class _Stop:
    def __init__(self, tell: Callable[[], None], leave: Callable[[], None]) -> None:
        self._tell = tell
        self._leave = leave
        self._asked = False
        self._wake: Callable[[], object] | None = None

    async def watching(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def cancel() -> None:
            self._tell()
            if task is not None:
                task.cancel()

        self._wake = lambda: loop.call_soon_threadsafe(cancel)
        if self._asked:
            cancel()
        try:
            with _woken_by_signals(loop):
                return await work()
        finally:
            self._wake = None

    def __call__(self, *_: object) -> None:
        if self._asked:
            self._leave()
        self._asked = True
        if self._wake is not None:
            self._wake()


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Lets each signal wake the loop by a byte it leaves in a socket.

    A handler runs only once the loop wakes: a signal that comes in the instant before it falls asleep would be heard
    of with the next answer of a server. On Windows asyncio sees to that itself.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setblocking(False)
        loop.add_reader(ours, ours.recv, 4096)
        before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(ours)


def _leave(*, quiet: bool) -> None:
    """Ends the process, which is as safe as a kill; the terminal is left in order, and what was printed is not lost."""
    with suppress(OSError, RuntimeError, ValueError):  # the signal may have come in the midst of such a write
        sys.stdout.flush()
    is_terminal = sys.stderr.isatty()
    words = "" if quiet else "Interrupted.\n"
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), (f"{_SHOW_CURSOR}\n{words}" if is_terminal else words).encode())
    os._exit(exit_codes.INTERRUPTED)
