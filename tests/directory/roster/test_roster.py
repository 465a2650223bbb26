import asyncio
import os
from pathlib import Path

import pytest

from heapscim.directory.registry import absolute_spec
from heapscim.directory.roster.reading import Reading
from heapscim.directory.roster.roster import Roster, read_roster
from heapscim.directory.roster.text import read_roster_file
from heapscim.errors import DirectoryError
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox


def refused(path: Path) -> tuple[str, str | None]:
    with pytest.raises(DirectoryError) as caught:
        read_roster(path)
    return caught.value.message, caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    assert refused(path) == (f"{path} can't be read: there is no such file or folder.", "Check the path.")


def test_a_folder_is_no_roster(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.mkdir()
    assert refused(path) == (f"{path} is a folder, not a file.", "Name the roster file itself.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    os.mkfifo(path)
    assert refused(path)[0] == f"{path} is a pipe, not a file."


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="this system has no /dev/null")
def test_a_device_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.symlink_to("/dev/null")
    assert refused(path)[0] == f"{path} is a device, not a file."


@pytest.mark.parametrize("name", ["people.csv", "people.yaml", "people.json"])
def test_windows_1252_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes("username,lastname\nkurt@x.org,Gödel\n".encode("cp1252"))
    assert refused(path) == (
        f"{name}:2:13: this is not UTF-8 (byte 0xf6).",
        "Save it as UTF-8 (in a spreadsheet: CSV UTF-8), or name its encoding: --encoding windows-1252.",
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("username,lastname\nkurt@x.org,Gödel\n".encode(encoding))
    assert [person.attributes["lastname"] for person in read_roster(path).people] == ["Gödel"]


def test_utf_16_without_a_mark_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("username\nada@x.org\n".encode("utf-16-le"))
    assert refused(path) == (
        "people.csv:1:2: this holds a NUL byte, which no text does.",
        "Write the file again: it may be damaged, or in another encoding (try --encoding utf-16).",
    )
    assert [person.user_name for person in read_roster(path, Reading(encoding="utf-16-le")).people] == ["ada@x.org"]


@pytest.mark.parametrize("begins", [b"PK\x03\x04\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1"], ids=["xlsx", "xls"])
def test_a_workbook_with_the_name_of_a_roster_is_refused(tmp_path: Path, begins: bytes) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(begins + bytes(100))
    assert refused(path) == (
        "people.csv is a workbook, not text.",
        "Save it in the spreadsheet as CSV UTF-8, and use that file.",
    )


def test_lines_that_end_in_cr_alone_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"\xef\xbb\xbfusername\rada@x.org\rk\xf6@x.org\r")
    assert refused(path)[0] == "people.csv:3:2: this is not UTF-8 (byte 0xf6)."


def test_nul_bytes_as_a_crash_leaves_them_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"username\nada@x.org\n" + bytes(4096))
    assert refused(path)[0] == "people.csv:3:1: this holds a NUL byte, which no text does."


def test_a_file_that_is_written_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("username\nada@x.org\n")
    read = read_roster_file(path)
    read.check_unchanged()
    with path.open("a") as file:
        file.write("kurt@x.org\n")
    with pytest.raises(DirectoryError, match="changed while it was read"):
        read.check_unchanged()
    path.unlink()
    with pytest.raises(DirectoryError, match="changed while it was read"):
        read.check_unchanged()


def test_a_roster_reads_itself_and_says_how_far(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("username\nada@x.org\n")
    told: list[tuple[int, int | None]] = []
    snapshot = asyncio.run(Roster(str(path)).read(lambda read, of: told.append((read, of))))
    assert (len(snapshot.people), told) == (1, [(1, 1)])


def test_a_spec_that_is_no_directory_lists_what_there_is(heapscim: CommandLine) -> None:
    with running_sandbox() as sandbox:
        heapscim.activate(sandbox)
        ran = heapscim("plan", "--directory", "people.doc")
        workbook = heapscim("plan", "--directory", "people.xlsx")
        folder = heapscim("plan", "--directory", ".")
    assert ran.exit_code == workbook.exit_code == folder.exit_code == 2
    assert "'people.doc' isn't a directory that heapscim can open." in ran.stderr
    assert "It can be a roster (.csv, .tsv, .yaml, .json), or jumpcloud:APPLICATION." in ran.stderr
    assert "people.xlsx is a workbook.\nSave it in the spreadsheet as CSV UTF-8" in workbook.stderr
    assert ". is a folder.\nName a file in it: a roster (.csv, .tsv, .yaml, .json)." in folder.stderr


def test_the_path_of_a_roster_is_remembered_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute_spec("people.CSV") == str(tmp_path / "people.CSV")
    assert absolute_spec("ldap:x") == "ldap:x"


def test_a_roster_that_may_be_cut_off_takes_nobody_away(heapscim: CommandLine) -> None:
    whole = "username\n" + "".join(f"u{number}@x.org\n" for number in range(5))
    with running_sandbox() as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(whole)))
        assert heapscim("sync", "--yes").exit_code == 0
        heapscim.roster("username\nu0@x.org\nu1@x.org\nu2@x")
        ran = heapscim.json("sync", "--yes")
        assert ran.exit_code == 8
        assert {entry["change"]["kind"] for entry in ran.data["plan"]["withheld"]} == {"deactivate_user"}
        assert all(user["active"] for user in sandbox.store.snapshot()["users"].values())


def test_what_is_left_unread_is_said_in_the_plan(heapscim: CommandLine) -> None:
    with running_sandbox() as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster("username,Password\nada@x.org,secret\n")))
        assert heapscim.json("plan").data["plan"]["notices"] == [
            "people.csv: not read, because Heap has no use for it: Password."
        ]
