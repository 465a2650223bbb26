"""Time that passes only while somebody sleeps."""

from dataclasses import dataclass, field

from heapscim.http.rate_limit import Timing


@dataclass
class FakeClock:
    """A clock that remembers how long each sleep was."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def timing(self, chance: float = 1.0) -> Timing:
        return Timing(clock=lambda: self.at, now=lambda: self.at, sleep=self.sleep, chance=lambda: chance)
