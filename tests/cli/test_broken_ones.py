"""One account or group that can't be read is named and left alone; all else is done, and the exit code is 7."""

from typing import Any

import pytest

from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine

NAMES = ("ada", "ben", "cy", "dee", "eve")
EVERYBODY = dict.fromkeys(NAMES, "Crew")

FORMS: dict[str, dict[str, Any]] = {
    "no userName": {"broken_row": "no_name"},
    "no id": {"broken_row": "no_id"},
    "a text": {"broken_row": "text"},
    "an active that says nothing": {"broken_row": "active"},
    "the id of somebody else": {"broken_row": "same_id"},
}


def roster(heapscim: CommandLine, people: dict[str, str]) -> str:
    rows = "".join(f"{name}@x.org,{name.title()},{group}\n" for name, group in people.items())
    return str(heapscim.roster("username,firstname,groups\n" + rows))


def taken_over(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """Everybody is there and managed, while the tenant still behaves."""
    for name in NAMES:
        sandbox.store.add_user({"userName": f"{name}@x.org", "name": {"givenName": name.title()}})
    heapscim.activate(sandbox, "--directory", roster(heapscim, EVERYBODY), "--groups", "--set", "http.retries=0")
    ran = heapscim("sync", "--yes")
    assert ran.exit_code == 0, ran.stderr


def misbehaves(sandbox: Sandbox, **behaviour: object) -> None:
    sandbox.behave(parse_behaviour(f"{key}={value}" for key, value in behaviour.items()))


def state(sandbox: Sandbox) -> dict[str, bool]:
    return {user["userName"].partition("@")[0]: user["active"] for user in sandbox.store.users.values()}


def members(sandbox: Sandbox) -> dict[str, set[str]]:
    names = {id: user["userName"].partition("@")[0] for id, user in sandbox.store.users.items()}
    return {group["displayName"]: {names[id] for id in group["members"]} for group in sandbox.store.groups.values()}


@pytest.mark.parametrize("single", ["yes", "no"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_row_that_makes_no_sense_stops_nobody_else(
    heapscim: CommandLine, sandbox: Sandbox, form: dict[str, Any], single: str
) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, broken_user="cy@x.org", broken_single=single, unique_names="no", **form)
    roster(heapscim, dict.fromkeys(("ben", "cy", "dee", "eve", "new"), "Crew"))
    ran = heapscim.json("sync", "--yes")
    by_itself = single == "no" and form["broken_row"] != "same_id"  # its own answer is in order
    assert state(sandbox) == dict.fromkeys((*NAMES, "new"), True) | {"ada": False}, ran.stdout
    assert members(sandbox) == {"Crew": {"ben", "cy", "dee", "eve", "new"}}
    if by_itself and form["broken_row"] in ("no_name", "active"):
        assert (ran.exit_code, ran.data["plan"]["broken"]) == (0, [])
        return
    assert (ran.exit_code, len(ran.data["plan"]["broken"]) > 0) == (7, True)
    writes = sandbox.tenant.writes
    again = heapscim("sync", "--yes")
    assert (again.exit_code, sandbox.tenant.writes, "can't be read" in (again.stdout + again.stderr).lower()) == (
        7,
        writes,
        True,
    )
    assert heapscim("plan").exit_code == 7


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_leaver_who_can_not_be_read_is_left_alone(
    heapscim: CommandLine, sandbox: Sandbox, form: dict[str, Any]
) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, broken_user="cy@x.org", **form)
    roster(heapscim, {name: "Crew" for name in NAMES if name not in ("ada", "cy")})
    ran = heapscim.json("sync", "--yes")
    asked = form["broken_row"] in ("no_id", "text", "same_id")  # the list doesn't tell whose row it is: asked for by id
    assert ran.exit_code == 7, ran.stdout
    assert state(sandbox)["ada"] is False
    assert state(sandbox)["cy"] is True or asked


@pytest.mark.parametrize("answers", ["single", "page", "both"])
@pytest.mark.parametrize("status", [500, 403])
def test_an_account_whose_answers_fail_stops_nobody_else(
    heapscim: CommandLine, sandbox: Sandbox, answers: str, status: int
) -> None:
    taken_over(heapscim, sandbox)
    for number in range(40):
        sandbox.store.add_user({"userName": f"stranger{number}@x.org"})
    misbehaves(
        sandbox, failing="cy@x.org", failing_answers=answers, failing_status=status, unique_names="no", page_cap=20
    )
    roster(heapscim, dict.fromkeys(("ada", "cy", "dee", "eve", "new"), "Crew"))
    ran = heapscim.json("sync", "--yes")
    if answers != "single" and status == 403:
        assert ran.exit_code == 4  # a refused list is none, and the token may be at fault
        return
    assert state(sandbox) == state(sandbox) | dict.fromkeys(("ada", "cy", "dee", "eve", "new"), True) | {"ben": False}
    assert len(sandbox.store.users) == 46, ran.stdout
    assert members(sandbox) == {"Crew": {"ada", "cy", "dee", "eve", "new"}}
    assert ran.exit_code == (0 if answers == "single" else 7)


def test_a_group_that_makes_the_whole_list_fail_is_left_alone_and_the_others_are_not(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    taken_over(heapscim, sandbox)
    roster(heapscim, EVERYBODY | {"ada": "Crew;Small", "ben": "Small"})
    assert heapscim("sync", "--yes").exit_code == 0
    misbehaves(sandbox, broken_group="Crew", unique_names="no")
    roster(heapscim, {"ada": "Crew", "ben": "Small", "cy": "Crew;Small", "dee": "Crew"})
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 7, ran.stdout
    assert [(entry["type"], entry["name"]) for entry in ran.data["plan"]["broken"]] == [("group", "Crew")]
    assert members(sandbox) == {"Crew": {"ada", "cy", "dee", "eve"}, "Small": {"ben", "cy"}}
    assert state(sandbox)["eve"] is False
    assert heapscim.json("status").data["dialect"]["list_members"] == "no"
    writes = sandbox.tenant.writes
    assert (heapscim("sync", "--yes").exit_code, sandbox.tenant.writes) == (7, writes)


def test_a_single_account_that_nobody_can_read_is_said_in_the_listing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, broken_user="cy@x.org")
    ran = heapscim.json("users", "list")
    assert ran.exit_code == 7
    assert [row["user_name"] for row in ran.data] == ["ada@x.org", "ben@x.org", "dee@x.org", "eve@x.org"]
