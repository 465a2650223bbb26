"""The wait of a loop that watches: what starts a run, how bursts are gathered, and what a feed that fails changes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from heapscim.directory.protocol import Directory, Look
from heapscim.errors import DirectoryError, DirectoryForbidden, HeapscimError, SettingsError
from heapscim.model.completeness import ReadProgress
from heapscim.model.directory import DirectorySnapshot
from heapscim.workflows.change_watch import ChangeWatch
from tests.fakes.clocks import EventClock


@dataclass
class Feed:
    """A directory that changes at certain times, and fails between certain times."""

    clock: EventClock
    changes: list[float] = field(default_factory=list)
    fails: Callable[[float], bool] = lambda _: False
    spec: str = "fake:feed"
    looks: list[float] = field(default_factory=list)

    async def look(self, mark: object | None) -> Look:
        now = self.clock.time()
        self.looks.append(now)
        if self.fails(now):
            raise DirectoryForbidden("No events here.", hint="Buy some.")
        if mark is not None and self.seen == mark:
            await asyncio.sleep(min([at - now for at in self.changes if at > now] + [60.0]))
        return Look(self.seen, changed=mark is not None and self.seen != mark)

    @property
    def seen(self) -> int:
        return sum(at <= self.clock.time() for at in self.changes)

    async def read(self, progress: ReadProgress) -> DirectorySnapshot:
        raise NotImplementedError


@dataclass
class Still:
    """A directory without a feed."""

    spec: str = "fake:still"

    async def read(self, progress: ReadProgress) -> DirectorySnapshot:
        raise NotImplementedError


@dataclass
class Loop:
    """A loop whose runs take no time; it remembers when each began, and what was told."""

    clock: EventClock
    opened: Callable[[], Directory]
    every: float = 3600.0
    takes: float = 0.0
    runs: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        with asyncio.Runner(loop_factory=lambda: self.clock) as runner:
            runner.run(self._runs(seconds))

    async def _runs(self, seconds: float) -> None:
        def tell(error: HeapscimError | None, words: str) -> None:
            self.told.append(error.message if error else words)

        timing = self.clock.timing(Random(1))  # noqa: S311
        end = self.clock.time() + seconds
        watch = ChangeWatch(timing, self.opened, tell)
        await watch.begin()
        while self.clock.time() < end:
            begun = self.clock.time()
            self.runs.append(begun - 1000.0)
            await asyncio.sleep(self.takes)
            await watch.rest(min(begun + self.every, end))


def a_loop(**feed: object) -> tuple[Loop, Feed]:
    clock = EventClock()
    found = Feed(clock, **feed)  # type: ignore[arg-type]
    return Loop(clock, lambda: found), found


def test_a_change_starts_a_run_soon_and_without_one_the_time_does() -> None:
    loop, _ = a_loop(changes=[1100.0, 5000.0])
    loop.run(8_000)
    assert loop.runs == pytest.approx([0, 100, 3700, 4000, 7600], abs=1.0)
    assert loop.told == []


def test_a_thousand_changes_in_a_burst_start_one_run_or_two() -> None:
    loop, _ = a_loop(changes=[1100.0 + number / 1000 for number in range(1000)])
    loop.run(3_000)
    assert len(loop.runs) in (2, 3)


def test_a_steady_stream_of_changes_starves_no_run() -> None:
    loop, _ = a_loop(changes=[1100.0 + number / 5 for number in range(500)])
    loop.run(300)
    during = [at for at in loop.runs if 100 <= at <= 200]
    assert 20 <= len(during) <= 60
    assert during[0] <= 105


def test_changes_during_a_run_start_one_more_after_it() -> None:
    loop, _ = a_loop(changes=[1010.0, 1020.0, 1030.0])
    loop.takes = 50.0
    loop.run(1_000)
    assert loop.runs == pytest.approx([0, 50], abs=1.5)


def test_a_feed_that_fails_at_first_says_so_once_and_is_asked_ever_less_often() -> None:
    loop, feed = a_loop(fails=lambda now: now < 20_000)
    loop.run(25_000)
    assert loop.told[0] == "No events here."
    assert loop.told[1:] == ["fake:feed tells of its changes again: a change starts a run."]
    pauses = [later - earlier for earlier, later in zip(feed.looks, feed.looks[1:], strict=False)]
    assert pauses[:5] == pytest.approx([60, 120, 240, 480, 960])
    assert max(pauses) <= 3_600
    assert len([at for at in loop.runs if at < 19_000]) == 6, "a run starts every hour all the same"
    again = next(at for at in feed.looks if at >= 20_000) - 1000
    assert any(again <= at <= again + 5 for at in loop.runs), "what changed before it worked was never shown"


def test_a_feed_that_fails_later_says_so_once_and_what_changed_meanwhile_starts_a_run() -> None:
    loop, _ = a_loop(changes=[1200.0], fails=lambda now: 1_060 <= now < 1_250)
    loop.run(3_000)
    assert [told[:9] for told in loop.told] == ["No events", "fake:feed"]
    assert loop.runs == pytest.approx([0, 481], abs=2.0)


def test_a_directory_without_a_feed_is_synced_at_its_time_alone() -> None:
    clock = EventClock()
    loop = Loop(clock, Still, every=900.0)
    loop.run(3_599)
    assert loop.runs == pytest.approx([0, 900, 1800, 2700])
    assert loop.told == ["fake:still can't tell when it changes."]


def test_another_directory_in_the_settings_starts_a_run_and_gets_no_foreign_mark() -> None:
    clock = EventClock()
    one, other = Feed(clock), Feed(clock, spec="fake:other")
    loop = Loop(clock, lambda: one if clock.time() < 1500 else other)
    loop.run(3_000)
    assert loop.runs == pytest.approx([0, 540], abs=62)


def test_a_feed_that_never_waits_is_asked_once_a_second_at_most() -> None:
    clock = EventClock()

    class Hasty(Feed):
        async def look(self, mark: object | None) -> Look:  # noqa: ARG002
            self.looks.append(clock.time())
            return Look(1, changed=False)

    feed = Hasty(clock)
    Loop(clock, lambda: feed).run(100)
    assert len(feed.looks) <= 102


def test_settings_that_only_a_person_can_mend_end_it_before_the_first_run_and_not_later() -> None:
    clock = EventClock()

    def opened() -> Directory:
        raise SettingsError("No profile.")

    with pytest.raises(SettingsError):
        Loop(clock, opened).run(10)

    feed = Feed(EventClock())

    def later() -> Directory:
        if feed.clock.time() > 1_100:
            raise DirectoryError("Half a file.") if feed.clock.time() > 5_000 else SettingsError("Half a file.")
        return feed

    loop = Loop(feed.clock, later)
    loop.run(6_000)
    assert (len(loop.runs), loop.told) == (2, ["Half a file."])


def test_a_wait_that_is_cancelled_leaves_no_look_behind() -> None:
    loop, _ = a_loop()

    async def cancelled() -> int:
        timing = loop.clock.timing(Random(1))  # noqa: S311
        watch = ChangeWatch(timing, loop.opened, lambda *_: None)
        waiting = asyncio.ensure_future(watch.rest(loop.clock.time() + 100))
        await asyncio.sleep(5)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        return len(asyncio.all_tasks())

    with asyncio.Runner(loop_factory=lambda: loop.clock) as runner:
        assert runner.run(cancelled()) == 1
