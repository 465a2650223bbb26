"""Runs heapscim in real processes that can be killed, without paying for a start each time.

One process loads the program and forks a child for each command. Asked over pipes, a JSON line each.
"""

import faulthandler
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self, cast

from tests.fakes.patience import PATIENCE


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that ended it."""

    exit_code: int
    said: str


class Forker:
    """The near end."""

    patience = 3 * PATIENCE
    """Seconds within which a command ends."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.chaos.forking"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        cast("IO[str]", self._process.stdin).close()
        self._process.wait(PATIENCE)
        cast("IO[str]", self._process.stdout).close()

    def start(self, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> int:
        """Starts a command; answers its process id."""
        self._said = folder / "said.txt"
        return self._ask(arguments=arguments, folder=str(folder), environment=dict(environment))

    def wait(self) -> Ended:
        """Waits for the command started last; one that doesn't end says where it is stuck."""
        end = time.monotonic() + self.patience
        while self.is_running():
            if time.monotonic() > end:
                self._ask(abort=True)
                raise AssertionError(f"it did not end:\n{self._said.read_text('utf-8', 'replace')}")
            time.sleep(0.02)
        code = self._ask(wait=True)
        return Ended(code, self._said.read_text("utf-8", "replace"))

    def run(self, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> Ended:
        """Runs a command to its end."""
        self.start(arguments, folder, environment)
        return self.wait()

    def is_running(self) -> bool:
        """Whether the command started last is still running."""
        return self._ask(look=True) == 1

    def _ask(self, **words: object) -> int:
        stdin, stdout = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        stdin.write(json.dumps(words) + "\n")
        stdin.flush()
        return int(stdout.readline())


def _child(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.update(environment)
    output = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    faulthandler.enable()
    sys.argv = ["heapscim", *arguments]
    from heapscim.__main__ import main

    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - told in what it said
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve() -> None:
    import httpcore  # noqa: F401 - the children have it, and each command, from here

    import heapscim.cli.app
    import heapscim.directory.roster.roster
    import heapscim.workflows.reconcile

    if find_spec("sniffio") is None:  # as in tests/conftest.py
        sys.modules["sniffio"] = None  # type: ignore[assignment]

    for command in heapscim.cli.app.COMMANDS:
        heapscim.cli.app.load(command)
    child = 0
    for line in sys.stdin:
        words = json.loads(line)
        if "look" in words:
            answer = int(os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None)
        elif "wait" in words or "abort" in words:
            if "abort" in words:
                os.kill(child, signal.SIGABRT)  # faulthandler tells the stack of each thread
            _, status = os.waitpid(child, 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            child = os.fork()
            if child == 0:
                _child(**words)
            answer = child
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
