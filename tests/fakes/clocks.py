"""Clocks for tests, in which nobody waits."""

import asyncio
import time
from dataclasses import dataclass, field
from random import random

from heapscim.http.rate_limit import Timing


@dataclass
class FakeClock:
    """Time that passes only during a sleep; remembers how long each one was."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def timing(self, chance: float = 1.0) -> Timing:
        return Timing(clock=lambda: self.at, now=lambda: self.at, sleep=self.sleep, chance=lambda: chance)


@dataclass
class HurriedClock:
    """The time of this machine, but that each sleep is over at once: it puts the clock forward to its end."""

    ahead: float = 0.0
    """Seconds."""
    waits: bool = False
    """Whether sleeps last after all, since a server works meanwhile."""

    async def sleep(self, seconds: float) -> None:
        if self.waits:
            await asyncio.sleep(seconds)
            return
        end = time.monotonic() + self.ahead + seconds
        await asyncio.sleep(0)  # whoever sleeps at the same time has seen the same time before
        self.ahead = max(self.ahead, end - time.monotonic())

    def timing(self) -> Timing:
        return Timing(
            clock=lambda: time.monotonic() + self.ahead,
            now=lambda: time.time() + self.ahead,
            sleep=self.sleep,
            chance=random,
        )
