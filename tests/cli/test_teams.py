"""Single groups by hand: every verb, by name and id, and what is said where there is nothing to do."""

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine


@pytest.fixture
def design(heapscim: CommandLine, sandbox: Sandbox) -> str:
    """A tenant with a group of two and somebody beside it; the group's id."""
    heapscim.activate(sandbox)
    ada, grace, _ = (
        sandbox.store.add_user({"userName": name})["id"] for name in ("ada@x.org", "grace@x.org", "alan@x.org")
    )
    id: str = sandbox.store.add_group({"displayName": "Design", "members": [ada, grace]})["id"]
    return id


def groups(sandbox: Sandbox) -> dict[str, list[str]]:
    found: dict[str, list[str]] = sandbox.store.snapshot()["groups"]
    return found


def test_lists_are_said_whole(heapscim: CommandLine, design: str) -> None:
    assert heapscim.json("groups", "list").envelope == {
        "version": 1,
        "command": "groups list",
        "profile": "default",
        "exit_code": 0,
        "data": [{"name": "Design", "id": design, "members": 2, "managed": False, "by_hand": False}],
        "notices": [],
        "error": None,
    }
    assert heapscim("groups", "list").stdout == f"name\tmembers\tid\tstate\nDesign\t2\t{design}\tunmanaged\n"


@pytest.mark.parametrize("named", ["Design", "design", "the id"])
def test_one_group_is_shown_by_name_or_id(heapscim: CommandLine, design: str, named: str) -> None:
    ran = heapscim.json("groups", "show", design if named == "the id" else named)
    assert (ran.data["name"], ran.data["id"]) == ("Design", design)
    assert [member["userName"] for member in ran.data["members"]] == ["ada@x.org", "grace@x.org"]


def test_a_group_without_members_says_so(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    sandbox.store.add_group({"displayName": "Empty"})
    ran = heapscim("groups", "show", "Empty")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "Empty has no members.\n")


@pytest.mark.parametrize(
    "line",
    [
        "groups show x", "groups rename x y --yes", "groups add x ada@x.org --yes", "groups remove x ada@x.org --yes",
        "groups delete x --yes", "groups add Design x --yes", "groups create New x --yes",
    ],
)  # fmt: skip
def test_what_is_unknown_is_named_and_nothing_is_sent(
    heapscim: CommandLine, sandbox: Sandbox, design: str, line: str
) -> None:
    assert design
    ran = heapscim.json(*line.split())
    assert (ran.exit_code, ran.envelope["error"]["code"], sandbox.tenant.writes) == (1, "not_found", 0)
    assert ran.envelope["error"]["message"] in ("Heap has no group x.", "Heap has no user x.")


def test_a_group_is_created_with_its_first_members(heapscim: CommandLine, sandbox: Sandbox, design: str) -> None:
    assert design
    ran = heapscim.json("groups", "create", "Ops", "ALAN@x.org", "ada@x.org", "alan@x.org", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"create_group": 1})
    assert [member["user_name"] for member in ran.data["plan"]["changes"][0]["members"]] == ["ada@x.org", "alan@x.org"]
    assert groups(sandbox)["Ops"] == ["ada@x.org", "alan@x.org"]
    assert heapscim("groups", "create", "Empty", "--yes").exit_code == 2


def test_a_group_is_renamed_once(heapscim: CommandLine, sandbox: Sandbox, design: str) -> None:
    assert heapscim.json("groups", "rename", design, "Art", "--yes").data["counts"] == {"rename_group": 1}
    assert groups(sandbox) == {"Art": ["ada@x.org", "grace@x.org"]}
    assert heapscim.json("groups", "rename", "art", "Art", "--yes").data["counts"] == {}


def test_members_come_and_go(heapscim: CommandLine, sandbox: Sandbox, design: str) -> None:
    ran = heapscim.json("groups", "add", "Design", "alan@x.org", "ada@x.org", "--yes")
    assert (ran.data["counts"], groups(sandbox)[("Design")]) == (
        {"add_members": 1},
        ["ada@x.org", "alan@x.org", "grace@x.org"],
    )
    assert heapscim.json("groups", "add", "Design", "alan@x.org", "--yes").data["counts"] == {}
    ran = heapscim.json("groups", "remove", design, "alan@x.org", "--yes")
    assert (ran.data["counts"], groups(sandbox)["Design"]) == ({"remove_members": 1}, ["ada@x.org", "grace@x.org"])
    assert heapscim.json("groups", "remove", design, "alan@x.org", "--yes").data["counts"] == {}


def test_a_group_is_deleted_and_its_members_stay(heapscim: CommandLine, sandbox: Sandbox, design: str) -> None:
    ran = heapscim.json("groups", "delete", design, "--yes")
    assert (ran.exit_code, groups(sandbox)) == (0, {})
    assert list(sandbox.store.snapshot()["users"]) == ["ada@x.org", "alan@x.org", "grace@x.org"]


@pytest.mark.parametrize("line", ["groups delete Design", "groups rename Design Art", "groups add Design alan@x.org"])
def test_without_a_terminal_yes_is_needed(heapscim: CommandLine, sandbox: Sandbox, design: str, line: str) -> None:
    assert design
    assert heapscim.json(*line.split()).exit_code == 2
    assert sandbox.tenant.writes == 0
