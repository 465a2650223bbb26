"""Many people at once, named in a file: one plan with the guards, the journal and the undo of any other."""

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.hands import groups
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE

MANY = [f"u{number:04}@x.org" for number in range(1_000)]


@pytest.fixture
def crowd(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    """A tenant with 1,100 accounts and a group, which nobody manages."""
    ids = [sandbox.store.add_user({"userName": f"u{number:04}@x.org"})["id"] for number in range(1_100)]
    sandbox.store.add_group({"displayName": "Design", "members": [ids[-1]]})
    heapscim.activate(sandbox)
    return sandbox


def inactive(sandbox: Sandbox) -> Sequence[str]:
    return sorted(name for name, user in sandbox.store.snapshot()["users"].items() if not user["active"])


def test_a_thousand_leavers_are_one_plan_that_a_guard_holds_and_an_undo_takes_back(
    heapscim: CommandLine, crowd: Sandbox
) -> None:
    heapscim.roster("# leavers\n" + "\n".join(MANY + MANY[:5]) + "\n", "leavers.txt")
    guarded = heapscim("users", "deactivate", "--from", "leavers.txt", "--yes")
    assert (guarded.exit_code, "--allow-removals 1000" in guarded.stderr + guarded.stdout) == (6, True)
    assert inactive(crowd) == []
    ran = heapscim.json("users", "deactivate", "--from", "leavers.txt", "--yes", "--allow-removals", "1000")
    assert (ran.exit_code, ran.data["counts"], inactive(crowd)) == (0, {"deactivate_user": 1_000}, MANY)
    assert len(heapscim.json("history", "last").data["changes"]) == 1_000
    undone = heapscim.json("undo", "last", "--yes", "--allow-updates", "1000")
    assert (undone.exit_code, inactive(crowd)) == (0, []), undone.stderr


def test_a_process_reads_a_csv_from_its_standard_input(heapscim: CommandLine, crowd: Sandbox) -> None:
    listed = heapscim("users", "list", "--output", "csv").stdout.splitlines()
    assert listed[0].startswith("userName,")
    program = [sys.executable, "-m", "heapscim", "users", "deactivate", "--from", "-"]
    token = {"HEAPSCIM_TOKEN": crowd.token}

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, *more],
            input="\n".join(listed[:21]) + "\n",
            env={**os.environ, **token},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    asked = run()
    assert (asked.returncode, "--yes is needed" in asked.stderr, inactive(crowd)) == (2, True, [])
    ran = run("u1099@x.org", "--yes")
    assert ran.returncode == 0, ran.stderr
    assert inactive(crowd) == [*MANY[:20], "u1099@x.org"]
    ran = run("--yes")
    assert (ran.returncode, len(inactive(crowd))) == (0, 21), "those who are inactive are left alone"


def test_people_come_back_and_join_and_leave_a_group_by_file(heapscim: CommandLine, crowd: Sandbox) -> None:
    heapscim.roster("Email\n" + "\n".join(MANY) + "\n", "people.csv")
    heapscim.roster(MANY[0] + "\n" + MANY[1] + "\n", "two.txt")
    assert heapscim("users", "deactivate", "--from", "two.txt", "--yes").exit_code == 0
    assert inactive(crowd) == MANY[:2]
    assert heapscim("users", "reactivate", "--from", "people.csv", "--yes").exit_code == 0
    assert inactive(crowd) == []
    added = heapscim.json("groups", "add", "Design", "--from", "people.csv", "--yes")
    assert (added.exit_code, sorted(groups(crowd)["Design"])) == (0, [*MANY, "u1099@x.org"])
    assert len(added.data["plan"]["changes"]) == 1
    guarded = heapscim("groups", "remove", "Design", "--from", "people.csv", "--yes")
    assert (guarded.exit_code, len(groups(crowd)["Design"])) == (6, 1_001)
    line = ("groups", "remove", "Design", "--from", "people.csv", "--yes", "--allow-member-removals", "1000")
    assert (heapscim(*line).exit_code, groups(crowd)["Design"]) == (0, ["u1099@x.org"])


@pytest.mark.parametrize("line", ["users deactivate", "users reactivate", "groups add Design", "groups remove Design"])
def test_all_names_that_fit_nobody_or_several_are_told_before_anything_is_planned(
    heapscim: CommandLine, crowd: Sandbox, line: str
) -> None:
    crowd.store.add_user({"userName": "two"})
    heapscim.roster("\n".join([MANY[0], "nobody@x.org", MANY[1], "somebody@x.org"]), "people.txt")
    before = crowd.tenant.writes
    ran = heapscim.json(*line.split(), "else@x.org", "--from", "people.txt", "--yes")
    error = ran.envelope["error"]
    assert (ran.exit_code, error["code"], ran.envelope["data"]) == (1, "people_unknown", None)
    assert error["problems"] == [
        "Heap has no user else@x.org.",
        "Heap has no user nobody@x.org.",
        "Heap has no user somebody@x.org.",
    ]
    assert all(problem in ran.stderr for problem in error["problems"])
    assert (crowd.tenant.writes, heapscim.json("history").data) == (before, [])
    alone = heapscim.json(*line.split(), "else@x.org", "--yes")
    assert (alone.exit_code, alone.envelope["error"]["code"]) == (1, "not_found")


def test_a_workbook_of_people_to_create_is_told_from_a_roster(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("users", "create", "--from", "people.xlsx")
    assert (ran.exit_code, "people.xlsx is a workbook.\nSave it in the spreadsheet as CSV" in ran.stderr) == (2, True)


@pytest.mark.parametrize("line", ["users deactivate", "users reactivate", "groups add X", "groups remove X"])
def test_without_a_name_and_without_a_file_nothing_is_read(heapscim: CommandLine, line: str) -> None:
    ran = heapscim.json(*line.split())
    assert (ran.exit_code, ran.envelope["error"]["message"]) == (2, "Nobody is named.")
    heapscim.roster("a, b\nc, d\n", "people.txt")
    ran = heapscim.json(*line.split(), "--from", "people.txt")
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (2, "usage")
    assert len(ran.envelope["error"]["problems"]) == 2
