"""Names for the Tab key: what a read found, in any case, and nothing at all where the file is no good."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.config.paths import Folders
from heapscim.errors import UsageError
from heapscim.ledger.completion_names import cached_names, keep_names, names_file
from heapscim.model.caseless import beginnings, caseless
from heapscim.model.state import CurrentState
from tests.builders import a_team, an_account, in_heap

THERE = in_heap(
    [an_account(str(number), name) for number, name in enumerate(("grace@x.org", "Ada@x.org", "adam@x.org", "Ödön@x"))],
    [a_team("t", name="Design Team"), a_team("u", name="adamant")],
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return names_file(Folders(tmp_path / "config", tmp_path / "state"), "default")


def kept(file: Path, there: CurrentState = THERE, *, groups: bool = True) -> Path:
    keep_names(file, there, groups=groups)
    return file


def test_names_that_begin_so_in_any_case_come_in_order(file: Path) -> None:
    kept(file)
    assert cached_names(file, "user", "AD") == ["Ada@x.org", "adam@x.org"]
    assert cached_names(file, "user", " o\u0308") == ["Ödön@x"]
    assert cached_names(file, "user", "") == ["Ada@x.org", "adam@x.org", "grace@x.org", "Ödön@x"]
    assert cached_names(file, "group", "a") == ["adamant"]
    assert cached_names(file, "group", "g") == []


def test_the_first_names_in_order_come_where_there_are_too_many(file: Path) -> None:
    kept(file, in_heap([an_account(str(number), f"u{number:03}@x.org") for number in reversed(range(300))]))
    assert cached_names(file, "user", "u") == [f"u{number:03}@x.org" for number in range(100)]
    assert cached_names(file, "user", "u1", most=2) == ["u100@x.org", "u101@x.org"]


NAMES = st.text("aAbB\u00dföÖΣς@. z\u1e9e\U0001f600", min_size=1, max_size=6)


@given(st.lists(NAMES, max_size=40), st.lists(NAMES, max_size=5), NAMES | st.just(""))
def test_halving_the_file_finds_what_reading_all_of_it_would(names: list[str], teams: list[str], begun: str) -> None:
    users = [an_account(str(number), name) for number, name in enumerate(names)]
    there = in_heap(users, [a_team(str(number), name=name) for number, name in enumerate(teams)])
    with tempfile.TemporaryDirectory() as folder:
        path = kept(Path(folder) / "default.names", there)
        for type, all_of_them in (("user", names), ("group", teams)):
            forms = beginnings(begun.lstrip())
            expected = sorted({name for name in all_of_them if caseless(name).startswith(forms)})
            assert cached_names(path, type, begun) == expected  # type: ignore[arg-type]


def test_groups_that_were_not_read_stay(file: Path) -> None:
    kept(file)
    kept(file, in_heap([an_account("9", "zoe@x.org")]), groups=False)
    assert cached_names(file, "user", "") == ["zoe@x.org"]
    assert cached_names(file, "group", "") == ["Design Team", "adamant"]
    kept(file, in_heap(), groups=True)
    assert file.read_bytes() == b""


def test_a_name_that_a_terminal_would_obey_is_not_kept(file: Path) -> None:
    names = ["a\nb", "a\x1b[2J", "a\u202eb", "a\tb", "a\udcffb", "a b"]
    kept(file, in_heap([an_account(str(number), name) for number, name in enumerate(names)]))
    assert cached_names(file, "user", "") == ["a b"]


def test_nobody_else_may_read_the_file(file: Path) -> None:
    kept(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["default.names"]


def test_a_file_that_cannot_be_written_stops_nobody(file: Path) -> None:
    file.mkdir(parents=True)
    kept(file)
    assert cached_names(file, "user", "") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"uada", b"uada\tada", b"u\n\n\t\n", b"\xff" * 100, b"ua\xff\tada\n", b"SQLite format 3\x00"],
)
def test_a_broken_file_offers_nothing_and_keeps_no_groups(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_bytes(content)
    assert cached_names(file, "user", "a") == []
    assert cached_names(file, "group", "") == []
    kept(file, in_heap([an_account("1", "ada@x.org")]), groups=False)
    assert cached_names(file, "user", "a") == ["ada@x.org"]


@pytest.mark.parametrize("hostile", ["folder", "pipe", "loop", "huge", "device"])
def test_what_is_no_file_of_names_offers_nothing_at_once(file: Path, hostile: str) -> None:
    file.parent.mkdir(parents=True, mode=0o700)
    match hostile:
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case "loop":
            file.symlink_to(file)
        case "huge":
            file.touch()
            os.truncate(file, 1 << 40)
        case _:
            file.symlink_to("/dev/zero")
    assert cached_names(file, "user", "a") == []


@pytest.mark.parametrize("prefix", ["\x00", "\udcff", "a\tA", "u", "\nuada", "a\nu"])
def test_a_strange_beginning_is_no_error(file: Path, prefix: str) -> None:
    assert cached_names(kept(file), "user", prefix) == []


def test_what_cannot_be_a_profile_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        names_file(Folders(tmp_path, tmp_path), "../x")
