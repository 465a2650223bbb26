"""Tenants that keep names in a form of their own: linked by id, said once, and no write at the second sync."""

from pathlib import Path
from typing import get_args

import pytest

from heapscim.sandbox.heap.switches import OwnForm
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

FORMS = [form for form in get_args(OwnForm) if form != "as_asked"]
TEAM = "Équipe\u00a0Ⅳ  R&D de " + "l'ingénierie " * 5
"""A name that each of those forms changes."""


def roster(*rows: str) -> str:
    return "\n".join(["username,firstname,lastname,groups", *rows, ""])


def names(sandbox: Sandbox) -> list[str]:
    return [group["displayName"] for group in sandbox.store.groups.values()]


def active(sandbox: Sandbox) -> dict[str, bool]:
    """Whose account is active, by the name they go by in any form."""
    users = sandbox.store.users.values()
    return {name: user["active"] for user in users for name in ("ada", "grace") if name in str(user["userName"])}


def synced(heapscim: CommandLine) -> tuple[int, list[tuple[str, str]]]:
    """The exit code of a sync, and what it remarks on."""
    ran = heapscim.json("sync", "--yes", "--allow-updates", "9")
    remarks = ran.data["run"]["remarks"] if "run" in ran.data else []
    return ran.exit_code, [(remark["status"], remark["message"]) for remark in remarks]


def assert_settled(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """Nothing is left to do, and a sync sends nothing."""
    plan, before = heapscim.json("plan"), sandbox.tenant.writes
    assert (plan.data["counts"], plan.data["plan"]["conflicts"]) == ({}, [])
    assert "Nothing to do: Heap agrees" in heapscim("plan").stdout
    assert (synced(heapscim), sandbox.tenant.writes) == ((0, []), before)


@pytest.mark.parametrize(("form", "unique"), [("prefixed", "yes"), ("cut", "yes"), *((form, "no") for form in FORMS)])
def test_a_group_that_is_kept_under_another_name_is_made_once(heapscim: CommandLine, form: str, unique: str) -> None:
    heapscim.roster(roster(f'ada@x.org,Ada,Lovelace,"{TEAM}"', "grace@x.org,Grace,Hopper,Design"))
    with running_sandbox(group_names=form, unique_names=unique) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        code, remarks = synced(heapscim)
        kept = names(sandbox)
        assert (code, len(kept)) == (0, 2)
        assert all(
            (status, message.partition(":")[0]) == ("done", "Heap keeps it otherwise than asked")
            and any(repr(name) in message for name in kept)
            for status, message in remarks
        )
        assert remarks
        for _ in range(2):
            assert_settled(heapscim, sandbox)
        assert names(sandbox) == kept


def test_the_name_is_told_on_a_terminal_too(heapscim: CommandLine) -> None:
    heapscim.roster(roster("ada@x.org,Ada,Lovelace,Team 0"))
    with running_sandbox(group_names="prefixed") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        said = heapscim("sync", "--yes", "--output", "table").stdout
        assert "Team 0: Heap keeps it otherwise than asked: under the name 'PRIMARY/Team 0'." in said


@pytest.mark.parametrize("form", ["prefixed", "cut", "escaped"])
def test_a_group_that_is_renamed_is_renamed_once(heapscim: CommandLine, form: str) -> None:
    heapscim.roster(roster("ada@x.org,Ada,Lovelace,Research & Design"))
    with running_sandbox(group_names=form) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        (id,) = sandbox.store.groups
        assert heapscim("groups", "rename", "Research & Design", TEAM.strip(), "--yes").exit_code == 0
        assert heapscim("groups", "add", TEAM.strip(), "ada@x.org", "--yes").exit_code == 0
        assert heapscim("groups", "show", names(sandbox)[0]).exit_code == 0
        renamed = names(sandbox)
        assert heapscim("undo", "last", "--yes").exit_code == 0
        assert names(sandbox) != renamed
        assert_settled(heapscim, sandbox)
        assert list(sandbox.store.groups) == [id]


def test_a_rename_by_hand_in_heap_is_noticed_all_the_same(heapscim: CommandLine) -> None:
    heapscim.roster(roster("ada@x.org,Ada,Lovelace,Team 0"))
    with running_sandbox(group_names="prefixed") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        (id,) = sandbox.store.groups
        sandbox.store.rename_group(id, "Elsewhere")
        assert heapscim.json("plan").data["counts"] == {"rename_group": 1}
        assert synced(heapscim)[0] == 0
        assert names(sandbox) == ["PRIMARY/Team 0"]
        assert_settled(heapscim, sandbox)


def test_a_directory_that_calls_it_as_heap_does_changes_nothing(heapscim: CommandLine) -> None:
    heapscim.roster(roster("ada@x.org,Ada,Lovelace,Team 0"))
    with running_sandbox(group_names="lower", person_names="upper") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        heapscim.roster(roster("ada@x.org,ADA,LOVELACE,team 0"))
        assert_settled(heapscim, sandbox)


@pytest.mark.parametrize("form", ["lower", "trimmed", "nfkc", "plain", "escaped", "slug", "prefixed", "suffixed"])
def test_a_user_who_is_kept_under_another_name_is_made_once(heapscim: CommandLine, form: str) -> None:
    heapscim.roster(roster("Ádá  &Ⅳ@X.org,Ada,Lovelace,Design", "grace@x.org,Grace,Hopper,Design"))
    with running_sandbox(user_names=form, unique_names="no") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        assert synced(heapscim)[0] == 0
        kept = sorted(str(user["userName"]) for user in sandbox.store.users.values())
        for _ in range(2):
            assert_settled(heapscim, sandbox)
        assert len(kept) == 2
        assert [len(group["members"]) for group in sandbox.store.groups.values()] == [2]
        assert "linked to" in heapscim("users", "explain", "Ádá  &Ⅳ@X.org").stdout
        assert heapscim("users", "show", "Ádá  &Ⅳ@X.org").exit_code == 0


@pytest.mark.parametrize("form", ["prefixed", "slug"])
def test_who_is_kept_under_another_name_leaves_and_comes_back(heapscim: CommandLine, form: str) -> None:
    both = roster("ada@x.org,Ada,Lovelace,Design", "grace@x.org,Grace,Hopper,Design")
    heapscim.roster(both)
    with running_sandbox(user_names=form) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        heapscim.roster(roster("grace@x.org,Grace,Hopper,Design"))
        assert synced(heapscim)[0] == 0
        assert active(sandbox) == {"ada": False, "grace": True}
        heapscim.roster(both)
        assert synced(heapscim)[0] == 0
        assert active(sandbox) == {"ada": True, "grace": True}
        assert_settled(heapscim, sandbox)


def test_a_protected_user_is_known_by_the_directorys_name(heapscim: CommandLine) -> None:
    heapscim.roster(roster("boss@x.org,Ada,Lovelace,Design", "grace@x.org,Grace,Hopper,Design"))
    with running_sandbox(user_names="suffixed") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv", "--set", "protect=['boss@x.org']")
        synced(heapscim)
        heapscim.roster(roster("grace@x.org,Grace,Hopper,Design"))
        assert heapscim.json("sync", "--yes").exit_code == 6
        assert heapscim.json("users", "deactivate", "boss@x.org@example.org", "--yes").exit_code == 6
        assert all(user["active"] for user in sandbox.store.users.values())


@pytest.mark.parametrize("called", ["ada@x.org", "PRIMARY/ada@x.org"])
def test_a_plan_is_narrowed_by_either_name(heapscim: CommandLine, called: str) -> None:
    heapscim.roster(roster("ada@x.org,Ada,Lovelace,Design", "grace@x.org,Grace,Hopper,Design"))
    with running_sandbox(user_names="prefixed") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        heapscim.roster(roster("ada@x.org,Augusta,Lovelace,Design", "grace@x.org,Bea,Hopper,Design"))
        changes = heapscim.json("plan", "--only", called).data["plan"]["changes"]
        assert [change["after"] for change in changes] == [{"name.givenName": "Augusta"}]


@pytest.mark.parametrize("form", ["title", "trimmed", "cut", "nfkc", "plain", "escaped", "slug"])
def test_the_names_of_a_person_are_sent_once(heapscim: CommandLine, form: str) -> None:
    first, last = "Zoë  Ⅳ", "O'Brien-mcDonald" * 5
    heapscim.roster(roster(f"ada@x.org,{first},{last},Design"))
    with running_sandbox(person_names=form) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        code, remarks = synced(heapscim)
        assert (code, len(remarks)) == (0, 1)
        assert_settled(heapscim, sandbox)
        heapscim.roster(roster("ada@x.org,Grace Ÿ,Mc'Kay,Design"))
        assert synced(heapscim)[0] == 0
        assert_settled(heapscim, sandbox)
        assert heapscim("undo", "last", "--yes").exit_code == 0
        heapscim.roster(roster(f"ada@x.org,{first},{last},Design"))
        assert_settled(heapscim, sandbox)


def test_a_name_that_differs_only_as_the_tenant_shows_no_difference_is_sent_once(heapscim: CommandLine) -> None:
    heapscim.roster(roster("ada@x.org,mcdonald,Lovelace,design"))
    with running_sandbox(person_names="title", group_names="lower") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        heapscim.roster(roster("ada@x.org,McDonald,Lovelace,Design"))
        assert synced(heapscim) == (
            0,
            [
                ("done", "Heap keeps it otherwise than asked: name.givenName as 'Mcdonald'."),
                ("done", "Heap keeps it otherwise than asked: under the name 'design'."),
            ],
        )
        assert_settled(heapscim, sandbox)


def test_an_edit_by_hand_of_a_persons_name_is_noticed_all_the_same(heapscim: CommandLine) -> None:
    heapscim.roster(roster("ada@x.org,ada,Lovelace,Design"))
    with running_sandbox(person_names="upper") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        (user,) = sandbox.store.users.values()
        user["name"] = {**user["name"], "givenName": "Eve"}
        assert heapscim.json("plan").data["plan"]["changes"][0]["after"] == {"name.givenName": "ada"}


def test_a_new_ledger_makes_no_second_group_and_says_which_may_be_it(heapscim: CommandLine, tmp_path: Path) -> None:
    heapscim.roster(roster("ada@x.org,Ada,Lovelace,Team 0"))
    with running_sandbox(group_names="prefixed") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        forget_the_ledger(tmp_path)
        for _ in range(2):
            ran = heapscim.json("sync", "--yes")
            (remark,) = ran.data["run"]["remarks"]
            assert (ran.exit_code, remark["error_code"]) == (7, "taken")
            assert "Heap may keep it in a form of its own: 'PRIMARY/Team 0' (id " in remark["hint"]
        assert names(sandbox) == ["PRIMARY/Team 0"]
        heapscim.roster(roster("ada@x.org,Ada,Lovelace,PRIMARY/Team 0"))
        assert synced(heapscim)[0] == 0
        assert_settled(heapscim, sandbox)


def test_a_new_ledger_makes_one_second_group_at_most_where_names_are_free(
    heapscim: CommandLine, tmp_path: Path
) -> None:
    heapscim.roster(roster(*(f"ada{number}@x.org,Ada,Lovelace,Team {number}" for number in range(9))))
    with running_sandbox(group_names="prefixed", unique_names="no") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        before = dict(sandbox.store.groups)
        forget_the_ledger(tmp_path)
        code, remarks = synced(heapscim)
        (second,) = sandbox.store.groups.keys() - before
        (first,) = (id for id, group in before.items() if group["displayName"] == names(sandbox)[-1])
        said = next(words for status, words in remarks if status == "failed")
        assert (code, said.endswith(f"That name was taken already, by id {first}, which is left alone.")) == (7, True)
        for _ in range(2):
            synced(heapscim)
        assert len(sandbox.store.groups) == 10
        conflicts = heapscim.json("plan").data["plan"]["conflicts"]
        assert sorted(conflict["kind"] for conflict in conflicts) == ["ambiguous"] * 8 + ["doubled"]
        words = next(conflict["message"] for conflict in conflicts if conflict["kind"] == "doubled")
        assert f"id {second} is managed, id {first} isn't" in words


def test_a_run_that_failed_in_part_is_resumed_without_a_second_group(heapscim: CommandLine) -> None:
    heapscim.roster("username,role,groups\nada@x.org,Admin,Team 0\n")
    with running_sandbox(group_names="prefixed", user_names="prefixed", unique_names="no", role="hidden") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        ran = heapscim.json("sync", "--yes")
        assert ran.exit_code == 7, "the role isn't shown"
        assert heapscim.json("resume", "last", "--yes").exit_code == 7
        assert len(sandbox.store.users) == len(sandbox.store.groups) == 1


def test_the_history_proves_what_was_noted(heapscim: CommandLine) -> None:
    heapscim.roster(roster("ada@x.org,ada,Lovelace,Team 0"))
    with running_sandbox(group_names="prefixed", person_names="upper") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        assert heapscim("history", "--verify").exit_code == 0


def forget_the_ledger(folder: Path) -> None:
    for path in (folder / "state").rglob("*.sqlite3*"):
        path.unlink()
