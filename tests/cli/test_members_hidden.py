"""Tenants that show no members of a group, or only so many: asked in another way, or sent once and remembered."""

from typing import Any

import pytest

from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

PEOPLE = [f"u{number}@x.org" for number in range(14)]
HIDDEN = (
    "Heap accepted the change. Heap doesn't show these members, and there is no other way to ask: whether they are in "
    "can't be known. They are not sent again."
)
WAYS: dict[str, dict[str, object]] = {
    "members": {},
    "users_of_group": {"member_filter": "no", "user_groups": "yes"},
    "groups_of_user": {"member_filter": "empty", "user_groups": "yes", "filter": "no"},
}


def roster(*groups: str, people: list[str] = PEOPLE) -> str:
    return "\n".join(["username,groups", *(f"{name},{';'.join(groups)}" for name in people), ""])


def members(sandbox: Sandbox) -> dict[str, int]:
    return {group["displayName"]: len(group["members"]) for group in sandbox.store.groups.values()}


def synced(heapscim: CommandLine) -> tuple[int, list[Any]]:
    """The exit code of a sync, and what it remarks on."""
    ran = heapscim.json("sync", "--yes", "--allow-removals", "9", "--allow-member-removals", "9")
    remarks = ran.data["run"]["remarks"] if "run" in ran.data else []
    return ran.exit_code, [remark["message"] for remark in remarks]


def assert_settled(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """Nothing is left to do, and a sync sends nothing."""
    before = sandbox.tenant.writes
    assert heapscim.json("plan").data["counts"] == {}
    assert (synced(heapscim), sandbox.tenant.writes) == ((0, []), before)


@pytest.mark.parametrize(
    ("shown", "way"),
    [
        ("never", "members"),
        ("10", "members"),
        ("empty", "users_of_group"),
        ("10", "users_of_group"),
        ("never", "groups_of_user"),
    ],
)
def test_members_that_are_not_shown_are_asked_for_in_another_way(heapscim: CommandLine, shown: str, way: str) -> None:
    heapscim.roster(roster("Design", "Research"))
    with running_sandbox(members_shown=shown, **WAYS[way]) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        assert synced(heapscim) == (0, [])
        assert heapscim.json("status").data["dialect"]["member_lookup"] == way
        for _ in range(2):
            assert_settled(heapscim, sandbox)
        heapscim.roster(roster("Design", "Research", people=PEOPLE[1:-1]))
        assert synced(heapscim) == (0, [])
        assert members(sandbox) == {"Design": 12, "Research": 12}
        assert_settled(heapscim, sandbox)


def test_a_limit_of_any_size_that_nobody_can_ask_past_is_told_by_the_second_time(heapscim: CommandLine) -> None:
    heapscim.roster(roster("Design", "Research"))
    with running_sandbox(members_shown="7", member_filter="no") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        code, remarks = synced(heapscim)
        assert (code, len(remarks)) == (7, 2)
        assert all("7 of 14 are no members" in remark for remark in remarks)
        assert synced(heapscim) == (0, [HIDDEN] * 2)
        assert members(sandbox) == {"Design": 14, "Research": 14}
        assert_settled(heapscim, sandbox)
        assert heapscim("history", "--verify").exit_code == 0


@pytest.mark.parametrize(
    ("shown", "refusal"), [("never", "no"), ("empty", "ignored"), ("never", "empty"), ("10", "no"), ("10", "empty")]
)
def test_members_that_nobody_can_ask_for_are_sent_once_and_that_is_said(
    heapscim: CommandLine, shown: str, refusal: str
) -> None:
    heapscim.roster(roster("Design", "Research"))
    with running_sandbox(members_shown=shown, member_filter=refusal) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        assert synced(heapscim) == (0, [HIDDEN, HIDDEN])
        assert heapscim.json("groups", "show", "Design").envelope["notices"] == [
            "Heap doesn't show all members of Design."
        ]
        for _ in range(2):
            assert_settled(heapscim, sandbox)
        heapscim.roster(roster("Design", "Research", people=[*PEOPLE[1:], "new@x.org"]) + f"{PEOPLE[0]},Design\n")
        assert synced(heapscim)[0] == 0
        assert members(sandbox) == {"Design": 15, "Research": 14}
        assert_settled(heapscim, sandbox)
        assert heapscim("undo", "last", "--yes", "--allow-removals", "9").exit_code == 0
        assert members(sandbox) == {"Design": 14, "Research": 14}


def test_a_new_ledger_sends_once_and_removes_nobody_it_can_not_see(heapscim: CommandLine) -> None:
    heapscim.roster(roster("Design", people=PEOPLE[:12]))
    with running_sandbox(members_shown="10") as sandbox:
        ids = [sandbox.store.add_user({"userName": name})["id"] for name in PEOPLE]
        sandbox.store.add_group({"displayName": "Design", "members": ids})
        heapscim.activate(sandbox, "--directory", "people.csv")
        assert synced(heapscim)[0] == 0
        assert members(sandbox) == {"Design": 14}
        assert_settled(heapscim, sandbox)


def test_members_that_a_tenant_drops_are_a_failure_all_the_same(heapscim: CommandLine) -> None:
    heapscim.roster(roster("Design"))
    with running_sandbox(members_shown="never") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        (group,) = sandbox.store.groups.values()
        dropping = {"members": list(group["members"])}
        original = sandbox.store.set_members
        sandbox.store.set_members = lambda group, _: original(group, dropping["members"])  # type: ignore[method-assign,assignment]
        heapscim.roster(roster("Design", people=[*PEOPLE, "new@x.org"]))
        for _ in range(2):
            assert synced(heapscim) == (7, ["Heap accepted the change, but 1 of 1 are no members."])


def test_a_put_never_takes_out_those_who_are_not_shown(heapscim: CommandLine) -> None:
    heapscim.roster(roster("Design"))
    with running_sandbox(members_shown="10") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv", "--set", "dialect.group_update_method=put")
        synced(heapscim)
        heapscim.roster(roster("Design", people=[*PEOPLE, "new@x.org"]))
        code, remarks = synced(heapscim)
        assert (code, members(sandbox)) == (7, {"Design": 14})
        assert remarks == ["Heap doesn't show all members of Design: a PUT would take the others out."]


def test_a_group_without_a_word_of_its_members_is_linked_under_the_name_it_is_kept_by(heapscim: CommandLine) -> None:
    heapscim.roster(roster("Design"))
    with running_sandbox(members_shown="never", group_names="prefixed", unique_names="no") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        code, remarks = synced(heapscim)
        assert (code, remarks) == (0, ["Heap keeps it otherwise than asked: under the name 'PRIMARY/Design'."])
        assert_settled(heapscim, sandbox)
        assert members(sandbox) == {"PRIMARY/Design": 14}


@pytest.mark.parametrize("shown", ["10", "never"])
def test_who_is_refused_is_named_also_where_the_others_are_not_shown(heapscim: CommandLine, shown: str) -> None:
    heapscim.roster(roster("Design"))
    with running_sandbox(members_shown=shown, member_filter="no") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim)
        assert heapscim("users", "create", "gone@x.org", "--yes").exit_code == 0
        assert heapscim("users", "create", "new@x.org", "--yes").exit_code == 0
        gone = sandbox.store.user_named("gone@x.org")
        assert gone is not None
        before = sandbox.tenant.service._members

        def refusing(wire: dict[str, Any]) -> list[str]:
            ids = before(wire)
            if gone["id"] in ids:
                raise Refused(400, "Not that one.", "invalidValue")
            return ids

        sandbox.tenant.service._members = refusing  # type: ignore[method-assign]
        ran = heapscim.json("groups", "add", "Design", "gone@x.org", "new@x.org", "--yes")
        (remark,) = ran.data["run"]["remarks"]
        assert (ran.exit_code, remark["error_code"]) == (7, "members_refused")
        assert "Not added: gone@x.org." in remark["message"]
        assert members(sandbox) == {"Design": 15}


def test_an_ordinary_tenant_is_asked_nothing_more(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.roster(roster("Design", "Research"))
    heapscim.activate(sandbox, "--directory", "people.csv")
    sandbox.tenant.requests.clear()
    assert synced(heapscim) == (0, [])
    assert heapscim.json("status").data["dialect"]["members_shown"] == "auto"
    before = sandbox.tenant.requests.total()
    synced(heapscim)
    assert sandbox.tenant.requests.total() - before == 5
