"""Ctrl-C and SIGTERM against a run that is under way."""

import os
import signal
import sys

import pexpect
import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.processes import ended, interrupt, next_line, started, wait_until
from tests.fakes.tenants import TOKEN
from tests.fakes.terminals import on_a_terminal

SIGNALS = [number for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)) if number]
MANY = "username\n" + "".join(f"u{number}@x.org\n" for number in range(200))


@pytest.fixture
def slow(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    unique = ("--set", "dialect.unique_user_names=yes")  # so that a run after a kill holds nobody back
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)), *unique)
    sandbox.tenant.latency = 0.1
    return sandbox


@pytest.mark.parametrize("number", SIGNALS)
def test_one_signal_finishes_what_is_under_way(heapscim: CommandLine, slow: Sandbox, number: int) -> None:
    with started("sync", "--yes") as run:
        wait_until(lambda: slow.tenant.writes >= 16)
        interrupt(run, number)
        code, stdout, stderr = ended(run)
    assert code == 130, stderr
    assert "Stopping after the requests in progress." in stderr
    assert "The run was interrupted." in stdout
    assert "Traceback" not in stderr
    made = len(slow.store.snapshot()["users"])
    assert made < 200
    data = heapscim.json("status").data
    assert data["last_run"]["outcome"] == "interrupted"
    assert data["last_run"]["counts"] == {"done": made, "planned": 200 - made}
    assert data["managed"]["users"] == made


def test_a_second_signal_stops_at_once_and_nothing_is_lost(heapscim: CommandLine, slow: Sandbox) -> None:
    with started("sync", "--yes") as run:
        wait_until(lambda: slow.tenant.writes >= 8)
        slow.tenant.latency = 3.0
        interrupt(run)
        assert "Stopping" in next_line(run.stderr)
        interrupt(run)
        code, _, stderr = ended(run)
    assert code == 130
    assert "Traceback" not in stderr
    slow.tenant.latency = 0.0
    assert heapscim("sync", "--yes").exit_code == 0
    assert len(slow.store.snapshot()["users"]) == 200
    assert heapscim.json("plan").data["counts"] == {}


def test_a_run_whose_messages_nobody_reads_any_more_still_ends_in_good_order(
    heapscim: CommandLine, slow: Sandbox
) -> None:
    with started("sync", "--yes") as run:
        wait_until(lambda: slow.tenant.writes >= 8)
        assert run.stderr is not None
        run.stderr.close()
        run.stderr = None
        interrupt(run, signal.SIGTERM)
        code, stdout, _ = ended(run)
    assert (code, "The run was interrupted." in stdout) == (130, True)
    last = heapscim.json("status").data["last_run"]
    assert (last["outcome"], "sent" in last["counts"]) == ("interrupted", False)


def test_a_signal_while_reading_ends_the_command(heapscim: CommandLine, slow: Sandbox) -> None:
    slow.tenant.latency = 5.0
    before = slow.tenant.service.store.snapshot()
    with started("sync", "--yes") as run:
        wait_until((heapscim.folder / "state" / "ledgers" / "default.sqlite3.holder.json").exists)
        interrupt(run)
        code, stdout, stderr = ended(run)
    assert (code, stdout) == (130, "")
    assert "Interrupted." in stderr
    assert slow.store.snapshot() == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_that_is_closed_ends_a_run_in_good_order(heapscim: CommandLine, slow: Sandbox) -> None:
    environment = {**os.environ, "HEAPSCIM_TOKEN": TOKEN}
    terminal = pexpect.spawn(sys.executable, ["-m", "heapscim", "sync", "--yes"], env=environment, timeout=PATIENCE)
    terminal.expect_exact("Applying")
    wait_until(lambda: slow.tenant.writes >= 8)
    # As a window does that is closed; pexpect's own close would send signals besides.
    terminal.ptyproc.fileobj.close()  # type: ignore[attr-defined]
    holder = heapscim.folder / "state" / "ledgers" / "default.sqlite3.holder.json"
    wait_until(lambda: not holder.exists())
    wait_until(lambda: not terminal.isalive())
    terminal.close()
    last = heapscim.json("status").data["last_run"]
    assert (last["outcome"], "sent" in last["counts"]) == ("interrupted", False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("line", ["sync", "import --all", "groups bind Design", "deactivate"])
def test_one_ctrl_c_at_the_question_ends_the_command(heapscim: CommandLine, sandbox: Sandbox, line: str) -> None:
    sandbox.store.add_user({"userName": "zoe@x.org"})
    people = "people:\n- {username: ada@x.org}\ngroups:\n- {name: Design, bound: false, members: [ada@x.org]}\n"
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(people, "people.yaml")))
    environment = {**os.environ, "HEAPSCIM_TOKEN": TOKEN, "TERM": "dumb"}
    terminal = pexpect.spawn(sys.executable, ["-m", "heapscim", *line.split()], env=environment, timeout=PATIENCE)
    terminal.expect_exact("[y/N]")
    terminal.sendintr()
    terminal.expect_exact("Interrupted.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (terminal.exitstatus, sandbox.tenant.writes) == (130, 0)
    assert not (heapscim.folder / "state" / "ledgers" / "default.sqlite3.holder.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_what_is_said_while_a_bar_moves_stands_above_it_and_the_cursor_comes_back(slow: Sandbox) -> None:
    environment = {**os.environ, "HEAPSCIM_TOKEN": TOKEN, "TERM": "xterm-256color"}
    with on_a_terminal("-m", "heapscim", "sync", "--yes", environ=environment) as terminal:
        wait_until(lambda: slow.tenant.writes >= 8)
        slow.tenant.latency = 5.0
        wait_until(lambda: slow.tenant.writes >= 17)  # one at least is under way for that long
        terminal.wait_for("/200")
        terminal.press("\x03")
        terminal.wait_for("Press Ctrl-C again to stop at once.")
        assert "Stopping after the requests in progress. Press Ctrl-C again to stop at once." in terminal.lines
        terminal.press("\x03")
        terminal.wait_for("\nInterrupted.")
        assert terminal.end() == 130
        assert not terminal.hides_cursor
