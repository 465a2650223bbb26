"""Import into JumpCloud, over real sockets on both sides."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud
from tests.fakes.processes import ended, started, wait_until
from tests.fakes.tenants import TOKEN
from tests.fakes.terminals import on_a_terminal


@pytest.fixture
def jumpcloud(heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningJumpCloud]:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as running:
        heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={running.base_url}",
                          "--set", "mapping.userName=email")  # fmt: skip
        assert heapscim("sync", "--yes").exit_code == 0
        sandbox.store.add_user({"userName": "barbara@example.com", "name": {"givenName": "Barbara"}, "role": "Admin"})
        sandbox.store.add_user({"userName": "idle@example.com", "active": False})
        yield running


def test_imported_people_in_a_bound_group_are_taken_over_without_a_write(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    ran = heapscim.json("import", "--all", "--yes", "--group", "Design")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"added": 2, "present": 0, "failed": 0}), ran.stdout
    assert jumpcloud.store.user("barbara@example.com")["firstname"] == "Barbara"
    assert "barbara@example.com" in jumpcloud.store.member_emails("Design")

    plan = heapscim.json("plan")
    assert plan.data["counts"] == {"add_members": 1}  # Heap's team doesn't have her yet
    assert [entry["user_name"] for entry in plan.data["plan"]["adoptions"]] == ["barbara@example.com"]
    assert heapscim.json("import", "--list", "--new-only").data == []


@pytest.mark.usefixtures("jumpcloud")
def test_people_in_no_bound_group_are_said_to_be_unmanaged(heapscim: CommandLine) -> None:
    ran = heapscim.json("import", "--user", "barbara@example.com", "--yes")
    assert (ran.exit_code, ran.data["not_managed"]) == (0, 1)
    assert "1 person isn't managed yet" in ran.envelope["notices"][-1]
    plan = heapscim.json("plan", "--exit-code")
    assert (plan.exit_code, plan.data["counts"]) == (0, {})


def test_the_same_advice_is_given_once_with_those_whom_it_is_about(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud, sandbox: Sandbox
) -> None:
    for number in range(6):
        sandbox.store.add_user({"userName": f"u{number}@example.com"})
    jumpcloud.behave(default_state="STAGED")
    advice = "JumpCloud added it as STAGED: it is managed as soon as it is activated there."
    ran = heapscim.json("import", "--user", "barbara@example.com", "--yes", "--group", "Design")
    assert [person["message"] for person in ran.data["people"]] == [advice]
    ran = heapscim("import", "--user", "u*", "--yes", "--group", "Design")
    assert ran.stdout.splitlines()[:2] == ["userName\tmessage\toutcome", "u0@example.com\t\tadded"]
    assert (ran.stdout + ran.stderr).count("as STAGED") == 1
    named = "u0@example.com, u1@example.com, u2@example.com, u3@example.com, u4@example.com, …"
    assert f"{advice} This is about 6 people ({named})." in ran.stderr.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
def test_results_come_at_a_terminal_without_the_advice(jumpcloud: RunningJumpCloud, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "betty@example.com"})
    jumpcloud.behave(default_state="STAGED")
    line = ("-m", "heapscim", "import", "--user", "b*", "--yes", "--group", "Design")
    with on_a_terminal(*line, environ={**os.environ, "HEAPSCIM_TOKEN": TOKEN}, columns=200) as terminal:
        terminal.wait_for("This is about 2 people (barbara@example.com, betty@example.com).")
        assert terminal.end() == 0
        assert {"barbara@example.com: added", "betty@example.com: added"} <= set(terminal.lines)
        assert terminal.text.count("as STAGED") == 1


def test_somebody_with_the_same_e_mail_address_is_not_created_a_second_time(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    jumpcloud.store.add_user({"username": "barbara", "email": "Barbara@example.com"})
    ran = heapscim.json("import", "--user", "barbara@example.com", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"added": 0, "present": 1, "failed": 0})
    assert heapscim("activate", "--set", "mapping.userName=username").exit_code == 0
    ran = heapscim.json("import", "--all", "--user", "barbara@example.com", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (7, {"added": 1, "present": 0, "failed": 1})
    assert ran.data["people"][-1]["message"] == (
        "barbara@example.com is the e-mail address of barbara, whose userName is another one."
    )


@pytest.mark.usefixtures("jumpcloud")
def test_a_role_that_the_group_gives_is_said_to_be_a_change(heapscim: CommandLine) -> None:
    assert heapscim("activate", "--set", 'jumpcloud.role_from_groups={Design = "Analyst"}').exit_code == 0
    ran = heapscim.json("import", "--user", "barbara@example.com", "--yes", "--group", "Design")
    assert ran.data["counts"]["added"] == 1
    (notice,) = ran.envelope["notices"]
    assert "will change 1 person in Heap" in notice
    assert "for role: barbara@example.com." in notice
    assert heapscim.json("plan").data["counts"] == {"add_members": 1, "update_user": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX's signal")
def test_an_import_that_is_killed_is_finished_and_creates_nobody_twice(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud, sandbox: Sandbox
) -> None:
    before = len(jumpcloud.store.users)
    for number in range(150):
        sandbox.store.add_user({"userName": f"u{number}@example.com"})
    with started("import", "--user", "u*", "--yes", "--group", "Design") as run:
        wait_until(lambda: len(jumpcloud.store.users) >= before + 100)
        run.send_signal(signal.SIGKILL)
        assert ended(run)[0] == -signal.SIGKILL
    made = len(jumpcloud.store.users) - before
    assert 100 <= made < 150, "it was killed in the middle"
    (last, *_) = heapscim.json("history").data
    assert last["command"] == "import"

    ran = heapscim.json("resume", str(last["run"]), "--yes")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["counts"]["failed"] == 0
    assert len(jumpcloud.store.users) == before + 150
    members = jumpcloud.store.member_emails("Design")
    assert {f"u{number}@example.com" for number in range(150)} <= set(members)
