"""Commands in processes of their own, for what only a process can show: signals, kills, locks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.fakes.tenants import TOKEN

PATIENCE = 20.0


@contextmanager
def started(*arguments: str, largest_file: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """A heapscim that runs in the caller's folder and environment; killed at the end of the block if it still does.

    ``largest_file`` is where the system stops any file from growing, as a full disk would.
    """
    program = [sys.executable, "-m", "heapscim", *arguments]
    environ = {**os.environ, "HEAPSCIM_TOKEN": TOKEN}
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
        process.communicate()


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns once something holds; fails the test where it never does."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process that comes to its end."""
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return process.returncode, stdout, stderr


def interrupt(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    """What Ctrl-C does."""
    process.send_signal(number)
