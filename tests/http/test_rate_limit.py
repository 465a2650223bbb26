"""How fast a run goes: slots, pauses everybody keeps, growing waits, and an end to patience."""

import asyncio
from email.utils import formatdate

import pytest

from heapscim.http.rate_limit import Limiter, RequestLimits, ThrottleBudget
from tests.fakes.clocks import FakeClock
from tests.fakes.patience import PATIENCE


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("0.5", 0.5),
        (formatdate(1030.0, usegmt=True), 30.0),
        (formatdate(400.0, usegmt=True), 0.0),
        ("999999999999", 300.0),
        ("9" * 400, 300.0),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("", None),
        ("٣", None),
        ("Mon, 99 Foo 9999 99:99:99 GMT", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_never_believed_beyond_the_longest_pause(
    header: str | None, seconds: float | None
) -> None:
    assert Limiter(RequestLimits(longest_pause=300.0), FakeClock().timing()).retry_after(header) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit": '"default";r=0;t=12'}, 12.0),
        ({"ratelimit-reset": "12"}, 12.0),
        ({"x-ratelimit-reset": "1700000012"}, 12.0),
        ({"x-ratelimit-reset": "1700000012000"}, 12.0),
        ({"x-rate-limit-reset": "1700000072", "date": "Tue, 14 Nov 2023 22:14:20 GMT"}, 12.0),
        ({"x-rate-limit-reset": "1700000200"}, 30.0),
        ({"ratelimit": '"hour";r=0;t=3600'}, 30.0),
        ({"x-ratelimit-reset": "600000"}, None),
        ({"x-ratelimit-reset": "1699999999"}, None),
        ({"x-ratelimit-reset": "9" * 400}, None),
        ({"x-ratelimit-reset": "Tue Feb 16 2021"}, None),
        ({"ratelimit": "soon"}, None),
        ({}, None),
    ],
)
def test_a_time_of_reset_is_read_in_its_common_forms_and_believed_for_the_longest_wait(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert Limiter(RequestLimits(), FakeClock(at=1_700_000_000.0).timing()).reset_after(headers) == seconds


def test_tries_wait_longer_and_longer_up_to_a_ceiling() -> None:
    clock = FakeClock()
    limiter = Limiter(RequestLimits(first_wait=1.0, longest_wait=5.0), clock.timing(chance=1.0))

    async def back_off_often() -> None:
        for tries in (1, 2, 3, 4, 2000):
            await limiter.back_off(tries)

    asyncio.run(back_off_often())
    assert clock.slept == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_pause_holds_back_everybody() -> None:
    clock = FakeClock()
    limiter = Limiter(RequestLimits(max_in_flight=4), clock.timing())
    begun: list[float] = []

    async def request() -> None:
        async with limiter.slot():
            begun.append(clock.at)

    async def all_requests() -> None:
        await request()
        assert limiter.throttle(10.0, 0) == 10.0
        await asyncio.gather(*(request() for _ in range(5)))

    asyncio.run(all_requests())
    assert begun == [1000.0, *[1010.0] * 5]


def test_a_server_that_names_no_time_is_left_alone_for_longer_each_time() -> None:
    limiter = Limiter(RequestLimits(first_wait=1.0, longest_wait=30.0), FakeClock().timing(chance=0.0))
    assert [limiter.throttle(None, waits) for waits in range(4)] == [0.5, 1.0, 2.0, 4.0]


async def most_at_once(limiter: Limiter, *, writes: bool) -> int:
    """How many of 24 requests are under way at a time."""
    under_way = most = 0

    async def request() -> None:
        nonlocal under_way, most
        async with limiter.slot(writes=writes):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(request() for _ in range(24)))
    return most


def test_fewer_requests_are_under_way_after_a_refusal_and_more_again_when_all_is_calm() -> None:
    clock = FakeClock()
    limiter = Limiter(RequestLimits(max_in_flight=8), clock.timing())

    async def whole() -> list[int]:
        widths = [await most_at_once(limiter, writes=False)]
        limiter.throttle(1.0, 0)
        limiter.throttle(1.0, 0)  # in the same pause: one warning, not two
        await most_at_once(limiter, writes=False)  # slots are withheld as they come free
        widths.append(await most_at_once(limiter, writes=False))
        for _ in range(3):
            clock.at += 2
            await most_at_once(limiter, writes=False)
            limiter.throttle(1.0, 0)
        await most_at_once(limiter, writes=False)
        widths.append(await most_at_once(limiter, writes=False))
        for _ in range(32 * 20):
            limiter.note_success()
        widths.append(await most_at_once(limiter, writes=False))
        return widths

    assert asyncio.run(whole()) == [8, 4, 1, 8]


def test_writes_begin_gently_and_reads_do_not() -> None:
    limiter = Limiter(RequestLimits(max_in_flight=8), FakeClock().timing())

    async def whole() -> list[int]:
        widths = [await most_at_once(limiter, writes=False) for _ in range(2)]
        await most_at_once(limiter, writes=True)  # slots are withheld as they come free
        widths += [await most_at_once(limiter, writes=True)]
        await most_at_once(limiter, writes=True)
        return [*widths, await most_at_once(limiter, writes=True)]

    assert asyncio.run(whole()) == [8, 8, 4, 8]


def test_a_slot_owed_is_not_taken_twice_when_calm_returns_first() -> None:
    limiter = Limiter(RequestLimits(max_in_flight=2), FakeClock().timing())

    async def whole() -> int:
        async with limiter.slot(), limiter.slot():
            limiter.throttle(0.1, 0)
            for _ in range(32):
                limiter.note_success()
        order: list[int] = []
        async with limiter.slot(), limiter.slot():
            order.append(2)
        return len(order)

    assert asyncio.run(asyncio.wait_for(whole(), PATIENCE)) == 1


def test_patience_follows_a_strict_limit_for_the_longest_pause_and_then_ends() -> None:
    def asked(pause: float, limits: RequestLimits) -> int:
        budget, times = ThrottleBudget(limits), 1
        while budget.allows(pause):
            times += 1
        return times

    assert asked(1.0, RequestLimits(retries=5, longest_pause=60.0)) == 60
    assert asked(300.0, RequestLimits(retries=5, longest_pause=300.0)) == 6
    assert asked(0.0, RequestLimits(retries=5, longest_pause=300.0)) == 101
    assert asked(1.0, RequestLimits(retries=0)) == 1


@pytest.mark.parametrize(
    ("timeout", "margin", "seconds"), [(30.0, None, 60.0), (2.0, None, 12.0), (30.0, 0.0, 30.0), (1.0, 3.0, 4.0)]
)
def test_a_request_may_arrive_for_a_while_beyond_its_time_limit(
    timeout: float, margin: float | None, seconds: float
) -> None:
    assert RequestLimits(timeout=timeout, late_margin=margin).arrival == seconds
