"""Tenants whose lists show what a look by id doesn't bring: what is listed is there, and nothing false is said."""

from typing import Any

import pytest

from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine

NAMES = tuple(f"p{number}" for number in range(16))
ANSWERS = ["404", "410", "405", "501", "500", "403", "empty"]
LEAVER = "p13"
PAST = ("--allow-removals", "3", "--allow-member-removals", "5")
TEAMS = {"Crew": NAMES[2:], "Small": NAMES[:4]}


def roster(heapscim: CommandLine, people: tuple[str, ...], teams: dict[str, tuple[str, ...]]) -> str:
    rows = [f"{name}@x.org,{';'.join(team for team, of in teams.items() if name in of)}" for name in people]
    return str(heapscim.roster("username,groups\n" + "\n".join(rows) + "\n"))


def taken_over(heapscim: CommandLine, sandbox: Sandbox, teams: dict[str, tuple[str, ...]] = TEAMS) -> None:
    """Everybody is there and managed, while the tenant still behaves."""
    heapscim.activate(sandbox, "--directory", roster(heapscim, NAMES, teams), "--groups", "--set", "http.retries=0")
    ran = heapscim("sync", "--yes")
    assert ran.exit_code == 0, ran.stderr


def misbehaves(sandbox: Sandbox, **behaviour: object) -> None:
    sandbox.behave(parse_behaviour(f"{key}={value}" for key, value in behaviour.items()))


def active(sandbox: Sandbox) -> set[str]:
    return {user["userName"].partition("@")[0] for user in sandbox.store.users.values() if user["active"]}


def members(sandbox: Sandbox) -> list[tuple[str, set[str]]]:
    names = {id: user["userName"].partition("@")[0] for id, user in sandbox.store.users.items()}
    groups = sorted(sandbox.store.groups.values(), key=lambda group: str(group["displayName"]))
    return [(group["displayName"], {names[id] for id in group["members"]}) for group in groups]


def without(leaver: str) -> tuple[str, ...]:
    return tuple(name for name in NAMES if name != leaver)


CASES: dict[str, dict[str, Any]] = {
    **{f"groups answer {answer}": {"single_groups": answer} for answer in ANSWERS},
    **{f"everything answers {answer}": {"single_groups": answer, "single_users": answer} for answer in ANSWERS},
    "the largest group answers 404": {"failing": "Crew", "failing_answers": "single", "failing_status": 404},
    "the largest group answers 500": {"failing": "Crew", "failing_answers": "single", "failing_status": 500},
    "nothing is filtered": {"single_groups": "404", "single_users": "404", "filter": "no"},
}


@pytest.mark.parametrize("behaviour", CASES.values(), ids=CASES)
def test_what_lists_show_is_there_whatever_its_id_answers(
    heapscim: CommandLine, sandbox: Sandbox, behaviour: dict[str, Any]
) -> None:
    """Writes answer 204 here, so that each change is looked at afterwards."""
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, write_body="no", unique_names="no", **behaviour)
    teams = {"Crew": tuple(name for name in NAMES[3:] if name != LEAVER), "Small": NAMES[:6], "New": NAMES[:2]}
    roster(heapscim, (*without(LEAVER), "new"), teams)
    ran = heapscim.json("sync", "--yes", *PAST)
    assert (ran.exit_code, ran.data["plan"]["broken"], ran.data["plan"]["withheld"]) == (0, [], []), ran.stdout
    for words in ("changed back", "went away", "instead of deactivating", "can't be read"):
        assert words not in ran.stdout + ran.stderr
    assert active(sandbox) == {*without(LEAVER), "new"}
    assert members(sandbox) == [(team, set(teams[team])) for team in sorted(teams)]
    writes = sandbox.tenant.writes
    again = heapscim.json("sync", "--yes", *PAST)
    assert (again.exit_code, again.data["plan"]["changes"], sandbox.tenant.writes) == (0, [], writes)


@pytest.mark.parametrize(
    ("command", "answer"),
    [("rename Small Little", "404"), ("remove Small p0@x.org", "404"), ("delete Small", "405")],
)
def test_changes_by_hand_are_seen_in_the_list_where_no_id_answers(
    heapscim: CommandLine, sandbox: Sandbox, command: str, answer: str
) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, write_body="no", single_groups=answer, single_users=answer)
    ran = heapscim("groups", *command.split(), "--yes")
    assert (ran.exit_code, "gone" in ran.stdout + ran.stderr) == (0, False), ran.stdout + ran.stderr


@pytest.mark.parametrize("answer", ["404", "410"])
@pytest.mark.parametrize("listed", ["no", "empty"])
def test_groups_whose_members_nobody_tells_are_reported_left_alone_and_not_made_again(
    heapscim: CommandLine, sandbox: Sandbox, listed: str, answer: str
) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, single_groups=answer, list_members=listed, unique_names="no")
    roster(heapscim, without(LEAVER), {"Crew": NAMES[5:8], "Small": NAMES[:6]})
    ran = heapscim.json("sync", "--yes", *PAST)
    assert (ran.exit_code, sorted(entry["name"] for entry in ran.data["plan"]["broken"])) == (7, ["Crew", "Small"])
    assert active(sandbox) == set(without(LEAVER))
    assert members(sandbox) == [(team, set(TEAMS[team])) for team in sorted(TEAMS)]


def test_one_group_without_members_in_the_list_holds_up_no_other(heapscim: CommandLine, sandbox: Sandbox) -> None:
    taken_over(heapscim, sandbox, TEAMS | {"Third": NAMES[4:6]})
    third = next(group for group in sandbox.store.groups.values() if group["displayName"] == "Third")
    sandbox.store.set_members(third["id"], [])
    misbehaves(sandbox, failing="Third", failing_answers="single", failing_status=404, unique_names="no")
    roster(heapscim, NAMES, {"Crew": NAMES[3:], "Small": NAMES[:6], "Third": NAMES[4:6]})
    ran = heapscim.json("sync", "--yes", *PAST)
    assert (ran.exit_code, [entry["name"] for entry in ran.data["plan"]["broken"]]) == (7, ["Third"])
    assert members(sandbox) == [("Crew", set(NAMES[3:])), ("Small", set(NAMES[:6])), ("Third", set())]


@pytest.mark.parametrize("answer", ["404", "410"])
def test_an_account_that_the_list_holds_inactive_was_not_removed(
    heapscim: CommandLine, sandbox: Sandbox, answer: str
) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, single_users=answer)
    roster(heapscim, without(LEAVER), TEAMS)
    ran = heapscim.json("sync", "--yes", *PAST)
    assert (ran.exit_code, LEAVER in active(sandbox)) == (0, False)
    assert "instead of deactivating" not in ran.stdout + ran.stderr
    assert heapscim.json("status").data["dialect"]["deactivation"] != "removes"


@pytest.mark.parametrize("behaviour", [{"lists": "cut_off"}, {"lists": "first_rows"}], ids=str)
def test_a_leaver_whom_the_list_hides_and_no_id_brings_is_found_by_name(
    heapscim: CommandLine, sandbox: Sandbox, behaviour: dict[str, Any]
) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(
        sandbox,
        rows_shown=10,
        failing=f"{LEAVER}@x.org",
        failing_answers="single",
        failing_status=404,
        write_body="no",
        **behaviour,
    )
    roster(heapscim, without(LEAVER), TEAMS)
    assert heapscim("sync", "--yes", *PAST).exit_code == 0
    assert active(sandbox) == set(without(LEAVER))
    writes = sandbox.tenant.writes
    assert (heapscim("sync", "--yes").exit_code, sandbox.tenant.writes) == (0, writes)


def test_a_group_that_the_list_hides_and_its_id_does_not_bring_is_found_by_name(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    teams: dict[str, tuple[str, ...]] = {f"T{number}": (name,) for number, name in enumerate(NAMES)}
    taken_over(heapscim, sandbox, teams)
    misbehaves(sandbox, lists="cut_off", rows_shown=10, failing="T13", failing_answers="single", failing_status=404)
    roster(heapscim, NAMES, {team: of for team, of in teams.items() if team != "T13"})
    ran = heapscim.json("sync", "--yes", "--allow-group-deletions", "1", *PAST)
    assert ran.exit_code == 0, ran.stdout
    assert {change["name"] for change in ran.data["plan"]["changes"]} == {"T13"}


def test_an_account_that_was_deleted_is_gone_and_is_not_looked_for_without_end(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    taken_over(heapscim, sandbox)
    gone = next(id for id, user in sandbox.store.users.items() if user["userName"] == f"{LEAVER}@x.org")
    sandbox.store.remove_user(gone)
    misbehaves(sandbox, lists="first_rows", rows_shown=10)
    roster(heapscim, without(LEAVER), {"Crew": NAMES[2:13] + NAMES[14:], "Small": NAMES[:4]})
    ran = heapscim.json("sync", "--yes")
    assert (ran.exit_code, ran.data["plan"]["changes"]) == (0, [])
    before = sandbox.tenant.requests["GET", "Users"]
    assert heapscim("sync", "--yes").exit_code == 0
    pages, unlisted, by_name = 10, len(NAMES) - 10, 3
    assert sandbox.tenant.requests["GET", "Users"] - before <= pages + unlisted + by_name
