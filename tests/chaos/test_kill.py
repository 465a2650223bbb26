"""A sync that is cut off at any instant, then a sync: nothing is lost, nothing is done twice."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from time import sleep

import pytest

from tests.chaos.forking import Ended
from tests.chaos.services import Content, Serve, a_sandbox, a_scim2_server
from tests.chaos.tenancy import ALLOWED, DONE, INTERRUPTED, PARTIAL, Grounds, Tenancy, a_tenancy, setting
from tests.chaos.town import Document, a_town

PEOPLE, GROUPS = 280, 45
BEFORE, LATER = a_town(PEOPLE, GROUPS, later=False), a_town(PEOPLE, GROUPS, later=True)
SERVED = pytest.mark.parametrize("serve", [a_sandbox, a_scim2_server])
KILLED = -signal.SIGKILL
_MOMENT = 0.01
"""Seconds within which a run is cut off after a request has arrived: that request is under way, or just answered."""

CutOff = Callable[[int, Random], None]


@dataclass(frozen=True)
class Round:
    """A day's work for a sync: the directory, what the tenant holds in the end, the requests of an undisturbed run."""

    town: Document
    wanted: Content
    requests: int


def killed(pid: int, chance: Random) -> None:
    del chance
    os.kill(pid, signal.SIGKILL)


def interrupted(pid: int, chance: Random) -> None:
    del chance
    os.kill(pid, signal.SIGINT)


def interrupted_twice(pid: int, chance: Random) -> None:
    os.kill(pid, signal.SIGINT)
    sleep(chance.random() * _MOMENT)
    os.kill(pid, signal.SIGINT)


def _undisturbed(tenancy: Tenancy, town: Document) -> Round:
    arrived, written = tenancy.proxy.arrived, tenancy.proxy.writes
    done = tenancy.sync(town)
    assert done.exit_code == DONE, done.said
    assert tenancy.proxy.writes - written >= 280, "most changes are one write each"
    return Round(town, tenancy.content, tenancy.proxy.arrived - arrived)


def _rounds(tenancy: Tenancy) -> Iterator[Round]:
    """The same day again and again where the tenant can be put back; elsewhere the town goes to and fro."""
    if tenancy.service.sandbox is None:
        first, second = _undisturbed(tenancy, LATER), _undisturbed(tenancy, BEFORE)
        while True:
            yield first
            yield second
    place = tenancy.folder / "kept"
    tenancy.keep(place)
    day = _undisturbed(tenancy, LATER)
    while True:
        tenancy.put_back(place)
        yield day


def _instant(number: int, requests: int, chance: Random) -> int:
    """Mostly anywhere; now and then among the first reads, or at the very end."""
    near_the_ends = {0: chance.randrange(6), 1: requests - 1 - chance.randrange(3)}
    return near_the_ends.get(number % 6, chance.randrange(requests))


def _cut_off(tenancy: Tenancy, chance: Random, cut: CutOff, pid: int, after: int) -> int:
    """Cuts a run off within a moment of its request of that number; answers its exit code."""
    instant = tenancy.proxy.arrived + 1 + after
    while tenancy.proxy.arrived < instant and tenancy.forker.is_running():
        sleep(0.0005)
    sleep(chance.random() * _MOMENT)
    cut(pid, chance)
    return tenancy.forker.wait().exit_code


def _made_good(tenancy: Tenancy, town: Document) -> Ended:
    """Syncs; once more where a create was under way, as soon as it can't arrive any more."""
    ended = tenancy.sync(town)
    if ended.exit_code == PARTIAL:
        assert "Held back until" in ended.said, ended.said
        sleep(4)
        ended = tenancy.sync(town)
    return ended


def _cut_off_and_sync(grounds: Grounds, chance: Random, serve: Serve, cut: CutOff, times: int) -> list[int]:
    """Answers how each run that was to be cut off has ended."""
    endings: list[int] = []
    with a_tenancy(grounds, BEFORE, serve, options=setting("http.timeout=4", "http.late_margin=0")) as tenancy:
        assert tenancy.sync(BEFORE).exit_code == DONE
        for number, day in zip(range(times), _rounds(tenancy), strict=False):
            instant = _instant(number, day.requests, chance)
            endings.append(_cut_off(tenancy, chance, cut, tenancy.start_sync(day.town), instant))
            if number % 4 == 3:
                pid = tenancy.start("resume", tenancy.last_run(), *ALLOWED)
                _cut_off(tenancy, chance, cut, pid, chance.randrange(day.requests - instant))
            ended = _made_good(tenancy, day.town)
            assert ended.exit_code == DONE, ended.said
            assert tenancy.content == day.wanted
            tenancy.is_in_good_order()
    return endings


@pytest.mark.parametrize(("serve", "times"), [(a_sandbox, 5), (a_scim2_server, 4)])
def test_a_killed_sync_is_made_good_by_the_next_one(grounds: Grounds, chance: Random, serve: Serve, times: int) -> None:
    assert _cut_off_and_sync(grounds, chance, serve, killed, times).count(KILLED) >= times - 2


@pytest.mark.parametrize("cut", [interrupted, interrupted_twice])
def test_an_interrupted_sync_is_made_good_by_the_next_one(grounds: Grounds, chance: Random, cut: CutOff) -> None:
    endings = _cut_off_and_sync(grounds, chance, a_sandbox, cut, 3)
    assert set(endings) <= {INTERRUPTED, DONE}
    assert endings.count(INTERRUPTED) >= 1


@pytest.mark.long
@pytest.mark.parametrize(("serve", "part"), [*((a_sandbox, part) for part in range(7)), (a_scim2_server, 7)])
def test_a_sync_killed_at_many_instants_is_made_good_each_time(
    grounds: Grounds, chance: Random, serve: Serve, part: int
) -> None:
    """More than 200 instants, in parts that can run side by side."""
    times = 30
    cut_off = _cut_off_and_sync(grounds, chance, serve, killed, times).count(KILLED)
    print(f"\npart {part}: {cut_off} of {times} syncs were killed while they ran; {times // 4} resumes cut off, too")
    assert cut_off >= 0.85 * times


@pytest.mark.long
@pytest.mark.parametrize("cut", [interrupted, interrupted_twice])
@SERVED
def test_a_sync_interrupted_at_many_instants_is_made_good_each_time(
    grounds: Grounds, chance: Random, serve: Serve, cut: CutOff
) -> None:
    endings = _cut_off_and_sync(grounds, chance, serve, cut, 12)
    print(f"\n{endings.count(INTERRUPTED)} of {len(endings)} syncs were interrupted while they ran")
    assert set(endings) <= {INTERRUPTED, DONE}
