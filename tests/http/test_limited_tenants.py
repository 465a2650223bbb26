"""How runs fare at servers with limits of every kind, in a simulation in which time passes only while all sleep."""

import asyncio
from dataclasses import dataclass
from functools import partial
from random import Random

import pytest

from heapscim import errors
from heapscim.cli.root import TIMING
from heapscim.heap.connection import endpoint_of, open_session
from heapscim.http.rate_limit import Limiter, RequestLimits, Timing
from heapscim.http.responses import JsonResponse, Response
from heapscim.http.retry import check_accepted, parsed, send_until_understood
from heapscim.model.secret import SecretStr
from tests.asking import BASE, TOKEN
from tests.fakes.clocks import EventClock
from tests.fakes.effort import untraced
from tests.fakes.limits import (
    AtATime,
    Bucket,
    ByChance,
    Limit,
    NoLimit,
    RetryAfter,
    Window,
    date,
    exact,
    reset,
    seconds,
    silent,
)
from tests.fakes.tenants import running_sandbox

_TRAVEL = 0.05
"""The share of the latency that a request, and its response, is on its way."""
ENDPOINT = endpoint_of(BASE, SecretStr(TOKEN))


@dataclass
class Run:
    """One simulated run: so many requests, at a server with a limit."""

    limit: Limit
    requests: int = 2000
    says: RetryAfter = seconds(1)
    in_flight: int = 8
    latency: float = 0.02
    jitter: float = 0.3
    processes: int = 1
    status: int = 429
    idle: float = 0.0
    """Seconds in which nothing is sent, in the middle of the run."""
    sent: int = 0
    throttled: int = 0
    failed: int = 0
    took: float = 0.0
    used: float = 0.0
    """The share of what the server would have let through."""

    @property
    def share(self) -> float:
        return self.throttled / self.sent

    def play(self) -> "Run":
        with untraced(), asyncio.Runner(loop_factory=EventClock) as runner:
            runner.run(self._whole())
        return self

    async def _whole(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, EventClock)
        begun, random = loop.time(), Random(11)  # noqa: S311
        await asyncio.gather(*(self._process(loop.timing(random), random) for _ in range(self.processes)))
        self.took = loop.time() - begun
        self.used = (self.sent - self.throttled) / self.limit.most(begun, loop.time())

    async def _process(self, timing: Timing, random: Random) -> None:
        limits = RequestLimits(max_in_flight=self.in_flight)
        limiter = Limiter(limits, timing)
        once = partial(self._once, limiter, timing, random)
        left = iter(range(self.requests))

        async def work() -> None:
            for number in left:
                if number == self.requests // 2:
                    await timing.sleep(self.idle)
                try:
                    await send_until_understood(once, "PATCH /Users/1", limiter=limiter, limits=limits)
                except errors.RequestError:
                    self.failed += 1

        await asyncio.gather(*(work() for _ in range(self.in_flight)))

    async def _once(self, limiter: Limiter, timing: Timing, random: Random) -> JsonResponse:
        async with limiter.slot():
            self.sent += 1
            latency = self.latency * (1 + self.jitter * (2 * random.random() - 1))
            await timing.sleep(latency * _TRAVEL)
            left = self.limit.refusal(timing.clock())
            await timing.sleep(latency * (1 - 2 * _TRAVEL))
            if left is None:
                self.limit.ended()
            else:
                self.throttled += 1
            await timing.sleep(latency * _TRAVEL)
            response = Response(204, {}, b"")
            if left is not None:
                response = Response(self.status, self.says(timing.now(), left), b"slower")
            check_accepted(response, "PATCH /Users/1", endpoint=ENDPOINT, limiter=limiter)
        return parsed(response, "PATCH /Users/1", endpoint=ENDPOINT)


STRICT: dict[str, Run] = {
    "25 a second": Run(Bucket(25, 50)),
    "for long": Run(Bucket(25, 50), 5000),
    "32 in flight": Run(Bucket(25, 50), 5000, in_flight=32),
    "1 ms away": Run(Bucket(25, 50), latency=0.001),
    "503": Run(Bucket(25, 50), status=503),
    "100 a second": Run(Bucket(100, 200), 8000),
    "100 a second, 32 in flight": Run(Bucket(100, 200), 8000, in_flight=32),
}
"""Limits that carry over what wasn't used, and say how long to wait: what is lost in a pause can be made up for."""

LOOSE: dict[str, tuple[Run, float, float]] = {
    "half a second away": (Run(Bucket(12, 50), latency=0.5), 0.97, 0.008),
    "half a second away, 32 in flight": (Run(Bucket(25, 50), 5000, latency=0.5, in_flight=32), 0.97, 0.014),
    "pauses of half a minute": (Run(Bucket(25, 50), 4000, says=seconds(30)), 0.5, 0.003),
    "pauses without end": (Run(Bucket(25, 50), 6000, says=seconds(1e12)), 0.2, 0.003),
    "a date": (Run(Bucket(25, 50), says=date), 0.97, 0.008),
    "no Retry-After, but a time of reset": (Run(Bucket(25, 50), says=reset), 0.97, 0.008),
    "no Retry-After": (Run(Bucket(25, 50), says=silent), 0.97, 0.008),
    "a Retry-After of 0": (Run(Bucket(25, 50), says=seconds(0)), 0.97, 0.008),
    "two processes": (Run(Bucket(25, 50), processes=2), 0.9, 0.012),
    "four processes": (Run(Bucket(25, 50), processes=4), 0.85, 0.025),
    "5 a second, no burst": (Run(Bucket(5, 1)), 0.9, 0.012),
    "10 a second, a burst of 10": (Run(Bucket(10, 10)), 0.96, 0.008),
    "25 in each second": (Run(Window(25, 1)), 0.86, 0.008),
    "600 in each minute": (Run(Window(600, 60), 6000, says=exact), 0.97, 0.006),
    "600 in each minute, with a Retry-After of 1 s": (Run(Window(600, 60), 6000), 0.97, 0.02),
    "4 at a time": (Run(AtATime(4, 0.09), latency=0.1), 0.65, 0.006),
    "1 at a time": (Run(AtATime(1, 0.09), latency=0.1), 0.75, 0.01),
    "4 at a time, 32 in flight": (Run(AtATime(4, 0.09), latency=0.1, in_flight=32), 0.6, 0.01),
    "10 at a time, half a second away": (Run(AtATime(10, 0.45), latency=0.5, in_flight=32), 0.65, 0.01),
    "25, then 10, then 50 a second": (Run(Bucket(25, 50, {60: 10, 120: 50}), 6000), 0.75, 0.005),
}
"""Other limits: the share that is used at least, and the share of 429s at most."""


@pytest.mark.parametrize("run", STRICT.values(), ids=STRICT)
def test_a_limit_is_used_and_hardly_ever_overstepped(run: Run) -> None:
    run.play()
    assert run.used >= 0.97
    assert run.share <= 0.005
    assert run.failed == 0


@pytest.mark.parametrize(("run", "used", "share"), LOOSE.values(), ids=LOOSE)
def test_a_limit_of_any_kind_is_found(run: Run, used: float, share: float) -> None:
    run.play()
    assert run.used >= used
    assert run.share <= share
    assert run.failed == 0


@pytest.mark.parametrize("pause", [1, 10])
@pytest.mark.parametrize("share", [0.002, 0.005, 0.01, 0.02, 0.04])
def test_a_server_that_throttles_whatever_the_pace_is_not_sent_less_and_less(share: float, pause: int) -> None:
    run = Run(ByChance(share), says=seconds(pause)).play()
    assert run.took <= 3.5 * (run.throttled * pause + run.requests * run.latency / run.in_flight)


def test_an_idle_time_is_no_reason_to_go_faster() -> None:
    """A plan waits for an answer for minutes; the limit is what it was, after a burst."""
    assert Run(Bucket(25, 50), 4000, idle=600).play().share <= 0.005


@pytest.mark.parametrize("in_flight", [1, 4, 8, 32, 100])
def test_without_a_limit_the_gentle_start_costs_one_percent(in_flight: int) -> None:
    run = Run(NoLimit(), 5000, in_flight=in_flight, jitter=0)
    assert run.play().took <= 1.015 * 5000 * run.latency / in_flight + run.latency
    assert run.throttled == 0


def test_a_real_server_is_used_to_its_limit() -> None:
    """The rehearsal tenant forgets in each second what it could have served in the one before."""
    requests, rate = 600, 75  # what a slow machine can ask for, too

    async def whole() -> tuple[int, float]:
        timing = TIMING
        async with open_session(sandbox.base_url, SecretStr(sandbox.token), RequestLimits(), timing=timing) as session:
            begun = timing.clock()
            left = iter(range(requests))

            async def work() -> None:
                for _ in left:
                    await session.send("GET", "/Users", query={"count": 1})

            await asyncio.gather(*(work() for _ in range(8)))
            return session.sent.total() - requests, timing.clock() - begun

    with running_sandbox(rate=rate) as sandbox:
        throttled, took = asyncio.run(whole())
    assert 0 < throttled <= 0.05 * requests
    assert took >= (requests - rate) / rate
