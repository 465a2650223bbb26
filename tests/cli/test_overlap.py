"""One run per profile, and no run without a journal."""

import json
import os
import signal
import socket
import sqlite3
from pathlib import Path

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.processes import ended, started, wait_until

MANY = "username\n" + "".join(f"u{number}@x.org\n" for number in range(200))


@pytest.fixture
def slow(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    unique = ("--set", "dialect.unique_user_names=yes")  # so that a run after a kill holds nobody back
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)), *unique)
    sandbox.tenant.latency = 0.05
    return sandbox


def ledger_file(heapscim: CommandLine) -> Path:
    return heapscim.folder / "state" / "ledgers" / "default.sqlite3"


def test_the_second_run_is_told_who_holds_the_profile(heapscim: CommandLine, slow: Sandbox) -> None:
    with started("sync", "--yes") as first:
        wait_until(lambda: slow.tenant.writes > 0)
        slow.tenant.latency = 1  # so that the first is still at it when the last of them asks
        second = heapscim.json("sync", "--yes")
        assert heapscim("users", "deactivate", "u1@x.org", "--yes").exit_code == 5
        assert heapscim("deactivate", "--delete-profile", "--yes").exit_code == 5
        assert first.poll() is None
        slow.tenant.latency = 0
        assert heapscim("plan").exit_code == 0, "reading needs no lock"
    assert second.exit_code == 5
    message = second.envelope["error"]["message"]
    assert message.startswith(
        f"Another run holds this profile: `heapscim sync`, process {first.pid} on {socket.gethostname()}, since 20"
    )


def test_the_lock_of_a_killed_run_is_free(heapscim: CommandLine, slow: Sandbox) -> None:
    with started("sync", "--yes") as first:
        wait_until(lambda: slow.tenant.writes > 20)
        first.send_signal(signal.SIGKILL)
        ended(first)
    slow.tenant.latency = 0
    assert heapscim("sync", "--yes").exit_code == 0
    assert len(slow.store.snapshot()["users"]) == 200
    assert heapscim.json("plan").data["counts"] == {}


def test_a_run_on_another_host_is_believed(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)))
    heapscim("plan")
    holder = {"command": "sync", "pid": os.getpid(), "host": "elsewhere", "since": 1_700_000_000.0}
    file = ledger_file(heapscim).with_name("default.sqlite3.holder.json")
    file.write_text(json.dumps(holder))
    ran = heapscim("sync", "--yes")
    assert (ran.exit_code, sandbox.tenant.writes) == (5, 0)
    assert "`heapscim sync`, process" in ran.stderr
    assert "on elsewhere, since 2023-11-14T22:13:20+00:00" in ran.stderr
    assert f"If you know that it was cut off, delete {file}." in ran.stderr
    file.unlink()
    assert heapscim("sync", "--yes").exit_code == 0
    assert not file.exists()


def test_a_profile_that_cannot_be_locked_sends_nothing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)))
    heapscim("plan")
    ledger_file(heapscim).with_name("default.sqlite3.lock").mkdir()
    ran = heapscim("sync", "--yes")
    assert (ran.exit_code, sandbox.tenant.writes) == (1, 0)
    assert "can't be locked" in ran.stderr


def test_a_run_that_cannot_take_its_name_from_the_lock_has_still_done_its_work(
    heapscim: CommandLine, slow: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may write into the folder by now; root still could."""

    def refused(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    slow.tenant.latency = 0
    monkeypatch.setattr(Path, "unlink", refused)
    assert heapscim("sync", "--yes").exit_code == 0
    assert heapscim("sync", "--yes").exit_code == 0, "the lock is free, whoever its file names"


def test_a_ledger_that_is_busy_is_said_before_anything_is_sent(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heapscim.ledger.sqlite.database._BUSY_SECONDS", 0.05)
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)))
    heapscim("plan")
    other = sqlite3.connect(ledger_file(heapscim), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ran = heapscim("sync", "--yes")
    other.close()
    assert (ran.exit_code, sandbox.tenant.writes) == (5, 0)
    assert "is in use" in ran.stderr


def test_a_damaged_ledger_is_said_before_anything_is_sent(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)))
    heapscim("plan")
    file = ledger_file(heapscim)
    file.with_name("default.sqlite3-wal").unlink(missing_ok=True)
    file.write_bytes(b"SQLite format 3\x00" + b"\x01" * 4096)
    ran = heapscim("sync", "--yes")
    assert (ran.exit_code, sandbox.tenant.writes) == (1, 0)
    assert "is damaged" in ran.stderr
    assert "the next sync takes all accounts over by userName" in ran.stderr


def test_a_full_disk_is_said_before_anything_is_sent(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)))
    heapscim("plan")
    size = ledger_file(heapscim).stat().st_size
    with started("sync", "--yes", largest_file=size + 100) as process:
        code, _, stderr = ended(process)
    assert (code, sandbox.tenant.writes) == (1, 0)
    assert "The ledger" in stderr
    assert "Check space and permissions." in stderr


def test_a_full_disk_does_not_keep_anybody_from_looking(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    heapscim("plan")
    for number in range(50):
        sandbox.store.add_user({"userName": f"{number}{'u' * 2000}@x.org", "active": True})
    with started("plan", "--output", "json", largest_file=50_000) as process:
        code, stdout, stderr = ended(process)
    assert (code, stderr) == (0, "")
    assert json.loads(stdout)["data"]["counts"] == {"create_user": 1}


def test_a_disk_that_fills_up_stops_the_run_and_loses_nothing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)))
    heapscim("plan")
    with started("sync", "--yes", largest_file=220_000) as process:
        code, _, stderr = ended(process)
    made = len(sandbox.store.snapshot()["users"])
    assert 0 < made < 200
    assert (code, "Check space and permissions." in stderr, "Traceback" in stderr) == (1, True, False), stderr
    counts = heapscim.json("status").data["last_run"]["counts"]
    assert counts["done"] <= made <= counts["done"] + counts.get("sent", 0), (
        "none need be under way when the disk is full"
    )
    assert heapscim("sync", "--yes").exit_code == 0
    assert len(sandbox.store.snapshot()["users"]) == 200
    assert heapscim.json("plan").data["counts"] == {}
