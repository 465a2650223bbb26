"""Measures whole processes side by side: repetitions take turns, and the median of each counts."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from tempfile import TemporaryFile
from typing import IO


class FailedError(Exception):
    """A process that was to be measured and didn't do what it should."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took, with all processes that it started and waited for."""

    wall: float
    """Seconds from its start to its end."""
    processor: float
    """Seconds on the processor, of all cores together."""
    peak: float
    """The most memory that a single process of them had, in MiB."""


@dataclass(frozen=True, slots=True)
class Program:
    """Says what to start, and where."""

    arguments: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those that the benchmark was started with."""
    folder: str | None = None
    shows: str = ""
    """What the output must hold: a command that prints something else isn't measured."""

    def run(self) -> Cost:
        """Runs the program to its end without a terminal; raises FailedError on any exit code but 0."""
        with TemporaryFile() as output:
            cost, code = self._run(subprocess.DEVNULL, output)
            output.seek(0)
            self._check(code, output.read())
        return cost

    def run_on_terminal(self, columns: int) -> Cost:
        """Does the same on a terminal of so many columns, which reads as fast as it can."""
        leader, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        output = bytearray()

        def read() -> None:
            with suppress(OSError):  # how Linux says that nothing writes to the terminal any more
                while received := os.read(leader, 65536):
                    output.extend(received)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            cost, code = self._run(terminal, terminal)
        finally:
            os.close(terminal)
            reader.join()
            os.close(leader)
        self._check(code, bytes(output))
        return cost

    def _run(self, stdin: int, output: int | IO[bytes]) -> tuple[Cost, int]:
        began = time.perf_counter()
        process = subprocess.Popen(
            self.arguments,
            env={**_outside(), **self.environ},
            cwd=self.folder,
            stdin=stdin,
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), process.returncode

    def _check(self, code: int, output: bytes) -> None:
        said = output.decode("utf-8", "replace")
        if code or self.shows not in said:
            raise FailedError(f"{' '.join(self.arguments)[:200]} ended with {code}:\n{said[-2000:]}")


def _outside() -> dict[str, str]:
    """Returns the environment without settings of heapscim, and without a ban on compiled files: few users have one."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HEAPSCIM") and name != "PYTHONDONTWRITEBYTECODE"
    }


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values, and how far they lie apart."""

    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What each turn of one contestant took."""

    turns: tuple[Cost, ...]

    def spread(self, of: Callable[[Cost], float] = lambda cost: cost.wall) -> Spread:
        """Returns median, minimum and maximum of one kind of cost, by default the wall clock's."""
        values = [of(cost) for cost in self.turns]
        return Spread(median(values), min(values), max(values))


def in_turns(contestants: Mapping[str, Callable[[], Cost]], turns: int, *, warm_up: bool = False) -> dict[str, Costs]:
    """Runs each contestant in turn, so often; ``warm_up`` adds a first turn that doesn't count."""
    costs: dict[str, list[Cost]] = {name: [] for name in contestants}
    for turn in range(-warm_up, turns):
        for name, run in contestants.items():
            cost = run()
            if turn >= 0:
                costs[name].append(cost)
    return {name: Costs(tuple(taken)) for name, taken in costs.items()}
