"""Only regular files are replaced, in one step, by drafts that nobody can foresee; what a kill left is removed."""

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heapscim.config.atomic_replace import drafted, remove_drafts, replace_bytes
from heapscim.config.private_files import make_private, write_private
from heapscim.directory.roster.replace_file import replace_file
from heapscim.errors import DirectoryError, SettingsError
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.processes import next_line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, devices and pipes are POSIX's")
root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes devices")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and not file.is_symlink()}


@contextmanager
def kept(path: Path) -> Iterator[None]:
    """What is there is the same thing after the block, and nothing is left beside it."""
    before, names = path.lstat(), sorted(path.parent.iterdir())
    yield
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_rdev) == (before.st_ino, before.st_mode, before.st_rdev)
    assert sorted(path.parent.iterdir()) == names


@root
def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    device = tmp_path / "full"
    os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
    with kept(device), pytest.raises(SettingsError, match="full can't be written: it is a device, not a file"):
        write_private(device, "text")


def test_a_pipe_a_socket_and_a_folder_are_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for name in ("pipe", "socket", "folder"):
            path = tmp_path / name
            with kept(path), pytest.raises(SettingsError, match=f"it is a {name}, not a file"):
                write_private(path, "text")
            with kept(path), pytest.raises(DirectoryError, match=f"it is a {name}, not a file"):
                replace_file(path, b"text", expected=None)


@pytest.mark.parametrize("name", ["/dev/full", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/new"])
def test_no_name_of_a_device_or_of_what_is_open_is_replaced(name: str) -> None:
    with pytest.raises(SettingsError, match="holds no files that could be replaced"):
        write_private(Path(name), "text")
    assert os.path.lexists(name) == (name != "/dev/new")


def test_a_link_stays_and_leads_to_the_new_content(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, file = tmp_path / "link", tmp_path / "there" / "file"
    link.symlink_to("there/file")
    for text in ("made", "replaced"):
        write_private(link, text)
        assert (file.read_text(), link.is_symlink()) == (text, True)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_links_in_a_circle_and_links_to_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "out").symlink_to("/dev/full")
    with pytest.raises(SettingsError, match=os.strerror(errno.ELOOP)):
        write_private(tmp_path / "a", "text")
    with pytest.raises(SettingsError, match="holds no files"):
        write_private(tmp_path / "out", "text")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b", "out"]


@root
def test_another_users_link_in_a_folder_for_all_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link = shared / "plan.json"
    link.symlink_to(victim)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    with kept(link), pytest.raises(SettingsError, match="another user's link"):
        write_private(link, "text")
    assert victim.read_text() == "precious"
    os.chown(link, 0, 0, follow_symlinks=False)
    write_private(link, "text")
    assert victim.read_text() == "text"


def test_no_draft_follows_a_link_that_somebody_foresaw(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in (f".plan.json.{os.getpid()}.new", ".plan.json.new", "plan.json.new"):
        (tmp_path / name).symlink_to(victim)
    write_private(tmp_path / "plan.json", "text")
    assert (victim.read_text(), (tmp_path / "plan.json").read_text()) == ("precious", "text")


def test_a_ledger_is_made_through_no_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with pytest.raises(FileNotFoundError):
        make_private(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe"):
        make_private(tmp_path / "pipe")
    make_private(tmp_path / "ledger")
    make_private(tmp_path / "ledger")
    assert stat.S_IMODE((tmp_path / "ledger").stat().st_mode) == 0o600
    assert not (tmp_path / "victim").exists()


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_bytes(file, b"new")
    assert contents(tmp_path) == {"file": b"old"}


HOLDING = """\
import sys, time
from pathlib import Path
from heapscim.config.atomic_replace import drafted
with drafted(Path(sys.argv[1]), b"everybody's names"):
    print("drafted", flush=True)
    time.sleep(60)
"""


def test_a_draft_that_a_kill_left_is_removed_and_one_in_use_is_not(tmp_path: Path) -> None:
    target = tmp_path / "people.csv"
    target.write_text("username\n")
    (tmp_path / ".people.csv.12345.new").write_text("of an older version")
    (tmp_path / ".people.csv.notes.new").write_text("somebody's own")
    (tmp_path / ".people.csv.abcdefgh.new").symlink_to(target)
    with subprocess.Popen([sys.executable, "-c", HOLDING, target], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert next_line(process.stdout) == "drafted\n"
            remove_drafts(target)
            assert b"everybody's names" in contents(tmp_path).values()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
    assert b"everybody's names" in contents(tmp_path).values()
    remove_drafts(target)
    assert contents(tmp_path) == {"people.csv": b"username\n", ".people.csv.notes.new": b"somebody's own"}
    assert (tmp_path / ".people.csv.abcdefgh.new").is_symlink()


@root
def test_another_users_draft_is_left_alone(tmp_path: Path) -> None:
    draft = tmp_path / ".people.csv.abcdefgh.new"
    draft.write_text("theirs")
    os.chown(draft, 12345, 12345)
    remove_drafts(tmp_path / "people.csv")
    assert draft.exists()


def test_a_draft_of_ones_own_is_not_taken_for_one_that_was_left(tmp_path: Path) -> None:
    target = tmp_path / "people.csv"
    with drafted(target, b"one") as one, drafted(target, b"two") as two:
        assert (one.read_bytes(), two.read_bytes()) == (b"one", b"two")
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("line", ["plan", "sync --yes", "import --all --yes", "status"])
def test_the_next_run_removes_what_an_import_left_beside_the_roster(
    heapscim: CommandLine, sandbox: Sandbox, line: str
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    descriptor, name = tempfile.mkstemp(prefix=".people.csv.", suffix=".new", dir=heapscim.folder)
    os.write(descriptor, b"username\nada@x.org\neverybody@x.org\n")
    os.close(descriptor)
    heapscim(*line.split())
    assert not Path(name).exists()


@root
def test_a_plan_is_saved_to_no_device(heapscim: CommandLine, sandbox: Sandbox) -> None:
    device = heapscim.folder / "devices" / "full"
    device.parent.mkdir()
    os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    with kept(device):
        ran = heapscim("plan", "--out", str(device))
    assert ran.exit_code == 1
    assert "full can't be written: it is a device, not a file." in ran.stderr
