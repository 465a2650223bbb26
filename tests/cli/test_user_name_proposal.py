"""Activating a directory whose userNames aren't addresses proposes the e-mail address, and never decides alone."""

import os
import sys
from collections.abc import Iterator

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud
from tests.fakes.tenants import TOKEN
from tests.fakes.terminals import on_a_terminal

COMMAND = "`heapscim activate --set mapping.userName=email`"


@pytest.fixture
def jumpcloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningJumpCloud]:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as running:
        yield running


def place(jumpcloud: RunningJumpCloud) -> tuple[str, ...]:
    return ("--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}")


def settings(heapscim: CommandLine) -> str:
    return (heapscim.folder / "config" / "profiles" / "default.toml").read_text("utf-8")


def test_without_a_terminal_a_notice_names_the_command_and_nothing_is_decided(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    ran = heapscim.activate(sandbox, *place(jumpcloud))
    told = " ".join(ran.stderr.split())
    assert "Heap's userName is an e-mail address, and no userName of this directory is one, such as " in told
    assert COMMAND in told
    assert 'userName = "email"' not in settings(heapscim)
    assert heapscim(*COMMAND.strip("`").split()[1:]).exit_code == 0
    assert COMMAND not in heapscim.activate(sandbox, *place(jumpcloud)).stderr, "the mapping gives addresses now"
    plan = heapscim.json("plan")
    assert plan.envelope["notices"] == []
    assert {change["user_name"] for change in plan.data["plan"]["changes"] if "user_name" in change} == {
        "ada@example.com", "alan@example.com", "grace@example.com",
    }  # fmt: skip


@pytest.mark.parametrize("rule", ["username", "email"])
def test_who_maps_a_user_name_has_decided(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, rule: str
) -> None:
    assert COMMAND not in heapscim.activate(sandbox, *place(jumpcloud), "--set", f"mapping.userName={rule}").stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
@pytest.mark.parametrize(("answer", "decided"), [("\r", True), ("y\r", True), ("n\r", False)])
def test_a_terminal_is_asked_and_yes_is_the_default(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, answer: str, decided: object
) -> None:
    line = ("-m", "heapscim", "activate", "--base-url", sandbox.base_url, *place(jumpcloud))
    with on_a_terminal(*line, environ={**os.environ, "HEAPSCIM_TOKEN": TOKEN}, columns=200) as terminal:
        terminal.wait_for("Use the e-mail address instead, such as")
        terminal.press(answer)
        assert terminal.end() == 0
        assert ("The e-mail address is the userName now" in terminal.text) is decided
    assert ('userName = "email"' in settings(heapscim)) is decided


@pytest.mark.parametrize(
    ("rows", "proposed"),
    [
        ("ada,ada@x.org\nbob,bob@x.org\n", True),
        ("ada,ada@x.org\nbob,\n", False),
        ("ada@x.org,ada@x.org\n", False),
        ("ada,\n", False),
    ],
)
def test_a_roster_too_is_looked_at(heapscim: CommandLine, sandbox: Sandbox, rows: str, proposed: object) -> None:
    roster = heapscim.roster(f"username,email\n{rows}")
    assert (COMMAND in heapscim.activate(sandbox, "--directory", str(roster)).stderr) is proposed


def test_a_plan_warns_where_heap_has_addresses_and_the_directory_has_none(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    heapscim.activate(sandbox, *place(jumpcloud))
    sandbox.store.add_user({"userName": "old@example.com"})
    (notice,) = (one for one in heapscim.json("plan").data["plan"]["notices"] if "e-mail address" in one)
    assert notice.startswith("No userName from JumpCloud (Heap) is an e-mail address")
    assert COMMAND in notice


def test_accounts_under_the_addresses_are_conflicts_and_taken_over_with_the_remedy(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    heapscim.activate(sandbox, *place(jumpcloud))
    for name in ("ada", "alan"):
        sandbox.store.add_user({"userName": f"{name}@example.com"})
    plan = heapscim.json("plan").data["plan"]
    assert [(entry["kind"], entry["name"]) for entry in plan["conflicts"]] == [
        ("known_by_email", "ada.lovelace"), ("known_by_email", "alan.turing"),
    ]  # fmt: skip
    assert [change["user_name"] for change in plan["changes"] if change["kind"] == "create_user"] == ["grace.hopper"]
    heapscim("activate", "--set", "mapping.userName=email")
    plan = heapscim.json("plan").data["plan"]
    assert plan["conflicts"] == []
    assert (plan["impact"]["seats_before"], plan["impact"]["seats_after"]) == (2, 3)
