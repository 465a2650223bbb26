"""Marks in a tenant, as an administrator meets them."""

import shutil

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.scim2_servers import TOKEN, running_scim2_server

PEOPLE = "id,username,groups\n1,ada@x.org,Design\n2,grace@x.org,Design\n3,leaver@x.org,Design\n"


def marks(sandbox: Sandbox) -> dict[str, object]:
    return {user["userName"]: user.get("externalId") for user in sandbox.store.users.values()}


@pytest.fixture
def marking(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("profiles", "set", "ledger.mark=main", "dialect.external_id=kept").exit_code == 0
    return heapscim


def test_accounts_are_marked_and_there_is_nothing_left_to_do(marking: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "ada@x.org", "role": "Admin"})
    assert marking("sync", "--yes").exit_code == 0
    assert marks(sandbox) == {
        f"{name}@x.org": f"heapscim:main:{id}" for id, name in ((1, "ada"), (2, "grace"), (3, "leaver"))
    }
    assert marking.json("plan").data["plan"]["changes"] == []
    assert marking("undo", "last", "--yes", "--allow-removals", "3").exit_code == 0
    assert marks(sandbox)["ada@x.org"] is None, "as before heapscim took it over"


def test_links_survive_a_lost_ledger_and_a_rename_in_heap(marking: CommandLine, sandbox: Sandbox) -> None:
    assert marking("sync", "--yes").exit_code == 0
    ids = {user["userName"]: id for id, user in sandbox.store.users.items()}
    sandbox.store.users[ids["grace@x.org"]]["userName"] = "hopper@x.org"
    shutil.rmtree(marking.folder / "state")
    marking.roster("id,username,groups\n1,ada@x.org,Design\n2,grace@x.org,Design\n")
    ran = marking.json("sync", "--yes", "--allow-removals", "1")
    assert any("3 accounts found by this ledger's marks" in notice for notice in ran.data["plan"]["notices"])
    assert [change["kind"] for change in ran.data["plan"]["changes"]] == [
        "take_over_group",
        "remove_members",
        "deactivate_user",
    ]
    assert [conflict["kind"] for conflict in ran.data["plan"]["conflicts"]] == ["user_name_changed"]
    assert sandbox.store.users[ids["leaver@x.org"]]["active"] is False
    assert marking("ledger", "verify").exit_code == 0


def test_a_second_ledger_says_whose_an_account_is_and_leaves_it_alone(marking: CommandLine, sandbox: Sandbox) -> None:
    assert marking("sync", "--yes").exit_code == 0
    other = marking.roster("id,username,groups\n7,ada@x.org,Design\n8,new@x.org,Design\n", "other.csv")
    second = ("--profile", "second")
    marking.activate(sandbox, "--directory", str(other), *second)
    assert marking("profiles", "set", "ledger.mark=second", "dialect.external_id=kept", *second).exit_code == 0
    ran = marking.json("sync", "--yes", *second)
    (conflict,) = ran.data["plan"]["conflicts"]
    assert (conflict["name"], conflict["message"]) == ("ada@x.org", "ada@x.org bears the mark of another ledger, main.")
    assert marks(sandbox)["ada@x.org"] == "heapscim:main:1"
    assert marks(sandbox)["new@x.org"] == "heapscim:second:8"
    members = next(group["members"] for group in sandbox.store.groups.values())
    assert len(members) == 4, "three of the first ledger, one of the second"
    other.write_text("id,username,groups\n8,new@x.org,\n")
    assert marking("sync", "--yes", "--allow-member-removals", "9", *second).exit_code == 0
    assert all(user["active"] for user in sandbox.store.users.values())


@pytest.mark.parametrize(("kept", "words"), [("auto", "doctor --write-probe"), ("ignored", "doesn't keep externalId")])
def test_nothing_is_marked_where_the_tenant_may_not_keep_it(
    marking: CommandLine, sandbox: Sandbox, kept: str, words: str
) -> None:
    assert marking("profiles", "set", f"dialect.external_id={kept}").exit_code == 0
    ran = marking.json("sync", "--yes")
    assert ran.exit_code == 0
    assert any(words in notice for notice in ran.data["plan"]["notices"])
    assert set(marks(sandbox).values()) == {None}


def test_a_mark_and_a_mapping_do_not_share_an_attribute(marking: CommandLine) -> None:
    ran = marking("profiles", "set", "mapping.externalId=id")
    assert ran.exit_code == 1
    assert "ledger.mark writes externalId, and so does [mapping]" in ran.stderr


@pytest.mark.parametrize("mark", ["a:b", "", "with space", "x" * 41])
def test_a_mark_has_a_plain_name(marking: CommandLine, mark: str) -> None:
    assert marking("profiles", "set", f'ledger.mark="{mark}"').exit_code == 1


def test_marks_hold_against_another_server(heapscim: CommandLine) -> None:
    with running_scim2_server() as server:
        roster = heapscim.roster(PEOPLE)
        heapscim(
            "activate", "--base-url", server.base_url, "--token-stdin", "--directory", str(roster), stdin=f"{TOKEN}\n"
        )
        assert heapscim("profiles", "set", "ledger.mark=main", "dialect.external_id=kept").exit_code == 0
        first = heapscim.json("sync", "--yes")
        assert first.exit_code == 0, first.stdout
        shutil.rmtree(heapscim.folder / "state")
        plan = heapscim.json("plan").data["plan"]
        assert len(plan["adoptions"]) == 3
        assert {change["kind"] for change in plan["changes"]} == {"take_over_group"}
