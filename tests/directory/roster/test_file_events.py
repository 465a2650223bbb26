"""How a roster notices that it has changed: whatever way a program has of writing a file."""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from heapscim.cli.root import TIMING
from heapscim.directory.protocol import ChangeFeed, Look
from heapscim.directory.roster.file_events import look
from heapscim.directory.roster.roster import Roster
from heapscim.errors import DirectoryError
from tests.fakes.clocks import HurriedClock
from tests.fakes.patience import PATIENCE


def _in_place(path: Path) -> None:
    path.write_text("other")


def _by_rename(path: Path) -> None:
    beside = path.with_suffix(".new")
    beside.write_text("rows")
    beside.replace(path)


def _gone(path: Path) -> None:
    path.unlink()


def _gone_and_back(path: Path) -> None:
    path.unlink()
    path.write_text("rows")


def _folder_replaced(path: Path) -> None:
    path.parent.rename(path.parent.with_name("old"))
    path.parent.mkdir()
    path.write_text("rows")


def _same_size_and_time(path: Path) -> None:
    before = path.stat()
    beside = path.with_suffix(".new")
    beside.write_text("swor")
    import os

    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))
    beside.replace(path)


def _looked(path: Path, change: Callable[[Path], object], *, times: int = 1) -> tuple[list[Look], float]:
    """What looks show while something is done to a file, and how long they took."""

    async def looks() -> list[Look]:
        last = await look(path, None, TIMING)
        assert not last.changed
        looking = asyncio.ensure_future(look(path, last.mark, TIMING))
        await asyncio.sleep(0.3)
        change(path)
        return [await asyncio.wait_for(looking, PATIENCE) for _ in range(times)]

    began = time.monotonic()
    return asyncio.run(looks()), time.monotonic() - began


@pytest.mark.parametrize(
    "change", [_in_place, _by_rename, _gone, _gone_and_back, _folder_replaced, _same_size_and_time]
)
def test_each_way_to_change_a_file_is_noticed(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "folder" / "people.csv"
    path.parent.mkdir()
    path.write_text("rows")
    looks, _ = _looked(path, change)
    assert looks[0].changed


def test_a_file_behind_links_is_noticed_where_a_link_is_replaced(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "people.csv").write_text("rows")
    (tmp_path / "data").symlink_to(tmp_path / "one")
    (tmp_path / "mount").mkdir()
    path = tmp_path / "mount" / "people.csv"
    path.symlink_to("../data/people.csv")

    def swap(_: Path) -> None:
        (tmp_path / "fresh").symlink_to("two")
        (tmp_path / "fresh").replace(tmp_path / "data")

    assert _looked(path, swap)[0][0].changed


def test_a_folder_that_comes_later_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "later" / "people.csv"

    def arrive(path: Path) -> None:
        path.parent.mkdir()
        path.write_text("rows")

    assert _looked(path, arrive)[0][0].changed


def test_without_the_library_looks_alone_notice_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    path = tmp_path / "people.csv"
    path.write_text("rows")
    assert _looked(path, _in_place)[0][0].changed


def test_what_happens_beside_the_file_isnt_a_change(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("rows")

    async def looks() -> Look:
        last = await look(path, None, HurriedClock().timing())
        for number in range(40):
            (tmp_path / f"{number}.log").write_text("line")
        return await asyncio.wait_for(look(path, last.mark, HurriedClock().timing()), PATIENCE)

    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    monkeypatched = sys.modules.get("watchfiles")
    sys.modules["watchfiles"] = None  # type: ignore[assignment] # thirty looks at once, instead of in a minute
    try:
        assert not asyncio.run(looks()).changed
    finally:
        if monkeypatched is None:
            del sys.modules["watchfiles"]
        else:
            sys.modules["watchfiles"] = monkeypatched


def test_links_that_lead_in_a_circle_are_a_file_that_isnt_there(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.symlink_to("other.csv")
    (tmp_path / "other.csv").symlink_to("people.csv")
    assert _looked(path, _by_rename)[0][0].changed


def test_a_pipe_has_no_feed() -> None:
    roster = Roster("-", is_pipe=True)
    assert isinstance(roster, ChangeFeed)
    with pytest.raises(DirectoryError, match="can't tell when it changes"):
        asyncio.run(roster.look(None))
