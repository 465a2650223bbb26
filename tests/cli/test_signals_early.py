"""A signal that stops is 130 and one line, from the first instant after the interpreter's own start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

AT_A_CALL = """\
import os, sys
from heapscim import __main__ as way_in
number, left = map(int, sys.argv[1:3])
def count(frame, event, argument):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), number)
listen = way_in._listen
def listen_and_count():
    listen()
    sys.setprofile(count)
way_in._listen = listen_and_count
sys.argv = ["heapscim", *sys.argv[3:]]
way_in.main()
"""
"""Sends itself a signal at the so-manieth call or return of a function since it has begun to listen."""
SIGNALS = [number for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)) if number]
LINES = ("--version", "--help", "users list --help", "history", "status --output json")


def stopped_at(call: int, number: int, line: str, **environ: str) -> tuple[int, str]:
    """Exit code and stderr."""
    program = [sys.executable, "-c", AT_A_CALL, str(int(number)), str(call), *line.split()]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        program,
        check=False,
        env=bare | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("call", [1, 2, 5, 20, 60, 200, 1_000, 4_000, 9_000, 15_000, 25_000, 40_000])
def test_a_signal_while_it_starts_is_one_line_and_130(tmp_path: Path, number: int, call: int) -> None:
    folders = {"HEAPSCIM_CONFIG_DIR": str(tmp_path), "HEAPSCIM_STATE_DIR": str(tmp_path)}
    line = LINES[call % len(LINES)] if call < 1_000 else LINES[1 + call // 1_000 % 4]
    code, stderr = stopped_at(call, number, line, **folders)
    unhurt = (0, 1)  # it had ended before that call
    assert (code, stderr) == (130, "Interrupted.\n") or (code in unhurt and "Traceback" not in stderr)
    assert code == 130 or call > 20


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_during_a_tab_is_130(tmp_path: Path, number: int) -> None:
    folders = {"HEAPSCIM_CONFIG_DIR": str(tmp_path), "HEAPSCIM_STATE_DIR": str(tmp_path)}
    for call in (3, 100):
        ended = stopped_at(call, number, "heapscim users", _HEAPSCIM_COMPLETE="zsh", **folders)
        assert ended == (130, "Interrupted.\n")


def test_a_signal_that_is_ignored_outside_stays_ignored() -> None:
    ignoring = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{AT_A_CALL}"
    program = [sys.executable, "-c", ignoring, str(int(signal.SIGINT)), "20", "--version"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_is_imported_before_it_listens() -> None:
    """What comes before can't be covered: the interpreter's own start, and this."""
    counting = (
        "import sys, os; before = set(sys.modules); import heapscim.__main__ as way_in; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path[:0] = sys.argv[1:]; {counting}",
            str(Path(__file__).parents[2]),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert set(done.stdout.split()) <= {"heapscim", "heapscim.__main__", "__future__", "_signal"}
