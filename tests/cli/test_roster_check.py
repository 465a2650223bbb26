"""A roster is checked without a tenant, comes through a pipe, in other encodings, and from heapscim's own lists."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.model.spreadsheets import guarded, is_guarded, runs_as_formula, unguarded
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN

TEAM = "username,role,groups\nada@x.org,Admin,Research\nkurt@x.org,Analyst,Research\nalan@x.org,Analyst,\n"


def test_a_roster_is_checked_without_a_profile(heapscim: CommandLine) -> None:
    heapscim.roster(TEAM)
    ran = heapscim.json("roster", "check", "people.csv")
    assert (ran.exit_code, ran.envelope["notices"]) == (0, [])
    assert ran.data == {
        "roster": "people.csv", "profile": None, "people": 3, "active": 3, "groups": 1, "memberships": 2,
        "roles": {"Admin": 1, "Analyst": 2}, "complete": True,
    }  # fmt: skip
    told = heapscim("roster", "check", "people.csv")
    assert told.stdout.splitlines() == [
        "roster\tpeople.csv: no problem",
        "settings\tthe defaults; there is no profile",
        "people\t3, 3 of them active",
        "groups\t1, 2 memberships",
        "roles\tAdmin 1, Analyst 2",
    ]


def test_every_problem_of_a_roster_is_reported_and_ends_in_1(heapscim: CommandLine) -> None:
    heapscim.roster("username,Phone\n#N/A,1\n")
    ran = heapscim("roster", "check", "people.csv")
    assert ran.exit_code == 1
    assert "people.csv:1:10: unknown column 'Phone'" in ran.stderr
    assert "people.csv:2:1: username is #N/A, a spreadsheet's error" in ran.stderr


def test_a_role_with_a_slip_of_the_pen_is_told_and_counts_only_if_strict(heapscim: CommandLine) -> None:
    heapscim.roster("username,role\nada@x.org,Admn\nkurt@x.org,Analyst\nalan@x.org,Analyst\nli@x.org,Analist\n")
    ran = heapscim.json("roster", "check", "people.csv")
    assert ran.envelope["notices"] == [
        "The role Admn (1 person): did you mean Admin?",
        "The role Analist (1 person): did you mean Analyst?",
    ]
    assert (ran.exit_code, heapscim("roster", "check", "people.csv", "--strict").exit_code) == (0, 1)


def test_the_settings_of_a_check_are_those_of_the_profile_and_of_the_command_line(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.roster("Email,Phone\nada@x.org,1\n")
    changes = ["--set", "mapping.userName=email", "--set", 'roster.ignore=["Phone"]']
    assert heapscim("roster", "check", "people.csv").exit_code == 1
    assert heapscim("roster", "check", "people.csv", *changes).exit_code == 0
    heapscim.activate(sandbox, *changes)
    ran = heapscim.json("roster", "check", "people.csv")
    assert (ran.exit_code, ran.data["profile"], ran.data["people"]) == (0, "default", 1)


def test_two_people_of_one_mapped_name_are_found_without_a_tenant(heapscim: CommandLine) -> None:
    heapscim.roster("username,email\nada@x.org,team@x.org\nkurt@x.org,team@x.org\n")
    ran = heapscim("roster", "check", "people.csv", "--set", "mapping.userName=email")
    assert ran.exit_code == 1
    assert "people.csv:3:12: userName 'team@x.org' is already in line 2" in ran.stderr


def test_a_roster_that_may_be_cut_off_ends_in_8(heapscim: CommandLine) -> None:
    heapscim.roster("username\nada@x.org")
    ran = heapscim("roster", "check", "people.csv")
    assert ran.exit_code == 8
    assert "doesn't end with a line break" in ran.stderr


@pytest.mark.parametrize("spec", ["people.doc", "jumpcloud:Heap", "people"])
def test_only_a_roster_can_be_checked(heapscim: CommandLine, spec: str) -> None:
    ran = heapscim("roster", "check", spec)
    assert ran.exit_code == 2
    assert f"{spec} isn't a roster.\nIt can be a roster (.csv, .tsv, .yaml, .json)." in ran.stderr


def test_a_folder_and_a_workbook_are_told_from_a_roster(heapscim: CommandLine) -> None:
    (heapscim.folder / "rosters").mkdir()
    ran = heapscim("roster", "check", "rosters")
    hint = "Name a file in it: a roster (.csv, .tsv, .yaml, .json)."
    assert (ran.exit_code, ran.stderr) == (2, f"Error: rosters is a folder.\n{hint}\n")
    ran = heapscim("roster", "check", "people.xlsx")
    hint = "Save it in the spreadsheet as CSV UTF-8, and use that file."
    assert (ran.exit_code, ran.stderr) == (2, f"Error: people.xlsx is a workbook.\n{hint}\n")


def test_a_wrong_setting_is_named(heapscim: CommandLine) -> None:
    heapscim.roster(TEAM)
    ran = heapscim("roster", "check", "people.csv", "--encoding", "klingon")
    assert ran.exit_code == 1
    assert "--encoding: roster.encoding: klingon isn't an encoding; write one such as windows-1252" in ran.stderr
    ran = heapscim("roster", "check", "people.csv", "--set", 'roster.columns={shoe="Size"}')
    assert "roster.columns: shoe isn't a column of a roster" in ran.stderr


@pytest.mark.parametrize("command", [["plan"], ["sync", "--yes"]])
def test_an_encoding_is_named_on_the_command_line(heapscim: CommandLine, sandbox: Sandbox, command: list[str]) -> None:
    (heapscim.folder / "people.csv").write_bytes("username,lastname\nkurt@x.org,Gödel\n".encode("cp1252"))
    heapscim.activate(sandbox)
    assert "name its encoding: --encoding windows-1252" in heapscim(*command, "--directory", "people.csv").stderr
    ran = heapscim.json(*command, "--directory", "people.csv", "--encoding", "windows-1252")
    assert ran.exit_code == 0
    assert "G\\u00f6del" in ran.stdout


def piped(heapscim: CommandLine, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "heapscim", *arguments],
        input=text, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=heapscim.folder,
        env={**os.environ, "HEAPSCIM_TOKEN": TOKEN},
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [TEAM,
     "people:\n  - username: ada@x.org\n", '# mine\n\n---\npeople: []\n', '{"people": [{"username": "ada@x.org"}]}',
     TEAM.replace(",", "\t")],
)  # fmt: skip
def test_a_roster_comes_through_a_pipe_in_each_form(heapscim: CommandLine, text: str) -> None:
    ran = heapscim("roster", "check", "-", stdin=text)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("roster\tstandard input: no problem\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")
def test_standard_input_has_a_name_of_the_system_too(heapscim: CommandLine) -> None:
    ran = piped(heapscim, TEAM, "roster", "check", "/dev/stdin")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("roster\tstandard input: no problem\n")


def test_a_sync_reads_standard_input_and_asks_no_one(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = piped(heapscim, TEAM, "sync", "--directory", "-", "--yes")
    assert (ran.returncode, len(sandbox.store.users)) == (0, 3)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("activate --directory -", "A profile can't remember standard input."),
        ("import --directory - --all --yes", "Standard input can be read, but nothing can be written into it."),
        ("groups bind Research --directory - --yes", "Standard input can be read, but nothing can be written into it."),
        ("sync --directory - --yes --every 1s", "--every can't read standard input again and again."),
    ],
)
def test_what_a_pipe_cannot_do_is_said(heapscim: CommandLine, sandbox: Sandbox, line: str, said: str) -> None:
    heapscim.activate(sandbox)
    ran = heapscim(*line.split(), stdin=TEAM)
    assert ran.exit_code == 2
    assert said in ran.stderr


def test_the_list_of_users_is_a_roster_that_changes_nothing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.roster("username,role,active,groups\nada@x.org,Admin,,T\n=kurt@x.org,Analyst,,T\n'+li@x.org,Analyst,no,\n")
    heapscim.activate(sandbox)
    assert heapscim("sync", "--directory", "people.csv", "--yes").exit_code == 0
    heapscim.roster(heapscim("users", "list", "-o", "csv").stdout, "again.csv")
    plan = heapscim.json("plan", "--directory", "again.csv")
    assert (plan.exit_code, plan.data["plan"]["changes"]) == (0, [])


def test_a_list_that_goes_into_a_file_opens_rightly_in_a_spreadsheet(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.roster("username,firstname\nada@x.org,Zoë\n")
    heapscim.activate(sandbox)
    heapscim("sync", "--directory", "people.csv", "--yes")
    line = [sys.executable, "-m", "heapscim", "users", "list", "-o", "csv"]
    env = {**os.environ, "HEAPSCIM_TOKEN": TOKEN}
    path = heapscim.folder / "list.csv"
    for mode, marks in (("wb", 1), ("ab", 1)):
        with path.open(mode) as file:
            subprocess.run(line, stdout=file, timeout=PATIENCE, check=True, cwd=heapscim.folder, env=env)
        assert path.read_bytes().count(b"\xef\xbb\xbf") == marks
        assert path.read_bytes().startswith(b"\xef\xbb\xbfuserName,")
    ran = subprocess.run(line, capture_output=True, timeout=PATIENCE, check=True, cwd=heapscim.folder, env=env)
    assert ran.stdout.startswith(b"userName,")
    assert next(csv.DictReader(io.StringIO(ran.stdout.decode())))["name"] == "Zoë"


@given(st.text(st.sampled_from("'=+-@\t\r a0")))
def test_a_guarded_cell_gives_its_value_back_and_is_never_run(value: str) -> None:
    assert unguarded(guarded(value)) == value
    assert not runs_as_formula(guarded(value))
    assert (guarded(value) == value) == (not runs_as_formula(value) and not is_guarded(value))


def test_joiners_that_a_script_needs_are_shown_as_they_are(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.roster("username,groups\nada@x.org,برنامه\u200cریزی\n")
    heapscim.activate(sandbox)
    assert "برنامه\u200cریزی" in heapscim("plan", "--directory", "people.csv").stdout
    sandbox.store.add_group({"displayName": "Te\u200dam"})
    assert "Te\\u200dam" in heapscim("groups", "list").stdout


def test_a_role_that_no_account_has_is_told_with_the_nearest(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "boss@x.org", "role": "Analyst"})
    heapscim.activate(sandbox)
    heapscim.roster("username,role\nada@x.org,Admn\nkurt@x.org,Viewer\nli@x.org,analyst\n")
    notices = heapscim.json("plan", "--directory", "people.csv").data["plan"]["notices"]
    assert notices[1:] == [
        "No account in Heap has the role Admn (1 person); did you mean Admin?",
        "No account in Heap has the role Viewer yet (1 person).",
    ]
    by_hand = heapscim("users", "create", "tom@x.org", "--role", "Analist", "--yes")
    assert "No account in Heap has the role Analist (1 person); did you mean Analyst?" in by_hand.stdout


def test_a_spreadsheets_formula_in_an_import_is_said(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "ada@x.org", "name": {"givenName": "=cmd|' /C calc'!A0"}})
    heapscim.activate(sandbox)
    ran = heapscim("import", "--all", "--into", "new.csv", "--yes")
    assert ran.exit_code == 0
    assert "A spreadsheet that opens the roster runs it as a formula" in ran.stdout + ran.stderr
    assert Path(heapscim.folder / "new.csv").read_text().splitlines()[1].startswith(",ada@x.org,=cmd|")
