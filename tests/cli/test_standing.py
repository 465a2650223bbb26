"""``sync --every``: a process that stays."""

import signal

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.processes import ended, interrupt, next_line, started


def test_it_needs_yes_and_takes_no_plan(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    assert heapscim("sync", "--every", "15m").exit_code == 2
    assert heapscim("sync", "--every", "15m", "--yes", "--plan", "p.json").exit_code == 2
    assert heapscim("sync", "--every", "never", "--yes").exit_code == 2
    assert sandbox.tenant.writes == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_follows_the_directory_until_a_signal_comes(heapscim: CommandLine, sandbox: Sandbox, number: int) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    with started("sync", "--every", "1s", "--yes") as process:
        assert ": 1 done" in next_line(process.stdout)
        longer = heapscim.roster("username\nada@x.org\ngrace@x.org\n", "longer.csv")
        longer.replace(heapscim.folder / "people.csv")  # in one step: a turn may be reading it
        turns = iter(lambda: next_line(process.stdout), "")
        assert ": 1 done" in next(turn for turn in turns if "nothing to do" not in turn)
        assert "nothing to do" in next_line(process.stdout)
        interrupt(process, number)
        code, _, stderr = ended(process)
    assert code in (0, 130), "between two turns or, on a busy machine, in the middle of one"
    assert set(sandbox.store.snapshot()["users"]) == {"ada@x.org", "grace@x.org"}
    assert "Traceback" not in stderr
    assert "Stopped after" in stderr
