"""An access review as a person, a spreadsheet and a script get it."""

import csv
import io
import os
import re
import stat
from pathlib import Path

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

PEOPLE = """\
id,username,firstname,lastname,role,groups
1,ada@x.org,Ada,Lovelace,Admin,Research
2,grace@x.org,Grace,Hopper,Analyst,Research;Ops
3,kurt@x.org,Kurt,Gödel,Analyst,Ops
"""


@pytest.fixture
def two_runs(heapscim: CommandLine, sandbox: Sandbox) -> list[str]:
    """A sync, then one in which Kurt leaves and Grace becomes an admin; then somebody adds eve by other means."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(
        PEOPLE.replace("Hopper,Analyst", "Hopper,Admin").replace("3,kurt@x.org,Kurt,Gödel,Analyst,Ops\n", "")
    )
    assert heapscim("sync", "--yes", "--allow-removals", "5").exit_code == 0
    sandbox.store.add_user({"userName": "=eve()@x.org", "role": "Analyst"})
    return [run["run"] for run in reversed(heapscim.json("history").data)]


def test_people_are_listed_with_role_groups_and_since_when(heapscim: CommandLine, two_runs: list[str]) -> None:
    ran = heapscim("review")
    assert ran.exit_code == 0
    day = f"{two_runs[0][:4]}-{two_runs[0][4:6]}-{two_runs[0][6:8]}"
    head, *rows = [line.split("\t") for line in ran.stdout.splitlines()]
    assert head == ["userName", "role", "groups", "since", "managed", "state"]
    assert ["ada@x.org", "Admin", "Research", day, "managed", "active"] in rows
    assert ["grace@x.org", "Admin", "Ops, Research", day, "managed", "active"] in rows
    assert [row[4:] for row in rows if row[0] in ("kurt@x.org", "=eve()@x.org")] == [
        ["unmanaged", "active"],
        ["managed", "inactive"],
    ]
    assert "The log begins on" in ran.stderr


def test_the_document_says_by_which_run(heapscim: CommandLine, two_runs: list[str]) -> None:
    first, second = two_runs
    data = heapscim.json("review").data
    people = {person["user_name"]: person for person in data["people"]}
    grace = people["grace@x.org"]
    assert (grace["active_since"]["run"], grace["role_since"]["run"]) == (first, second)
    assert {one["name"]: one["since"]["run"] for one in grace["memberships"]} == {"Ops": first, "Research": first}
    assert people["kurt@x.org"]["active_since"]["run"] == second
    assert people["ada@x.org"]["last_change"]["run"] == first
    assert data["seats"] == {"Admin": 2, "Analyst": 1}
    assert (data["totals"]["joined"], data["totals"]["left"], data["totals"]["role_changed"]) == (4, 1, 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", data["at"])
    assert {group["name"]: group["active_members"] for group in data["groups"]} == {"Ops": 1, "Research": 2}


def test_the_csv_has_a_row_for_each_membership_and_no_formula(heapscim: CommandLine, two_runs: list[str]) -> None:
    ran = heapscim("review", "--output", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert [(row["userName"], row["group"], row["group_run"]) for row in rows if row["userName"] == "grace@x.org"] == [
        ("grace@x.org", "Ops", two_runs[0]),
        ("grace@x.org", "Research", two_runs[0]),
    ]
    (eve,) = [row for row in rows if "eve" in row["userName"]]
    assert (eve["userName"], eve["group"], eve["managed"], eve["last_run"]) == ("'=eve()@x.org", "", "unmanaged", "")


def test_the_changes_of_a_period_are_listed_alone(heapscim: CommandLine, two_runs: list[str]) -> None:
    first, second = two_runs
    rows = list(csv.DictReader(io.StringIO(heapscim("review", "--changes", "-o", "csv").stdout)))
    assert {(row["userName"], row["change"], row["role_before"], row["role_after"], row["run"]) for row in rows} == {
        ("kurt@x.org", "left", "Analyst", "", second),
        ("grace@x.org", "role changed", "Analyst", "Admin", second),
        ("ada@x.org", "joined", "", "Admin", first),
        ("grace@x.org", "joined", "", "Analyst", first),
        ("kurt@x.org", "joined", "", "Analyst", first),
        ("'=eve()@x.org", "joined", "", "Analyst", ""),
    }
    ran = heapscim("review", "--changes", "--since", "2020-01-01", "--until", "2020-04-01")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "Nobody joined, left or changed roles from 20" in ran.stderr
    table = heapscim("review", "--changes").stdout
    assert "\tgrace@x.org\trole changed\tAnalyst → Admin\t" in table


def test_a_period_that_ends_before_it_begins_is_a_mistake(heapscim: CommandLine, two_runs: list[str]) -> None:
    ran = heapscim("review", "--since", "2026-03-01", "--until", "2026-01-01")
    assert ran.exit_code == 2
    assert "The period ends before it begins." in ran.stderr
    assert heapscim("review", "--since", "yesterday").exit_code == 2
    assert two_runs


def test_the_page_is_written_for_its_owner_alone_and_replaces_an_older_one(
    heapscim: CommandLine, two_runs: list[str]
) -> None:
    page = heapscim.folder / "review.html"
    page.write_text("an older one")
    page.chmod(0o644)
    ran = heapscim("review", "--html", str(page))
    assert (ran.exit_code, ran.stdout) == (0, "4 accounts; 3 managed, 1 unmanaged; active: 2 Admin, 1 Analyst.\n")
    assert f"{page} is written, for its owner alone to read." in ran.stderr
    text = page.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert two_runs[1] in text
    assert os.name == "nt" or stat.S_IMODE(page.stat().st_mode) == 0o600
    assert heapscim.json("review", "--html", str(page)).data["seats"] == {"Admin": 2, "Analyst": 1}
    ran = heapscim("review", "--html", str(heapscim.folder / "none" / "review.html"))
    assert (ran.exit_code, list(heapscim.folder.glob("*.new"))) == (1, [])
    assert "none" in ran.stderr


def test_no_directory_is_needed(heapscim: CommandLine, two_runs: list[str]) -> None:
    Path(heapscim.folder / "people.csv").unlink()
    assert heapscim("review").exit_code == 0
    assert two_runs


def test_groups_are_left_out_where_they_are_not_managed(heapscim: CommandLine, two_runs: list[str]) -> None:
    assert heapscim("profiles", "set", "manage_groups=false").exit_code == 0
    ran = heapscim.json("review")
    assert (ran.data["groups"], ran.exit_code) == ([], 0)
    assert any("groups weren't read" in notice for notice in ran.envelope["notices"])
    assert two_runs


def test_a_list_that_proves_nothing_is_said_and_is_in_the_exit_code(heapscim: CommandLine) -> None:
    with running_sandbox(wrong_total=1) as sandbox:
        heapscim.activate(sandbox)
        sandbox.store.add_user({"userName": "ada@x.org"})
        ran = heapscim.json("review")
    assert ran.exit_code == 8
    assert any("may not be complete" in sentence for sentence in ran.data["unknown"])


def test_an_account_that_cannot_be_read_is_named_and_is_in_the_exit_code(heapscim: CommandLine) -> None:
    with running_sandbox(broken_user="cy@x.org", broken_row="no_name") as sandbox:
        heapscim.activate(sandbox)
        sandbox.store.add_user({"userName": "ada@x.org"})
        sandbox.store.add_user({"userName": "cy@x.org"})
        ran = heapscim.json("review")
    assert ran.exit_code == 7
    assert any(sentence.startswith("Left out: ") for sentence in ran.data["unknown"])
    assert [person["user_name"] for person in ran.data["people"]] == ["ada@x.org"]
