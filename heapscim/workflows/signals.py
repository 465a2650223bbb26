"""Holds the one ``asyncio.run``, and stops it: in good order at the first Ctrl-C, SIGTERM or SIGHUP, then at once."""

from __future__ import annotations

import asyncio
import gc
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

__all__ = ["collect_garbage", "run_for", "run_stoppable", "stopping_at_once"]

T = TypeVar("T")
_SHOW_CURSOR = "\x1b[?25h"


def run_stoppable(work: Callable[[], Coroutine[Any, Any, T]], tell: Callable[[], None], leave: Callable[[], None]) -> T:
    """Runs ``work``. A first signal calls ``tell`` and cancels the work; a second one calls ``leave``.

    ``leave`` must end the process. An exception instead could hit the event loop itself and lose a wake-up; then tasks
    that wait for the loop would wait for ever.

    Raises KeyboardInterrupt if the first signal ended the work.
    """
    collect_garbage()
    stop = _Stop(tell, leave)
    try:
        with signals_to(stop):
            return asyncio.run(stop.watching(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def collect_garbage() -> None:
    """Lets Python look for garbage again, as it didn't while it started; it leaves alone what was imported by then."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def run_for(screen: Screen, work: Callable[[], Coroutine[Any, Any, T]], *, silent: bool = False) -> T:
    """Runs a command's work; unless ``silent``, a first signal is explained on the screen."""

    def tell() -> None:
        if not silent:
            screen.note("Stopping after the requests in progress. Press Ctrl-C again to stop at once.")

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
    """Lets each signal wake the event loop by a byte in a socket.

    A handler runs only when the loop wakes. A signal just before the loop starts to wait would otherwise be noticed
    only with the next response of a server. On Windows, asyncio does this itself.
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
    """Ends the process at once, with the terminal in order and printed text not lost. It is as safe as a kill."""
    with suppress(OSError, RuntimeError, ValueError):  # the signal may have come during such a write
        sys.stdout.flush()
    is_terminal = sys.stderr.isatty()
    words = "" if quiet else "Interrupted.\n"
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), (f"{_SHOW_CURSOR}\n{words}" if is_terminal else words).encode())
    os._exit(exit_codes.INTERRUPTED)
