"""Tenants whose lists can't be believed: nobody is kept, removed or made twice for it, and the rest is done."""

from dataclasses import replace
from typing import Any

import pytest

from heapscim.directory.roster.roster import Roster, read_roster
from heapscim.model.completeness import Completeness, ReadProgress
from heapscim.model.directory import DirectorySnapshot
from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine

LEAVER = "p110@x.org"
"""Behind the first hundred."""
TEAM = "Crew"
COUNT = 116

DOUBTFUL: dict[str, dict[str, Any]] = {
    "always the first hundred": {"lists": "first_rows"},
    "the total counts the page": {"total": "page"},
    "no total": {"total": "none"},
    "a wrong total": {"wrong_total": 3},
    "everything on each page, no search": {"paging": "ignored", "search_pages": "no"},
    "everything on each page": {"paging": "ignored"},
    "always the first page": {"paging": "first_page"},
    "always the first page, capped": {"paging": "first_page", "page_cap": 50},
    "always the first page, capped, no search": {"paging": "first_page", "page_cap": 50, "search_pages": "no"},
    "another order for each page": {"order": "random", "page_cap": 50},
    "another order, not sorted, capped": {"order": "random", "sort": "no", "page_cap": 50},
    "later pages answer 501": {"most_start_index": 60, "page_cap": 200},
    "later pages answer 400": {"most_start_index": 60, "refused_page_status": 400},
    "later pages answer 501 and all is capped": {"most_start_index": 60, "page_cap": 50, "search_pages": "no"},
}


def people(*, but: str = "") -> str:
    rows = [f"p{number}@x.org" for number in range(COUNT)]
    return "username,groups\n" + "".join(f"{name},{TEAM}\n" for name in rows if name != but)


def connected(heapscim: CommandLine, sandbox: Sandbox, text: str) -> None:
    path = heapscim.roster(text)
    heapscim.activate(sandbox, "--directory", str(path), "--groups", "--set", "http.retries=0")


def taken_over(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """Everybody is there and managed, while the tenant still behaves."""
    for number in range(COUNT):
        sandbox.store.add_user({"userName": f"p{number}@x.org"})
    sandbox.store.add_group({"displayName": TEAM, "members": list(sandbox.store.users)})
    connected(heapscim, sandbox, people())
    ran = heapscim("sync", "--yes")
    assert ran.exit_code == 0, ran.stderr


def misbehaves(sandbox: Sandbox, **behaviour: object) -> None:
    sandbox.behave(parse_behaviour(f"{key}={value}" for key, value in behaviour.items()))


def active(sandbox: Sandbox) -> set[str]:
    return {user["userName"] for user in sandbox.store.users.values() if user["active"]}


@pytest.mark.parametrize("behaviour", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_leaver_is_deactivated_whatever_the_lists_are_worth(
    heapscim: CommandLine, sandbox: Sandbox, behaviour: dict[str, Any]
) -> None:
    taken_over(heapscim, sandbox)
    heapscim.roster(people(but=LEAVER))
    misbehaves(sandbox, **behaviour)
    ran = heapscim.json("sync", "--yes")
    assert (ran.exit_code, ran.data["plan"]["withheld"], ran.data["plan"]["broken"]) == (0, [], []), ran.stdout
    assert {change["kind"] for change in ran.data["plan"]["changes"]} == {"deactivate_user", "remove_members"}
    assert active(sandbox) == {f"p{number}@x.org" for number in range(COUNT)} - {LEAVER}
    assert [len(group["members"]) for group in sandbox.store.groups.values()] == [COUNT - 1]
    writes = sandbox.tenant.writes
    again = heapscim.json("sync", "--yes")
    assert (again.exit_code, again.data["plan"]["changes"], sandbox.tenant.writes) == (0, [], writes)


@pytest.mark.parametrize("behaviour", DOUBTFUL.values(), ids=DOUBTFUL)
def test_nobody_is_made_twice_by_a_new_ledger_where_names_need_not_be_unique(
    heapscim: CommandLine, sandbox: Sandbox, behaviour: dict[str, Any]
) -> None:
    for number in range(COUNT):
        sandbox.store.add_user({"userName": f"p{number}@x.org"})
    connected(heapscim, sandbox, people() + "new@x.org,\n")
    misbehaves(sandbox, unique_names="no", **behaviour)
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 0, ran.stdout
    assert ran.data["counts"] == {"create_user": 1, "create_group": 1}
    assert len(sandbox.store.users) == COUNT + 1
    again = heapscim.json("sync", "--yes")
    assert (again.exit_code, again.data["plan"]["changes"]) == (0, [])


@pytest.mark.parametrize(
    ("behaviour", "way"),
    [
        ({"paging": "ignored"}, "search"),
        ({"paging": "first_page", "search_pages": "no"}, "one_page"),
        ({"paging": "first_page", "page_cap": 50}, "search"),
        ({"order": "random", "page_cap": 50}, "sorted_by_id"),
        ({"most_start_index": 60, "page_cap": 200}, "one_page"),
    ],
    ids=str,
)
def test_the_way_that_proves_a_list_is_remembered(
    heapscim: CommandLine, sandbox: Sandbox, behaviour: dict[str, Any], way: str
) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, **behaviour)
    assert heapscim("sync", "--yes").exit_code == 0
    assert heapscim.json("status").data["dialect"]["list_method"] == way
    plan = heapscim.json("plan").data["plan"]
    assert not any("list of users can't prove itself" in notice for notice in plan["notices"])


def test_an_unchanged_sync_of_an_ordinary_tenant_is_its_pages_and_no_more(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    taken_over(heapscim, sandbox)
    before = sandbox.tenant.requests.copy()
    assert heapscim("sync", "--yes").exit_code == 0
    assert sandbox.tenant.requests - before == {("GET", "Users"): 3, ("GET", "Groups"): 3}


def test_a_directory_that_proves_nothing_still_removes_nobody(heapscim: CommandLine, sandbox: Sandbox) -> None:
    taken_over(heapscim, sandbox)
    heapscim.roster(people(but=LEAVER).rstrip("\n"))  # a file that was cut off proves nothing
    misbehaves(sandbox, lists="first_rows")
    ran = heapscim.json("sync", "--yes")
    assert (ran.exit_code, len(active(sandbox))) == (8, COUNT)
    assert LEAVER in [entry["change"].get("user_name") for entry in ran.data["plan"]["withheld"]]


def test_those_who_left_long_ago_are_not_asked_for_each_time(heapscim: CommandLine, sandbox: Sandbox) -> None:
    taken_over(heapscim, sandbox)
    misbehaves(sandbox, list_inactive="no")
    heapscim.roster("username,groups\n" + "".join(f"p{number}@x.org,{TEAM}\n" for number in range(30)))
    past = ("--allow-removals", "90", "--allow-member-removals", "90")
    assert heapscim("sync", "--yes", *past).exit_code == 0
    asked = []
    for _ in range(3):
        before = sandbox.tenant.requests["GET", "Users"]
        ran = heapscim.json("sync", "--yes")
        assert (ran.exit_code, ran.data["plan"]["changes"]) == (0, [])
        asked.append(sandbox.tenant.requests["GET", "Users"] - before)
    assert asked[0] > COUNT - 30
    assert asked[1] == asked[2] < 40


def test_accounts_that_a_list_hides_are_taken_over_when_their_names_turn_out_to_be_taken(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    for number in range(COUNT):
        sandbox.store.add_user({"userName": f"p{number}@x.org", "active": number != 112})
    for number in range(102):
        sandbox.store.add_group({"displayName": f"Old {number}"})
    sandbox.store.add_group({"displayName": TEAM})
    connected(heapscim, sandbox, people() + "new@x.org,\n")
    misbehaves(sandbox, lists="cut_off")
    sandbox.store.remove_user("1050")  # so that nothing tells by its number that the list is cut off
    ran = heapscim.json("sync", "--yes", "--allow-updates", "5")
    assert ran.exit_code == 0, ran.stdout
    assert len(active(sandbox)) == COUNT + 1
    assert len(sandbox.store.groups) == 103
    assert "have that account deleted" not in ran.stdout
    writes = sandbox.tenant.writes
    assert (heapscim("sync", "--yes").exit_code, sandbox.tenant.writes) == (0, writes)
    heapscim.roster(people(but=LEAVER))
    assert heapscim("sync", "--yes").exit_code == 0
    assert LEAVER not in active(sandbox)


@pytest.mark.parametrize("shown", [0, 1, 20, 83, 100])
def test_nothing_is_made_twice_where_a_list_is_cut_off_and_says_nothing_of_it(
    heapscim: CommandLine, sandbox: Sandbox, shown: int
) -> None:
    for number in range(COUNT):
        sandbox.store.add_user({"userName": f"p{number}@x.org"})
        sandbox.store.add_group({"displayName": f"Team {number}"})
    rows = "".join(f"p{number}@x.org,Team {number}\n" for number in range(COUNT))
    connected(heapscim, sandbox, f"username,groups\n{rows}new@x.org,New\n")
    misbehaves(sandbox, lists="cut_off", rows_shown=shown, unique_names="no")
    assert heapscim("sync", "--yes", "--allow-updates", str(COUNT)).exit_code == 0
    assert (len(sandbox.store.users), len(sandbox.store.groups)) == (COUNT + 1, COUNT + 1)
    writes = sandbox.tenant.writes
    assert (heapscim("sync", "--yes").exit_code, sandbox.tenant.writes) == (0, writes)


@pytest.mark.parametrize(("filters", "asked"), [("yes", 10), ("no", 0)])
def test_a_few_names_are_looked_for_before_many_are_made(
    heapscim: CommandLine, sandbox: Sandbox, filters: str, asked: int
) -> None:
    """A list of nobody would count right, too. Without filters nothing but that list would answer."""
    connected(heapscim, sandbox, people().replace(f",{TEAM}", ","))
    misbehaves(sandbox, filter=filters)
    sandbox.store.add_user({"userName": "here@x.org"})
    sandbox.store.add_user({"userName": "there@x.org"})
    assert heapscim("users", "show", "here@x.org").exit_code == 0  # learns whether filters work
    before = sandbox.tenant.requests["GET", "Users"]
    assert heapscim("plan").exit_code == 0
    listed = 2
    assert sandbox.tenant.requests["GET", "Users"] - before == listed + asked


def test_who_is_gone_by_the_directorys_own_word_is_deactivated_though_neither_list_proves_anything(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_over(heapscim, sandbox)
    everybody = {person.user_name: person.external_id for person in read_roster(heapscim.roster(people())).people}
    path = heapscim.roster(people(but=LEAVER).replace(f"p1@x.org,{TEAM}\n", ""))

    async def read(_roster: Roster, _progress: ReadProgress) -> DirectorySnapshot:
        doubted = Completeness(proven=False, evidence="A page failed.")
        return replace(read_roster(path), completeness=doubted, certain_people=frozenset({everybody[LEAVER]}))

    monkeypatch.setattr(Roster, "read", read)
    misbehaves(sandbox, lists="first_rows")
    ran = heapscim.json("sync", "--yes")
    changes = ran.data["plan"]["changes"]
    assert [(change["kind"], change["external_id"]) for change in changes] == [
        ("remove_members", "crew"),
        ("deactivate_user", everybody[LEAVER]),
    ]
    assert active(sandbox) == {f"p{number}@x.org" for number in range(COUNT)} - {LEAVER}
    assert [len(group["members"]) for group in sandbox.store.groups.values()] == [COUNT - 1]
    assert all(entry["evidence"].startswith("A page failed.") for entry in ran.data["plan"]["withheld"])
    assert (ran.exit_code, len(ran.data["plan"]["withheld"])) == (8, 2)  # p1's account, and p1 in the group
