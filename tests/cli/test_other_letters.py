"""Somebody whose name has ß is never somebody whose name has ss: not in Heap, not in a roster, not in an old ledger."""

import time
from pathlib import Path

import pytest

from heapscim.ledger.completion_names import cached_names
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.old_ledgers import put_old_ledger
from tests.fakes.tenants import running_sandbox

STRAUSS = {"userName": "strauss@x.org", "name": {"givenName": "Levi"}}


def ledger_file(heapscim: CommandLine) -> Path:
    return heapscim.folder / "state" / "ledgers" / "default.sqlite3"


def state(sandbox: Sandbox) -> dict[str, tuple[str, bool]]:
    return {
        str(user["userName"]): (user.get("name", {}).get("givenName", ""), user["active"])
        for user in sandbox.store.users.values()
    }


@pytest.mark.parametrize("filters", ["yes", "no", "ignored"])
def test_a_new_person_is_given_an_account_of_their_own(heapscim: CommandLine, filters: str) -> None:
    with running_sandbox(filter=filters) as sandbox:
        sandbox.store.add_user(STRAUSS)
        heapscim.activate(sandbox, "--directory", str(heapscim.roster("username,firstname\nSTRAUẞ@x.org,Johann\n")))
        ran = heapscim.json("sync", "--yes")
        assert ran.exit_code == 0
        assert "STRAUẞ@x.org isn't strauss@x.org, whose account is in Heap already." in ran.data["plan"]["notices"]
        assert state(sandbox) == {"strauss@x.org": ("Levi", True), "STRAUẞ@x.org": ("Johann", True)}
        heapscim.roster("username,firstname\nstrauß@x.org,Johann\nstrauss@x.org,Levi\n")
        assert heapscim("sync", "--yes").exit_code == 0
        assert heapscim.json("plan").data["plan"]["changes"] == []
        heapscim.roster("username,firstname\nstrauß@x.org,Johann\n")
        assert heapscim("sync", "--yes", "--allow-removals", "1").exit_code == 0
        assert state(sandbox) == {"strauss@x.org": ("Levi", False), "STRAUẞ@x.org": ("Johann", True)}


@pytest.mark.parametrize("filters", ["yes", "no", "ignored"])
def test_where_heap_folds_names_the_second_is_refused_and_the_first_left_alone(
    heapscim: CommandLine, filters: str
) -> None:
    with running_sandbox(filter=filters, same_names="case_folding") as sandbox:
        sandbox.store.add_user(STRAUSS)
        roster = "username,firstname,groups\nstrauß@x.org,Johann,Waltz\nada@x.org,Ada,Waltz\n"
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(roster)))
        for _ in range(2):
            ran = heapscim("sync", "--yes")
            assert ran.exit_code == 7
            assert "Heap may hold an account whose name it takes for the same one" in ran.stdout + ran.stderr
            assert "must have that account deleted" not in ran.stdout + ran.stderr
        assert state(sandbox) == {"strauss@x.org": ("Levi", True), "ada@x.org": ("Ada", True)}
        (group,) = sandbox.store.groups.values()
        assert [sandbox.store.users[id]["userName"] for id in group["members"]] == ["ada@x.org"]


def test_it_is_the_same_the_other_way_round(heapscim: CommandLine) -> None:
    with running_sandbox(same_names="case_folding") as sandbox:
        sandbox.store.add_user({**STRAUSS, "userName": "strauß@x.org"})
        heapscim.activate(sandbox, "--directory", str(heapscim.roster("username,firstname\nstrauss@x.org,Johann\n")))
        ran = heapscim("sync", "--yes")
        assert ran.exit_code == 7
        assert "Heap may hold an account whose name it takes for the same one" in ran.stdout + ran.stderr
        assert state(sandbox) == {"strauß@x.org": ("Levi", True)}


def test_groups_with_other_letters_are_other_groups(heapscim: CommandLine, sandbox: Sandbox) -> None:
    ada = sandbox.store.add_user({"userName": "ada@x.org"})
    sandbox.store.add_group({"displayName": "Strasse", "members": [ada["id"]]})
    roster = heapscim.roster("username,groups\nkurt@x.org,Straße\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    assert heapscim("sync", "--yes").exit_code == 0
    groups = sandbox.store.snapshot()["groups"]
    assert groups == {"Strasse": ["ada@x.org"], "Straße": ["kurt@x.org"]}


def test_a_person_by_name_is_that_person_and_nobody_else(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user(STRAUSS)
    heapscim.activate(sandbox)
    assert heapscim("users", "create", "strauß@x.org", "--yes").exit_code == 0
    assert heapscim("users", "deactivate", "STRAUẞ@x.org", "--yes").exit_code == 0
    assert {name: active for name, (_, active) in state(sandbox).items()} == {
        "strauss@x.org": True,
        "strauß@x.org": False,
    }
    changes = heapscim.json("history", "--user", "straUß@x.org").data["changes"]
    assert len(changes) == 2
    assert heapscim.json("history", "--user", "strauss@x.org").data["changes"] == []


@pytest.fixture
def old(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    """A tenant as heapscim 0.1 left it, and its ledger."""
    for id, name in (("u1", "Strauß@x.org"), ("u2", "ada@x.org"), ("u3", "weiß@x.org"), ("u9", "νικος@x.org")):
        sandbox.store.add_user({"id": id, "userName": name, "role": "Zoë", "name": {"givenName": "G"}})
    sandbox.store.add_group({"id": "g1", "displayName": "Straße", "members": ["u1"]})
    roster = "id,username,firstname,groups\n,STRAUß@x.org,G,Straße\n,ada@x.org,G,\n17,weiß@x.org,G,\n,ΝΙΚΟΣ@x.org,G,\n"
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(roster)))
    put_old_ledger(ledger_file(heapscim), tenant=sandbox.base_url)
    return sandbox


def test_whoever_0_1_linked_stays_linked(heapscim: CommandLine, old: Sandbox) -> None:
    before = old.store.snapshot()
    assert heapscim("sync", "--yes").exit_code == 0
    plan = heapscim.json("plan").data["plan"]
    assert (plan["changes"], plan["conflicts"]) == ([], [])
    assert old.store.snapshot() == before
    assert heapscim.json("history", "--verify").data["whole"] is True


def test_a_run_of_0_1_can_be_taken_back(heapscim: CommandLine, old: Sandbox) -> None:
    assert heapscim("resume", "last", "--yes").exit_code in (0, 7)
    runs = [run["run"] for run in heapscim.json("history").data]
    ran = heapscim("undo", runs[-1], "--yes", "--allow-removals", "9", "--allow-group-deletions", "9")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    ledger = open_ledger(ledger_file(heapscim), old.base_url, time.time)
    assert "νικος@x.org" not in [link.name for link in ledger.links().users], "it was taken over, and is given back"
    assert ledger.prove().problems == ()
    ledger.close()


def test_a_run_that_0_1_left_in_doubt_is_resolved(heapscim: CommandLine, old: Sandbox) -> None:
    """The account was made; the person stays tied to it, by the id that the old run gave them."""
    old.store.add_user({"id": "u5", "userName": "groß@x.org", "name": {"givenName": "G"}})
    heapscim.roster((heapscim.folder / "people.csv").read_text("utf-8") + ",groß@x.org,G,\n")
    assert heapscim("sync", "--yes").exit_code == 0
    assert heapscim("sync", "--yes").exit_code == 0
    assert heapscim.json("plan").data["plan"]["changes"] == []
    assert state(old)["groß@x.org"] == ("G", True)
    assert "groß@x.org" not in [row["name"] for row in heapscim.json("plan").data["plan"]["unmanaged"]]
    assert heapscim.json("history", "--verify").data["whole"] is True


def test_an_account_that_0_1_took_over_for_somebody_else_is_left_alone(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({**STRAUSS, "id": "u1"})
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nstrauss@x.org\n")))
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster("username\nstrauß@x.org\n")  # as 0.1 would have linked it
    for _ in range(2):
        ran = heapscim.json("sync", "--yes")
        (conflict,) = ran.data["plan"]["conflicts"]
        assert "heapscim 0.1 took for strauß@x.org" in conflict["message"]
        assert state(sandbox) == {"strauss@x.org": ("Levi", True)}
    heapscim.roster("username\nstrauß@x.org\nstrauss@x.org\n")
    assert heapscim("sync", "--yes").exit_code == 0
    assert set(state(sandbox)) == {"strauss@x.org", "strauß@x.org"}


def test_the_tab_key_knows_names_in_any_case_and_composition(heapscim: CommandLine, sandbox: Sandbox) -> None:
    names = ["Ödön@x.org", "strauß@x.org", "ΝΙΚΟΣΑ@x.org", "100%@x.org", "a_b@x.org"]
    file = ledger_file(heapscim).with_name("default.names")
    for name in names:
        sandbox.store.add_user({"userName": name})
    heapscim.activate(sandbox)
    assert heapscim("plan", "--directory", str(heapscim.roster("username\nada@x.org\n"))).exit_code == 0
    typed = ["ö", "O\u0308D", "STRAUẞ", "strauss", "ΝΙΚΟΣ", "100%", "%", "a_", "a-"]
    found = [cached_names(file, "user", word) for word in typed]
    expected = [names[:1], names[:1], names[1:2], [], names[2:3], names[3:4], [], names[4:], []]
    assert found == expected
