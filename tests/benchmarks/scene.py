"""A server in a process of its own, and a profile of the installed command that is connected to it."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.measuring import FailedError, Program
from tests.benchmarks.server import BASE, Options
from tests.benchmarks.world import World

HEAPSCIM = str(Path(sys.executable).with_name("heapscim"))
"""The installed command of this environment, which a shell would start."""
TOKEN = "token-of-the-benchmark-27-characters"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs."""

    origin: str

    @property
    def base_url(self) -> str:
        """Returns where its SCIM starts."""
        return self.origin + BASE

    def counts(self) -> dict[str, Any]:
        """Returns what it was asked since the last call."""
        return self._told("counts")

    def world(self) -> dict[str, Any]:
        """Returns how much it holds, and the fingerprint of that."""
        return self._told("world")

    def _told(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.base_url}/{path}", timeout=60) as response:  # noqa: S310
            told: dict[str, Any] = json.load(response)
            return told


@contextmanager
def serving(world: World, options: Options) -> Iterator[Running]:
    """Starts a server that holds a world, and ends it at the end of the block."""
    told = {
        "people": world.people,
        "groups": world.groups,
        "members": world.members,
        "latency": options.latency,
        "page": options.page,
        "rate": options.rate,
        "burst": options.burst,
    }
    arguments = [word for name, value in told.items() for word in (f"--{name}", str(value))]
    program = [sys.executable, "-m", "tests.benchmarks.server", *arguments]
    with subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Running(f"http://127.0.0.1:{int(process.stdout.readline())}")


@dataclass(frozen=True, slots=True)
class Scene:
    """A profile in folders of its own, and the roster that it provisions from."""

    folder: Path
    server: Running

    @property
    def roster(self) -> Path:
        """Returns the file of the people."""
        return self.folder / "people.csv"

    def heapscim(self, *words: str, shows: str = "") -> Program:
        """Returns the installed command with these words."""
        return Program([HEAPSCIM, *words], self.environ, str(self.folder), shows)

    def peer(self, name: str, *words: object) -> Program:
        """Returns one of the peers that are Python modules, with the server's address and more words."""
        module = f"tests.benchmarks.peers.{name}"
        arguments = [sys.executable, "-m", module, self.server.base_url, *map(str, words)]
        return Program(arguments, self.environ, str(ROOT))

    @property
    def environ(self) -> dict[str, str]:
        """Returns the variables that keep settings, ledger and token in this scene."""
        return environ_in(self.folder)

    def activate(self, world: World, in_flight: int) -> None:
        """Writes the roster and connects the profile."""
        world.write_roster(self.roster)
        flight = f"http.max_in_flight={in_flight}"
        self.heapscim(
            "activate", "--base-url", self.server.base_url, "--directory", str(self.roster), "--set", flight
        ).run()

    def sync(self) -> Program:
        """Returns the command that makes the server agree with the roster."""
        return self.heapscim("sync", "--yes")


def environ_in(folder: Path) -> dict[str, str]:
    """Returns the variables that keep a process inside a folder, and give it the token."""
    return {
        "HOME": str(folder),
        "HEAPSCIM_CONFIG_DIR": str(folder / "config"),
        "HEAPSCIM_STATE_DIR": str(folder / "state"),
        "HEAPSCIM_TOKEN": TOKEN,
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }


@contextmanager
def a_scene(held: World, wanted: World, options: Options, in_flight: int) -> Iterator[Scene]:
    """Connects a profile to a server: the server holds one world, the roster another."""
    with serving(held, options) as server, TemporaryDirectory() as folder:
        scene = Scene(Path(folder), server)
        scene.activate(wanted, in_flight)
        yield scene


def expect(what: str, is_there: object, wanted: object) -> None:
    """Raises FailedError unless something is as it should be: a command that fails fast would win."""
    if is_there != wanted:
        raise FailedError(f"{what}: {is_there!r} instead of {wanted!r}")
