"""`--report FILE`: what a run or plan came to, also when it failed before it began."""

import json
import stat
import sys
from pathlib import Path

import pytest

from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine

PEOPLE = "username,role\nada@x.org,Admin\nbob@x.org,Analyst\n"


@pytest.fixture
def connected(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)), "--set", "mapping.role=role")
    return heapscim


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_report_is_private(connected: CommandLine) -> None:
    report = connected.folder / "report.md"
    assert connected("sync", "--yes", "--report", str(report)).exit_code == 0
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_a_plan_can_be_shown_in_a_pull_request(connected: CommandLine) -> None:
    report = connected.folder / "plan.md"
    ran = connected("plan", "--exit-code", "--report", str(report))
    assert ran.exit_code == 10
    text = report.read_text("utf-8")
    assert text.startswith("## heapscim plan, profile `default`\n")
    assert "**2 changes: 2 users to create**" in text
    assert "| + create | `ada@x.org` |" in text
    assert "Outcome" not in text


def test_a_sync_reports_each_change_with_its_outcome(connected: CommandLine, sandbox: Sandbox) -> None:
    report = connected.folder / "run.md"
    sandbox.behave(parse_behaviour(["fault_rate=1", "fault_on=POST", "faults=400", "most_faults=1"]))
    assert connected("sync", "--yes", "--report", str(report)).exit_code == 7
    text = report.read_text("utf-8")
    assert "**Exit code 7**: partial" in text
    assert "### Failed (1)\n\n| Change | Name | Message |\n| --- | --- | --- |\n| + create | `" in text
    assert (text.count("| done |"), text.count("| failed |")) == (1, 1)


def test_the_json_report_is_the_envelope_of_the_command(connected: CommandLine) -> None:
    report = connected.folder / "plan.json"
    ran = connected.json("plan", "--report", str(report))
    assert json.loads(report.read_text("utf-8")) == ran.envelope


def test_a_run_that_failed_before_it_began_is_reported(connected: CommandLine) -> None:
    connected.keyring.kept.clear()
    markdown, envelope = connected.folder / "run.md", connected.folder / "run.json"
    assert connected("sync", "--yes", "--report", str(markdown)).exit_code == 3
    assert "**Exit code 3**" in markdown.read_text("utf-8")
    assert "**Error**: There is no token for profile default. Run" in markdown.read_text("utf-8")
    ran = connected.json("sync", "--yes", "--report", str(envelope))
    assert json.loads(envelope.read_text("utf-8")) == ran.envelope
    assert ran.envelope["error"]["code"] == "token_missing"


def test_a_wrong_roster_is_reported_with_each_problem(connected: CommandLine) -> None:
    connected.roster("username\nada@x.org\nada@x.org\nno-name <b>@team</b>|\n")
    report = connected.folder / "run.md"
    assert connected("sync", "--yes", "--report", str(report)).exit_code == 1
    text = report.read_text("utf-8")
    assert "### Problems" in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    ("name", "words"), [("report.txt", "says no format"), ("none/report.md", "there is no folder")]
)
def test_a_report_that_could_not_be_written_is_refused_before_the_run(
    connected: CommandLine, sandbox: Sandbox, name: str, words: str
) -> None:
    ran = connected("sync", "--yes", "--report", str(connected.folder / name))
    assert (ran.exit_code, sandbox.tenant.writes) == (2, 0)
    assert words in ran.stderr


def test_a_report_that_cannot_be_written_never_changes_how_the_run_ends(
    connected: CommandLine, sandbox: Sandbox
) -> None:
    (connected.folder / "report.md").mkdir()
    ran = connected("sync", "--yes", "--report", str(connected.folder / "report.md"))
    assert ran.exit_code == 0
    assert set(sandbox.store.snapshot()["users"]) == {"ada@x.org", "bob@x.org"}
    assert "The report wasn't written: " in ran.stderr


def test_a_mistake_of_ours_in_the_report_is_only_told(connected: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> str:
        raise ValueError("oops")

    monkeypatch.setattr("heapscim.output.report.report_text", breaks)
    report: Path = connected.folder / "report.md"
    ran = connected("sync", "--yes", "--report", str(report))
    assert (ran.exit_code, report.exists()) == (0, False)
    assert "The report wasn't written: This should not happen: ValueError: oops." in ran.stderr
