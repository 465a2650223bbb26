"""How fast a run may go: one limiter for all requests, a pause when the server asks, growing waits between tries.

Knows nothing of HTTP libraries; times are seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import random


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time and chance come from; tests bring their own."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random


@dataclass(frozen=True, slots=True)
class Pace:
    """The ceilings, from the profile."""

    max_in_flight: int = 8
    timeout: float = 30.0
    """For one request, from sending to the last byte."""
    retries: int = 5
    """After the first try."""
    longest_pause: float = 300.0
    """The most a Retry-After is followed."""
    first_wait: float = 0.5
    longest_wait: float = 30.0


class Limiter:
    """Lets at most ``max_in_flight`` requests be under way, and none while the server asked for a pause."""

    def __init__(self, pace: Pace, timing: Timing) -> None:
        self._pace = pace
        self._timing = timing
        self.clock = timing.clock
        """What the run measures time by."""
        self._slots = asyncio.Semaphore(pace.max_in_flight)
        self._paused_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a free slot and for the end of any pause."""
        async with self._slots:
            while (left := self._paused_until - self._timing.clock()) > 0:
                await self._timing.sleep(left)
            yield

    def pause(self, seconds: float) -> None:
        """Holds back every request of the run for so long."""
        self._paused_until = max(self._paused_until, self._timing.clock() + seconds)

    async def back_off(self, tries: int) -> None:
        """Waits before the next try: exponential with full jitter."""
        most = min(self._pace.longest_wait, self._pace.first_wait * 2 ** (tries - 1))
        await self._timing.sleep(most * self._timing.chance())

    def asked_pause(self, header: str | None) -> float | None:
        """Seconds a Retry-After asks for, in either form (RFC 9110 §10.2.3); None where it says nothing usable."""
        if header is None:
            return None
        text = header.strip()
        if text.isascii() and text.isdigit():
            seconds = float(text)
        else:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._timing.now()
            except (ValueError, TypeError, OverflowError):
                return None
        return min(max(seconds, 0.0), self._pace.longest_pause)
