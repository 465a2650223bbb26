"""Limits how fast a run sends requests: one limiter for all of them, pauses for Retry-After, growing waits for retries.

Knows no HTTP library. Times are in seconds.
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
"""Successful responses after which one more request may be in flight again."""
_WAITS_FOR_EACH_TRY = 20
_LEAST_MARGIN = 10.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Holds the clocks, the sleep and the random numbers that a run uses; tests bring their own."""

    clock: Callable[[], float]
    """Returns monotonic seconds."""
    now: Callable[[], float]
    """Returns seconds since 1970."""
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    """Returns a random number, 0 <= n < 1."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Holds the limits for requests from the profile."""

    max_in_flight: int = 8
    timeout: float = 30.0
    """The time limit of one request, from sending to the last byte."""
    retries: int = 5
    """Tries after the first one."""
    late_margin: float | None = None
    """How long after the timeout a request without a response may still be carried out; None means as long as the
    timeout, and at least 10 s."""
    longest_pause: float = 300.0
    """The longest Retry-After that is obeyed."""
    first_wait: float = 0.5
    longest_wait: float = 30.0

    @property
    def arrival(self) -> float:
        """Returns the seconds after sending in which a request may still be carried out, even without a response."""
        margin = max(self.timeout, _LEAST_MARGIN) if self.late_margin is None else self.late_margin
        return self.timeout + margin


class Limiter:
    """Lets at most ``max_in_flight`` requests run at a time; fewer after a server throttles, none during a pause."""

    def __init__(self, limits: RequestLimits, timing: Timing) -> None:
        self._limits = limits
        self._timing = timing
        self.clock = timing.clock
        self._slots = asyncio.Semaphore(limits.max_in_flight)
        self._width = limits.max_in_flight
        self._to_withhold = 0  # slots to keep back when their requests end, since those can't be taken away now
        self._successes = 0
        self._paused_until = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits until a request may be sent, and holds its slot until the block ends."""
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
        """Pauses all requests of the run and halves how many may be in flight; returns the seconds of the pause.

        ``seconds`` is what the server asked for. Without it, the pause grows with the number of ``waits`` before.
        """
        clock = self._timing.clock()
        # Requests that were in flight together are throttled together: that is one warning, and halves once.
        if clock >= self._paused_until:
            narrower = max(1, self._width // 2)
            self._to_withhold += self._width - narrower
            self._width = narrower
        self._successes = 0
        pause = seconds or self._longest_wait(waits + 1) * (1 + self._timing.chance()) / 2
        self._paused_until = max(self._paused_until, clock + pause)
        return pause

    def note_success(self) -> None:
        """Counts a successful response; after enough of them, one more request may be in flight again."""
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
        """Waits before the next try: exponential backoff with full jitter."""
        await self._timing.sleep(self._longest_wait(tries) * self._timing.chance())

    def clock_offset_from(self, date: str | None) -> float | None:
        """Returns how many seconds a Date header (RFC 9110 §6.6.1) is ahead of our clock; None if it is unusable."""
        try:
            return parsedate_to_datetime(date or "").timestamp() - self._timing.now()
        except (ValueError, TypeError, OverflowError):
            return None

    def retry_after(self, header: str | None) -> float | None:
        """Returns the seconds that a Retry-After header asks for (RFC 9110 §10.2.3); None if it is unusable."""
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
    """Returns the longest wait in seconds before the next try: it doubles with each of the ``tries`` so far."""
    return float(min(longest, first * 2 ** min(tries - 1, 30)))


class ThrottleBudget:
    """Limits how long one request waits for a throttling server: ``longest_pause`` seconds in all.

    A request may always wait as often as it may be tried. Throttling isn't a failure, and under a strict limit a
    request's turn may come late, so waits aren't counted as tries.
    """

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self._waited = 0.0
        self.waits = 0

    def allows(self, pause: float) -> bool:
        """Counts one more pause; returns whether the request may be sent again after it."""
        self.waits += 1
        self._waited += pause
        if self.waits <= self._limits.retries:
            return True
        return self._waited < self._limits.longest_pause and self.waits <= self._limits.retries * _WAITS_FOR_EACH_TRY
