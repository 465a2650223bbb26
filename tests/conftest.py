"""What every test may ask for: a command line of its own, a keyring in memory, a tenant."""

import gc
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import keyring
import keyring.backend
import keyring.errors
import pytest
import typer.main
import typer.testing
from hypothesis import HealthCheck, settings

from heapscim.cli.app import app
from heapscim.directory.jumpcloud.constants import API_KEY, CLIENT
from heapscim.sandbox.server import Sandbox
from tests.fakes.clocks import HurriedClock
from tests.fakes.patience import FACTOR
from tests.fakes.servers import SERVER
from tests.fakes.tenants import TOKEN, running_sandbox

MEMORY: Final = "/dev/shm"  # noqa: S108 - where pytest makes a folder that is its user's alone
PROFILE: Final = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", PROFILE, derandomize=True)
settings.register_profile("long", PROFILE, max_examples=3000, print_blob=True)  # pytest --hypothesis-profile=long
settings.load_profile("default")
typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[attr-defined] # the tree of commands is the same for every test
if find_spec("sniffio") is None:  # httpcore looks for it several times in each request: it is told at once
    sys.modules["sniffio"] = None  # type: ignore[assignment]
# A test that hangs fails, with the stack of each thread, and the rest goes on.
os.environ.setdefault("PYTEST_TIMEOUT", str(300 * FACTOR))
# A command goes on once a disk has what it wrote; memory has it at once.
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)
# A background job ignores one, under nohup the other, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


if sys.platform == "win32":
    _POSIX = re.compile(
        r"^(?:import|from) (?:fcntl|pexpect|pty|resource|termios"
        r"|tests\.(?:benchmarks|cli\.shells|cli\.test_terminal|docs|fakes\.terminals))\b",
        re.MULTILINE,
    )
    collect_ignore = [
        path for path in Path(__file__).parent.rglob("test_*.py") if _POSIX.search(path.read_text("utf-8"))
    ]
    """Tests that need a pseudo-terminal or a shell of POSIX."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets what is long by intention take its time."""
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(autouse=True)
def _garbage_is_looked_for() -> Iterator[None]:
    """A program that ends soon looks for no garbage; a test that leaves it so would show later tests another Python."""
    before = gc.isenabled(), gc.get_freeze_count()
    yield
    assert (gc.isenabled(), gc.get_freeze_count()) == before


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that lasts for one test."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def memory_keyring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    ours = MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


@dataclass
class Ran:
    """What one command did."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def envelope(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.stdout)
        return document

    @property
    def data(self) -> Any:  # noqa: ANN401
        return self.envelope["data"]


@dataclass
class CommandLine:
    """Runs commands as a user would, in a folder of its own."""

    folder: Path
    keyring: MemoryKeyring

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        result = typer.testing.CliRunner().invoke(app, list(arguments), input=stdin, prog_name="heapscim")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def json(self, *arguments: str, stdin: str = "") -> Ran:
        return self(*arguments, "--output", "json", stdin=stdin)

    def roster(self, text: str, name: str = "people.csv") -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def activate(self, sandbox: Sandbox, *options: str) -> Ran:
        ran = self("activate", "--base-url", sandbox.base_url, "--token-stdin", *options, stdin=TOKEN + "\n")
        assert ran.exit_code == 0, ran.stderr
        return ran


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HurriedClock:
    """The time of the commands that run in this process."""
    hurried = HurriedClock()
    monkeypatch.setattr("heapscim.cli.root.TIMING", hurried.timing())
    return hurried


@pytest.fixture
def heapscim(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    memory_keyring: MemoryKeyring,
    clock: HurriedClock,  # noqa: ARG001 - nobody waits
) -> CommandLine:
    for name in ("HEAPSCIM_TOKEN", "HEAPSCIM_PROFILE", "HEAPSCIM_OUTPUT", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name in (*API_KEY.variables, *CLIENT.variables):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEAPSCIM_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("HEAPSCIM_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HEAPSCIM_PAGER", "")  # at a terminal of a test, no one would leave it
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path, memory_keyring)


@pytest.fixture(scope="session", autouse=True)
def _one_server() -> Iterator[None]:
    yield
    SERVER.stop()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as served:
        yield served
