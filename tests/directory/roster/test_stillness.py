"""A read without a person waits until no program writes the file any more."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from heapscim.directory.roster.roster import Roster
from heapscim.errors import DirectoryError
from heapscim.http.rate_limit import Timing
from heapscim.model.directory import DirectorySnapshot
from tests.fakes.clocks import FakeClock


@dataclass
class Writer:
    """A program that does something to a file each time a reader waits."""

    step: Callable[[float], object]
    clock: FakeClock = field(default_factory=lambda: FakeClock(0.0))

    def timing(self) -> Timing:
        async def sleep(seconds: float) -> None:
            await self.clock.sleep(seconds)
            self.step(self.clock.at)

        return replace(self.clock.timing(), sleep=sleep)


def _read(path: Path, step: Callable[[float], object]) -> tuple[DirectorySnapshot, float]:
    writer = Writer(step)
    roster = Roster(str(path), timing=writer.timing(), waits=True)
    return asyncio.run(roster.read(lambda *_: None)), writer.clock.at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("username\nold@x.org\n")
    return path


def test_a_file_that_is_still_is_read_after_two_seconds(path: Path) -> None:
    snapshot, took = _read(path, lambda _: None)
    assert ([person.external_id for person in snapshot.people], took) == (["old@x.org"], 2.0)


def test_a_file_that_grows_is_read_when_it_has_stopped(path: Path) -> None:
    def grow(now: float) -> None:
        if now <= 30:
            with path.open("a") as file:
                file.write(f"p{now}@x.org\n")

    snapshot, took = _read(path, grow)
    assert (len(snapshot.people), took) == (121, 32.0)


def test_a_file_that_never_stops_is_an_error(path: Path) -> None:
    def grow(now: float) -> None:
        with path.open("a") as file:
            file.write(f"p{now}@x.org\n")

    with pytest.raises(DirectoryError, match="written for more than a minute"):
        _read(path, grow)


def test_a_file_that_a_program_has_open_to_write_is_read_when_it_is_closed(path: Path) -> None:
    """Linux alone tells of it; a pause in the middle of the writing may be as long as it likes there."""
    file = path.open("w")
    file.write("username\nada@x.org\n")
    file.flush()

    def finish(now: float) -> None:
        if now == 20 and not file.closed:
            file.write("grace@x.org\n")
            file.close()

    snapshot, took = _read(path, finish)
    assert (len(snapshot.people), took) == (2, 22.0)


def test_a_file_that_stays_open_and_doesnt_change_is_read_after_a_minute(path: Path) -> None:
    with path.open("a"):
        snapshot, took = _read(path, lambda _: None)
    assert (len(snapshot.people), 60 < took < 61) == (1, True)


def test_a_file_that_is_away_for_a_moment_is_read_when_it_is_back(path: Path) -> None:
    path.unlink()
    snapshot, _ = _read(path, lambda now: now == 1 and path.write_text("username\nnew@x.org\n"))
    assert [person.external_id for person in snapshot.people] == ["new@x.org"]
    path.unlink()
    with pytest.raises(DirectoryError, match="can't be read"):
        _read(path, lambda _: None)
