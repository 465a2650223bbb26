"""The way in, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heapscim import __version__
from heapscim.__main__ import main
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import TOKEN


def test_the_program_and_the_module_are_the_same() -> None:
    script = Path(sys.executable).with_name("heapscim")
    for program in ([str(script)], [sys.executable, "-m", "heapscim"]):
        for arguments, code, out in ((["--version"], 0, f"heapscim {__version__}\n"), (["nothing"], 2, "")):
            done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False, timeout=60)
            assert (done.returncode, done.stdout) == (code, out)


@pytest.fixture
def someone(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """A tenant with an account whose name isn't ASCII."""
    heapscim.activate(sandbox)
    sandbox.store.add_user({"id": "1", "userName": "zoë@x.org", "role": "Analyst"})


def listing(redirections: str, **environ: str) -> tuple[int, bytes, bytes]:
    """``users list`` as CSV, from a shell that gives it its streams."""
    shell = f'"{sys.executable}" -m heapscim users list --output csv {redirections}'
    environ = {**os.environ, "HEAPSCIM_TOKEN": TOKEN, **environ}
    done = subprocess.run(["sh", "-c", shell], env=environ, capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.usefixtures("someone")
def test_what_is_piped_is_utf_8_in_every_locale() -> None:
    code, out, _ = listing("", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (code, out.splitlines()[1]) == (0, "zoë@x.org,,Analyst,1,unmanaged,active".encode())


@pytest.mark.usefixtures("someone")
def test_what_an_encoding_lacks_is_shown_and_stops_nothing() -> None:
    code, out, _ = listing("", PYTHONIOENCODING="ascii")
    assert (code, out.splitlines()[1]) == (0, b"zo\\xeb@x.org,,Analyst,1,unmanaged,active")


@pytest.mark.usefixtures("someone")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_does_its_work_without_the_streams_it_lacks(closed: str) -> None:
    assert listing(closed)[0] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.usefixtures("someone")
def test_a_full_disk_is_said_and_not_a_mistake_of_ours() -> None:
    code, _, err = listing("> /dev/full")
    assert (code, err.splitlines()[0]) == (1, b"Error: The answer can't be written to stdout: No space left on device.")
    helping = f'"{sys.executable}" -m heapscim --help > /dev/full'
    done = subprocess.run(["sh", "-c", helping], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"Error: stdout can't be written to: No space left on device.\n")


@pytest.mark.usefixtures("someone")
def test_a_reader_who_has_seen_enough_is_no_error_to_speak_of() -> None:
    assert listing("| true") == (0, b"", b"")


def test_ctrl_c_before_a_command_has_begun_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("heapscim.cli.app.run", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "Interrupted.\n")
