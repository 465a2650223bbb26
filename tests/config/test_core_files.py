"""A process that has read a secret leaves no core file."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.processes import next_line
from tests.fakes.tenants import TOKEN

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="how a core is left differs elsewhere")
_HARD = resource.getrlimit(resource.RLIMIT_CORE)[1]
WAITING = ("-c", "import time; print('waiting', flush=True); time.sleep(60)")


def leaves_core(arguments: Sequence[str], number: int, folder: Path) -> bool:
    """Whether Python leaves a core file, by what the system says, when a signal ends it after its first line."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "HEAPSCIM_TOKEN": TOKEN},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (_HARD, _HARD)),  # noqa: PLW1509 - one thread
    ) as process:
        assert next_line(process.stdout)
        process.send_signal(number)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -number
    assert os.WTERMSIG(status) == number
    return os.WCOREDUMP(status)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_command_that_crashes_leaves_no_core_file(heapscim: CommandLine, sandbox: Sandbox, number: int) -> None:
    elsewhere = heapscim.folder / "elsewhere"
    elsewhere.mkdir()
    if not leaves_core(WAITING, number, elsewhere):
        pytest.skip("this system leaves no core files at all")
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    assert not leaves_core(("-m", "heapscim", "sync", "--yes", "--every", "1h"), number, heapscim.folder)
    assert not list(heapscim.folder.glob("core*"))


@pytest.mark.parametrize(
    "read",
    [
        "secrets.token()",
        "secrets.secret('a', ['HEAPSCIM_TOKEN'])",
        "secrets.smtp_password()",
        "checked_token('t')",
    ],
)
def test_nobody_but_root_looks_into_a_process_that_reads_a_secret(read: str) -> None:
    looking = (
        "import ctypes, os, resource; from heapscim.config.credentials import Credentials, checked_token; "
        "secrets = Credentials('p', os.environ, None); "
        f"before = ctypes.CDLL(None).prctl(3); {read}; "
        "print(before, ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    environ = {**os.environ, "HEAPSCIM_TOKEN": TOKEN, "HEAPSCIM_SMTP_PASSWORD": "password"}
    done = subprocess.run(
        [sys.executable, "-c", looking], env=environ, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert done.stdout == "1 0 0\n"
