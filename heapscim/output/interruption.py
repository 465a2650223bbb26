"""Hands the signals that stop a process to another handler, for as long as a block lasts."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""SIGHUP comes when a terminal is closed; Windows has none."""


@contextmanager
def signals_to(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Hands the stopping signals to ``handler``; one that is ignored (``nohup``, a background job) stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _STOPPING}
    taken = {number: known for number, known in before.items() if known is not signal.SIG_IGN}
    try:
        for number in taken:
            signal.signal(number, handler)
        yield
    finally:
        for number, known in taken.items():
            signal.signal(number, known)


@contextmanager
def stopping_at_once() -> Iterator[list[int]]:
    """Turns each stopping signal into a KeyboardInterrupt: for a question, or a block that must clean up.

    Returns the signals that came.
    """
    heard: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        heard.append(number)
        raise KeyboardInterrupt

    with signals_to(interrupt):
        yield heard
