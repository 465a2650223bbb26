"""How fast a run may go: one limiter for all requests, a pause when the server asks, growing waits between tries.

Knows nothing of HTTP libraries; times are seconds.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_SUCCESSES_TO_WIDEN = 32
"""Good answers after which one more request may be under way again."""
_WAITS_FOR_EACH_TRY = 20
_LEAST_MARGIN = 10.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time and chance come from: the clocks of this machine, or those of a test."""

    clock: Callable[[], float]
    """Seconds that only go on, from a moment of no meaning."""
    now: Callable[[], float]
    """Seconds since 1970."""
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    """From 0 up to 1."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The ceilings, from the profile."""

    max_in_flight: int = 8
    timeout: float = 30.0
    """For one request, from sending to the last byte."""
    retries: int = 5
    """After the first try."""
    late_margin: float | None = None
    """How long beyond the time limit a request whose answer was lost may still be carried out; None for as long again,
    and 10 s at least."""
    longest_pause: float = 300.0
    """The most a Retry-After is followed."""
    first_wait: float = 0.5
    longest_wait: float = 30.0

    @property
    def arrival(self) -> float:
        """Seconds from sending within which a request may still be carried out, whether or not an answer comes."""
        margin = max(self.timeout, _LEAST_MARGIN) if self.late_margin is None else self.late_margin
        return self.timeout + margin


class Limiter:
    """Lets at most ``max_in_flight`` requests be under way, fewer once a server was asked too much, none in a pause."""

    def __init__(self, limits: RequestLimits, timing: Timing) -> None:
        self._limits = limits
        self._timing = timing
        self.clock = timing.clock
        """What the run measures time by."""
        self._slots = asyncio.Semaphore(limits.max_in_flight)
        self._width = limits.max_in_flight
        self._to_withhold = 0
        self._successes = 0
        self._paused_until = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for a free slot and for the end of any pause."""
        await self._slots.acquire()
        try:
            while (left := self._paused_until - self._timing.clock()) > 0:
                await self._timing.sleep(left)
            yield
        finally:
            if self._to_withhold:
                self._to_withhold -= 1
            else:
                self._slots.release()

    def throttle(self, seconds: float | None, waits: int) -> float:
        """Holds back every request of the run for as long as the server asked, or longer from wait to wait.

        From now on half as many requests are under way at a time. Answers the seconds of the pause.
        """
        clock = self._timing.clock()
        if clock >= self._paused_until:
            narrower = max(1, self._width // 2)
            self._to_withhold += self._width - narrower
            self._width = narrower
        self._successes = 0
        pause = seconds or self._longest_wait(waits + 1) * (1 + self._timing.chance()) / 2
        self._paused_until = max(self._paused_until, clock + pause)
        return pause

    def note_success(self) -> None:
        """Notes a good answer; after enough of them one more request may be under way."""
        self._successes += 1
        if self._width == self._limits.max_in_flight or self._successes < _SUCCESSES_TO_WIDEN:
            return
        self._successes = 0
        self._width += 1
        if self._to_withhold:
            self._to_withhold -= 1
        else:
            self._slots.release()

    async def back_off(self, tries: int) -> None:
        """Waits before the next try: exponential with full jitter."""
        await self._timing.sleep(self._longest_wait(tries) * self._timing.chance())

    def clock_offset_from(self, date: str | None) -> float | None:
        """Seconds that a Date header (RFC 9110 §6.6.1) is ahead of our clock; None where it says nothing usable."""
        try:
            return parsedate_to_datetime(date or "").timestamp() - self._timing.now()
        except (ValueError, TypeError, OverflowError):
            return None

    def retry_after(self, header: str | None) -> float | None:
        """Seconds a Retry-After asks for, in either form (RFC 9110 §10.2.3); None where it says nothing usable."""
        if header is None:
            return None
        text = header.strip()
        if _SECONDS.fullmatch(text):
            seconds = float(text)
        else:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._timing.now()
            except (ValueError, TypeError, OverflowError):
                return None
        return min(max(seconds, 0.0), self._limits.longest_pause)

    def _longest_wait(self, tries: int) -> float:
        return growing_wait(tries, first=self._limits.first_wait, longest=self._limits.longest_wait)


def growing_wait(tries: int, *, first: float = 0.5, longest: float = 30.0) -> float:
    """The most seconds to wait before the next try, after so many."""
    return float(min(longest, first * 2 ** min(tries - 1, 30)))


class ThrottleBudget:
    """How often one request lets itself be told to wait: for the longest pause in all, and at least as often as tried.

    Being told to wait is no failure, and under a strict limit anybody's turn may come late; but it ends.
    """

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self._waited = 0.0
        self.waits = 0

    def allows(self, pause: float) -> bool:
        """Notes one more pause; answers whether to come again after it."""
        self.waits += 1
        self._waited += pause
        if self.waits <= self._limits.retries:
            return True
        return self._waited < self._limits.longest_pause and self.waits <= self._limits.retries * _WAITS_FOR_EACH_TRY
