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
        settings = (f"jumpcloud.base_url={running.base_url}", "mapping.userName=email")
        options = [word for setting in settings for word in ("--set", setting)]
        heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", *options)
        assert heapscim("sync", "--yes").exit_code == 0
        sandbox.store.add_user({"userName": "barbara@example.com", "name": {"givenName": "Barbara"}, "role": "Admin"})
        sandbox.store.add_user({"userName": "idle@example.com", "active": False})
        yield running


def test_imported_people_in_a_bound_group_are_taken_over_without_a_write(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    ran = heapscim.json("import", "--all", "--yes", "--group", "Design")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"added": 2, "present": 0, "failed": 0}), ran.stdout
    barbara = jumpcloud.store.user("barbara")
    assert (barbara["firstname"], barbara["email"]) == ("Barbara", "barbara@example.com")
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
    assert ran.stdout.splitlines()[:2] == ["userName\tusername\tmessage\toutcome", "u0@example.com\tu0\t\tadded"]
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


REMEDY = (
    "In Heap, the userName of 1 account is the person's e-mail address (barbara@example.com), and the profile's "
    "mapping makes another userName. So a sync can't tell that the account is theirs. Set it: "
    "`heapscim activate --set mapping.userName=email`."
)


@pytest.mark.parametrize("mapped", ["email", "username"])
def test_somebody_with_the_same_e_mail_address_is_not_created_a_second_time(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud, sandbox: Sandbox, mapped: str
) -> None:
    (idle,) = (user["id"] for user in sandbox.store.users.values() if user["userName"] == "idle@example.com")
    del sandbox.store.users[idle]
    assert heapscim("activate", "--set", f"mapping.userName={mapped}").exit_code == 0
    id = jumpcloud.store.add_user({"username": "bliskov", "email": "Barbara@example.com"})["_id"]
    (listed,) = (row for row in heapscim.json("import", "--list").data if row["userName"] == "barbara@example.com")
    assert (listed["status"], listed["username"]) == ("Imported", "bliskov")
    ran = heapscim.json("import", "--user", "barbara@example.com", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"added": 0, "present": 1, "failed": 0})
    assert [person["external_id"] for person in ran.data["people"]] == [id]
    assert ran.envelope["notices"] == ([] if mapped == "email" else [REMEDY])
    assert jumpcloud.server.writes == 0


def test_a_mapping_that_would_make_second_accounts_is_refused_with_the_remedy_and_writes_nothing(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    assert heapscim("activate", "--set", "mapping.userName=username").exit_code == 0
    ran = heapscim.json("import", "--user", "barbara@example.com", "--yes", "--group", "Design")
    assert (ran.exit_code, ran.data["run"], jumpcloud.server.writes) == (7, None, 0)
    assert [person["message"] for person in ran.data["people"]] == [
        "The profile's mapping would make another userName, a second account."
    ]
    (remedy,) = ran.envelope["notices"]
    assert remedy.endswith("`heapscim activate --set mapping.userName=email`.")
    assert heapscim("activate", "--set", "mapping.userName=email").exit_code == 0
    assert heapscim.json("import", "--user", "barbara@example.com", "--yes", "--group", "Design").exit_code == 0
    assert heapscim.json("plan").data["counts"] == {"add_members": 1}


def test_the_list_shows_the_username_that_will_be_written_and_the_import_writes_it(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud, sandbox: Sandbox
) -> None:
    for name in ("barbara+new@example.com", "Barbara@other.org", "no-address"):
        sandbox.store.add_user({"userName": name})
    jumpcloud.store.add_user({"username": "IDLE", "email": "somebody@example.com"})
    ran = heapscim.json("import", "--list", "--new-only")
    refusal = "JumpCloud needs an e-mail address, and Heap has none: the userName isn't one."
    assert {row["userName"]: (row["username"], row["message"]) for row in ran.data} == {
        "barbara+new@example.com": ("barbara", None),
        "barbara@example.com": ("barbara2", None),
        "Barbara@other.org": ("barbara3", None),
        "idle@example.com": ("idle2", None),
        "no-address": (None, refusal),
    }
    assert ran.envelope["notices"] == [f"{refusal} This is about no-address."]
    lines = heapscim("import", "--list", "--new-only").stdout.splitlines()
    assert lines[0] == "userName\tusername\tname\trole\tactive\tstatus"

    ran = heapscim.json("import", "--user", "*other.org", "--user", "no-address", "--yes")
    assert [
        (person["user_name"], person["username"], person["status"], person["message"]) for person in ran.data["people"]
    ] == [
        ("Barbara@other.org", "barbara3", "added", None),
        ("no-address", None, "failed", refusal),
    ]
    assert jumpcloud.store.user("barbara3")["email"] == "Barbara@other.org"
    assert ran.exit_code == 7


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
def test_usernames_and_who_is_mailed_are_said_before_the_question(jumpcloud: RunningJumpCloud) -> None:
    line = ("-m", "heapscim", "import", "--user", "barbara@example.com", "--group", "Design")
    with on_a_terminal(*line, environ={**os.environ, "HEAPSCIM_TOKEN": TOKEN}, columns=200) as terminal:
        terminal.wait_for("Write 1 person into JumpCloud (Heap)?")
        assert "barbara@example.com gets the username barbara." in terminal.text
        assert "1 user will get JumpCloud's activation e-mail, unless the organisation holds it back." in terminal.text
        terminal.press("n\r")
        terminal.wait_for("No one was imported.")
        terminal.end()
    assert jumpcloud.server.writes == 0


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
