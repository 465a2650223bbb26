"""A roster file on disk: replaced in one step, never over somebody else's change."""

import asyncio
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from heapscim.directory.protocol import PeopleWriter
from heapscim.directory.roster.roster import Roster
from heapscim.errors import DirectoryError
from heapscim.model.directory import Added, NewPerson

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, owners and links are POSIX's")


def add(roster: Roster, *names: str, group: str | None = None, read: bool = True) -> list[Added]:
    reported: list[Added] = []

    async def work() -> None:
        if read:
            await roster.read(lambda _read, _of: None)
        await roster.add_people([NewPerson({"username": name}) for name in names], group=group, report=reported.append)

    asyncio.run(work())
    return reported


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("username\nada\n", "utf-8")
    return path


def test_each_person_is_reported_in_order(path: Path) -> None:
    assert isinstance(Roster(str(path)), PeopleWriter)
    assert add(Roster(str(path)), "bob", "ada") == [Added("bob", "added", "bob"), Added("ada", "present", "ada")]
    assert path.read_text("utf-8") == "username\nada\nbob\n"
    assert files_beside(path) == ["people.csv"]


def test_one_read_serves_several_additions(path: Path) -> None:
    roster = Roster(str(path))
    add(roster, "bob")
    add(roster, "eve", read=False)
    assert path.read_text("utf-8") == "username\nada\nbob\neve\n"


@posix
def test_mode_and_link_stay(path: Path) -> None:
    path.chmod(0o640)
    link = path.with_name("link.csv")
    link.symlink_to(path)
    add(Roster(str(link)), "bob")
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_text("utf-8") == "username\nada\nbob\n"


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root gives files away")
def test_the_owner_stays(path: Path) -> None:
    os.chown(path, 12345, 54321)
    add(Roster(str(path)), "bob")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """A folder that anybody may write into, and a process that isn't root's while it is used."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if is_root:
                os.seteuid(0)


@posix
def test_a_file_that_is_read_only_is_not_replaced(folder_of_nobody: Path) -> None:
    path = folder_of_nobody / "people.csv"
    path.write_text("username\nada\n", "utf-8")
    path.chmod(0o444)
    with pytest.raises(DirectoryError, match=r"people\.csv can't be written: Permission denied\."):
        add(Roster(str(path)), "bob")
    assert path.read_text("utf-8") == "username\nada\n"
    assert files_beside(path) == ["people.csv"]


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_not_made_ones_own(folder_of_nobody: Path) -> None:
    path = folder_of_nobody / "people.csv"
    os.seteuid(0)
    path.write_text("username\nada\n", "utf-8")
    path.chmod(0o666)
    os.seteuid(65534)
    with pytest.raises(DirectoryError, match="it belongs to another user or group"):
        add(Roster(str(path)), "bob")
    assert path.read_text("utf-8") == "username\nada\n"
    assert files_beside(path) == ["people.csv"]


def test_a_file_that_changed_since_it_was_read_is_left_alone(path: Path) -> None:
    roster = Roster(str(path))
    asyncio.run(roster.read(lambda _read, _of: None))
    path.write_text("username\neve\n", "utf-8")
    with pytest.raises(DirectoryError, match="has changed since it was read; nothing was written"):
        add(roster, "bob", read=False)
    assert path.read_text("utf-8") == "username\neve\n"
    assert files_beside(path) == ["people.csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("new.csv", "id,username,firstname,lastname,role,active,groups\n,bob,,,,,Design\n"),
        ("new.yaml", "people:\n  - username: bob\n    groups: [Design]\n"),
        ("new.json", '{\n  "people": [\n    {"username": "bob", "groups": ["Design"]}\n  ]\n}\n'),
    ],
)
def test_a_new_roster_is_made_where_there_is_none(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    assert [added.status for added in add(Roster(str(path)), "bob", group="Design", read=False)] == ["added"]
    assert path.read_text("utf-8") == content
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_was_never_read_is_not_written_over(path: Path) -> None:
    with pytest.raises(DirectoryError, match="has changed"):
        add(Roster(str(path)), "bob", read=False)
    assert path.read_text("utf-8") == "username\nada\n"


def test_nobody_new_writes_nothing(path: Path) -> None:
    before = path.stat()
    add(Roster(str(path)), "ADA")
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="can't be written: there is no such file or folder"):
        add(Roster(str(tmp_path / "nowhere" / "people.csv")), "bob", read=False)


def files_beside(path: Path) -> Sequence[str]:
    return sorted(entry.name for entry in path.parent.iterdir())
