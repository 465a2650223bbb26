"""Limits how many requests are under way at a time: fewer when writes begin, and if a server throttles."""

from __future__ import annotations

import asyncio

_ALWAYS_FINE = 4
"""So many may be under way at once from the start."""
_GENTLE_WRITES = 64
"""Writes that are sent gently, half as many at a time.

A server that allows bursts throttles all requests that are under way when a burst is used up: here, half as many. A run
of 5,000 writes loses 1 % of its time by that, whatever its ceiling. Reads are few, and a run may have nothing else to
do: it would take a quarter longer.
"""
_SUCCESSES_TO_WIDEN, _MOST_TO_WIDEN = 32, 1024
"""Successful responses after which one more request may be under way again; twice as many after each failed trial."""


class InFlight:
    """Hands out slots for requests."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._width = most
        self._slots = asyncio.Semaphore(most)
        self._owed = 0
        """Slots to keep back when their requests end, since those can't be taken away now."""
        self._gentle_left: int | None = None
        """Writes that are still to be sent gently; None before the first one."""
        self._successes = 0
        self._to_widen = _SUCCESSES_TO_WIDEN
        self._under_way = 0
        self._proven = 0
        """The most that were under way with a request that wasn't throttled."""

    async def acquire(self, *, writes: bool) -> None:
        """Waits for a free slot; the first write narrows what may be under way."""
        if writes and self._gentle_left is None:
            self._gentle_left = _GENTLE_WRITES
            self._narrow_to(max(_ALWAYS_FINE, self._most // 2))
        await self._slots.acquire()
        while self._owed:
            self._owed -= 1
            await self._slots.acquire()

    def release(self) -> None:
        """Gives a slot back."""
        if self._owed:
            self._owed -= 1
        else:
            self._slots.release()

    def begin(self) -> int:
        """Counts a request that is sent; returns how many are under way with it."""
        self._under_way += 1
        return self._under_way

    def end(self, *, writes: bool) -> None:
        """Counts a request that has ended, in whatever way."""
        self._under_way -= 1
        if writes and self._gentle_left:
            self._gentle_left -= 1
            if self._gentle_left == 0:
                self._widen_to(self._most)

    def note_served(self, under_way: int) -> None:
        """Learns that so many may be under way."""
        self._proven = max(self._proven, under_way)

    def note_success(self) -> None:
        """Counts a success; after enough of them, one more request may be under way."""
        self._successes += 1
        if self._gentle_left or self._width == self._most or self._successes < self._to_widen:
            return
        self._successes = 0
        self._widen_to(self._width + 1)

    def throttled(self, under_way: int, *, is_paced: bool) -> bool:
        """Narrows what may be under way; returns whether the pace may have been the cause of a throttling.

        As long as there is no pace, either may be: half is left. Later it was the number if so many were never under
        way before, and otherwise the pace.
        """
        self._gentle_left = 0
        self._successes = 0
        if not is_paced:
            self._narrow_to(min(self._width // 2, under_way - 1))
            self._proven = 0  # the first response may be that of the request which was sent last
            return True
        if self._proven and under_way > self._proven:
            self._narrow_to(under_way - 1)
            self._to_widen = min(self._to_widen * 2, _MOST_TO_WIDEN)
            return False
        self._proven = under_way - 1
        return True

    def _narrow_to(self, width: int) -> None:
        narrower = min(self._width, max(1, width))
        self._owed += self._width - narrower
        self._width = narrower

    def _widen_to(self, width: int) -> None:
        for _ in range(width - self._width):
            self.release()
        self._width = width
