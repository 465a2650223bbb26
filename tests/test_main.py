"""The way in, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heapscim import __version__
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN, running_sandbox


def test_the_program_and_the_module_are_the_same() -> None:
    script = Path(sys.executable).with_name("heapscim")
    for program in ([str(script)], [sys.executable, "-m", "heapscim"]):
        for arguments, code, out in ((["--version"], 0, f"heapscim {__version__}\n"), (["nothing"], 2, "")):
            done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE)
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
    done = subprocess.run(["sh", "-c", shell], env=environ, capture_output=True, check=False, timeout=PATIENCE)
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
    assert (code, err.splitlines()[0]) == (1, b"Error: The result can't be written to stdout: No space left on device.")
    helping = f'"{sys.executable}" -m heapscim --help > /dev/full'
    done = subprocess.run(["sh", "-c", helping], capture_output=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (1, b"Error: stdout can't be written to: No space left on device.\n")


@pytest.mark.usefixtures("someone")
def test_a_reader_who_has_seen_enough_is_no_error_to_speak_of() -> None:
    assert listing("| true") == (0, b"", b"")


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")


@pytest.mark.parametrize(
    ("redirections", "expected"),
    [
        ("| true", (0, "No program reads stdout any more")),
        (">&-", (0, "No program reads stdout any more")),
        pytest.param("> /dev/full", (1, "stdout can't be written to (No space left on device)"), marks=FULL),
    ],
)
@pytest.mark.parametrize("output", ["table", "json", "csv", "table --quiet"])
def test_a_run_whose_report_nobody_reads_is_done_and_said_in_one_line(
    heapscim: CommandLine, sandbox: Sandbox, output: str, redirections: str, expected: tuple[int, str]
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\ngrace@x.org\n")))
    ended, _, err = running(f"sync --yes --output {output} {redirections}")
    assert sandbox.tenant.writes == 2
    run = heapscim.json("history").data[0]["run"]
    code, why = expected
    counts = "2 done, 0 failed, 0 not attempted"
    line = f"{why}; the work is done. Run {run}: {counts}; `heapscim history {run}` shows each.\n"
    assert (ended, err) == (code, line)


def test_the_code_of_a_run_stays_whoever_reads_it(heapscim: CommandLine) -> None:
    with running_sandbox(deactivate="ignored") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
        assert heapscim("sync", "--yes").exit_code == 0
        for redirections in ("| true", "> /dev/full"):
            code, _, err = running(f"users deactivate ada@x.org --yes {redirections}")
            assert code == 7
            assert ": 0 done, 1 failed, 0 not attempted; `heapscim history " in err


def test_an_import_whose_report_nobody_reads_is_said_in_one_line(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    sandbox.store.add_user({"userName": "ada@x.org"})
    code, _, err = running("import --all --into new.csv --yes | true")
    assert (code, err.count("\n")) == (0, 1)
    assert ": 1 added, 0 present, 0 failed; `heapscim history " in err


def test_a_sync_that_stays_stops_where_nobody_reads_it_any_more(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    code, _, err = running("sync --yes --every 1h | true")
    assert code == 0
    assert "Stopped, since no program reads stdout any more. The last run: run " in err
    assert sandbox.tenant.writes == 1


def running(line: str) -> tuple[int, str, str]:
    """A command in a shell that knows how each part of a pipe ended."""
    shell = f'set -o pipefail; "{sys.executable}" -m heapscim {line}'
    environ = {**os.environ, "HEAPSCIM_TOKEN": TOKEN}
    done = subprocess.run(
        ["bash", "-c", shell], env=environ, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    return done.returncode, done.stdout, done.stderr


INTERRUPTED = """
import heapscim.__main__ as way_in
import heapscim.cli.app as app

def interrupted():
    raise KeyboardInterrupt

app.run = interrupted
way_in.main()
"""


def test_ctrl_c_before_a_command_has_begun_is_no_traceback() -> None:
    program = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")
