"""Commands in processes of their own, for what only a process can show: signals, kills, locks."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN


@contextmanager
def started(*arguments: str, largest_file: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """A heapscim that runs in the caller's folder and environment; killed at the end of the block if it still does.

    ``largest_file`` is where the system stops any file from growing, as a full disk would.
    """
    program = [sys.executable, "-m", "heapscim", *arguments]
    environ = {**os.environ, "HEAPSCIM_TOKEN": TOKEN, "PYTHONFAULTHANDLER": "1"}
    if largest_file is not None:
        limiting = f"import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file},) * 2); "
        program[1:3] = ["-c", limiting + "runpy.run_module('heapscim', run_name='__main__')"]
        environ.pop("COVERAGE_PROCESS_CONFIG", None)  # what it measures would not fit into the file either
    process = subprocess.Popen(
        program,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns once something holds; fails the test where it never does."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process that comes to its end; one that doesn't says where it is stuck."""
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # faulthandler tells the stack of each thread
        stdout, stderr = process.communicate(timeout=PATIENCE)
        pytest.fail(f"{process.args!r} did not end:\n{stdout}\n{stderr}")
    return process.returncode, stdout, stderr


def next_line(stream: IO[str] | None) -> str:
    """The next line a process says; fails the test where it says nothing."""
    assert stream is not None
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(stream.readline()), daemon=True)
    reader.start()
    reader.join(PATIENCE)
    assert said, "it said nothing"
    return said[0]


def interrupt(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    """What Ctrl-C does."""
    process.send_signal(number)
