"""``heapscim undo`` through the real command line, over a real socket."""

import time
from contextlib import closing

import pytest

from heapscim.ledger.entries import OperationDraft, RunContext, RunHead
from heapscim.ledger.protocol import Ledger
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran
from tests.fakes.tenants import running_sandbox

PEOPLE = """\
id,username,firstname,lastname,role,groups
1,ada@x.org,Ada,Lovelace,Admin,Research;Design
2,grace@x.org,Grace,Hopper,,Research
3,alan@x.org,,Turing,Analyst,Design
"""
LATER = """\
id,username,firstname,lastname,role,groups
1,ada@x.org,Ada,King,Admin,Research
3,alan@x.org,Alan,Turing,Consumer,Design;Research
4,edsger@x.org,Edsger,Dijkstra,,Design
"""


def synced(heapscim: CommandLine, sandbox: Sandbox) -> str:
    """Two syncs; answers the second one's name."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(LATER)
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 0
    return str(ran.data["run"]["id"])


def ledger_of(heapscim: CommandLine, sandbox: Sandbox) -> Ledger:
    return open_ledger(heapscim.folder / "state" / "ledgers" / "default.sqlite3", sandbox.base_url, time.time)


def kinds(ran: Ran) -> list[tuple[str, str]]:
    return [(change["kind"], change.get("user_name") or change["name"]) for change in ran.data["plan"]["changes"]]


@pytest.mark.parametrize("behaviour", [{}, {"patch": "no"}, {"write_body": "no"}, {"list_inactive": "no"}])
def test_a_sync_is_undone_and_the_undo_too(heapscim: CommandLine, behaviour: dict[str, str]) -> None:
    with running_sandbox(**behaviour) as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
        assert heapscim("sync", "--yes").exit_code == 0
        before = sandbox.store.snapshot()
        heapscim.roster(LATER)
        run = heapscim.json("sync", "--yes").data["run"]["id"]
        after = sandbox.store.snapshot()
        undone = heapscim.json("undo", run, "--yes")
        assert undone.exit_code == 0, undone.stderr
        assert kinds(undone) == [
            ("update_user", "ada@x.org"),
            ("update_user", "alan@x.org"),
            ("reactivate_user", "grace@x.org"),
            ("add_members", "Design"),
            ("add_members", "Research"),
            ("remove_members", "Design"),
            ("remove_members", "Research"),
            ("deactivate_user", "edsger@x.org"),
        ]
        way_back = sandbox.store.snapshot()
        assert way_back["users"].pop("edsger@x.org")["active"] is False
        assert way_back == before
        assert heapscim("undo", "last", "--yes").exit_code == 0
        assert sandbox.store.snapshot() == after


def managed(heapscim: CommandLine) -> dict[str, bool]:
    return {entry["user_name"]: entry["managed"] for entry in heapscim.json("users", "list").data}


@pytest.mark.parametrize("given_name", ["Ada", "Augusta"], ids=["as it is", "and updated"])
def test_an_account_that_was_taken_over_is_released_and_taken_over_again(
    heapscim: CommandLine, sandbox: Sandbox, given_name: str
) -> None:
    heapscim.activate(
        sandbox, "--directory", str(heapscim.roster(f"id,username,firstname\n1,ada@x.org,{given_name}\n"))
    )
    sandbox.store.add_user({"userName": "ada@x.org", "name": {"givenName": "Ada"}})
    before = sandbox.store.snapshot()
    assert heapscim("sync", "--yes").exit_code == 0
    after = sandbox.store.snapshot()
    assert managed(heapscim) == {"ada@x.org": True}
    listed = heapscim("history", "last")
    assert "Taken over as they were: ada@x.org." in listed.stderr
    undone = heapscim.json("undo", "last", "--yes")
    assert (undone.exit_code, kinds(undone)[-1]) == (0, ("release_user", "ada@x.org"))
    assert (managed(heapscim), sandbox.store.snapshot()) == ({"ada@x.org": False}, before)
    again = heapscim.json("undo", "last", "--yes")
    assert [entry["user_name"] for entry in again.data["plan"]["adoptions"]] == ["ada@x.org"]
    assert (managed(heapscim), sandbox.store.snapshot()) == ({"ada@x.org": True}, after)
    assert heapscim("history", "--verify").exit_code == 0


def test_the_way_back_is_shown_asked_for_and_said_to_be_no_cure(heapscim: CommandLine, sandbox: Sandbox) -> None:
    run = synced(heapscim, sandbox)
    before = sandbox.tenant.writes
    ran = heapscim("undo", run)
    assert (ran.exit_code, sandbox.tenant.writes) == (2, before)
    assert f"Plan: the state before {run}" in ran.stdout
    assert "1 account that the run made can't be unmade: deactivated, not deleted." in ran.stdout
    assert "The next sync makes these changes again, unless the directory is corrected first." in ran.stdout
    assert heapscim("undo", run, "--yes").exit_code == 0
    again = heapscim("undo", run, "--yes")
    assert (again.exit_code, f"Heap agrees with the state before {run}" in again.stdout) == (0, True)


def test_guards_hold_for_an_undo_and_its_number_is_recorded(heapscim: CommandLine, sandbox: Sandbox) -> None:
    many = "username\n" + "".join(f"u{number}@x.org\n" for number in range(12))
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(many)))
    heapscim("sync", "--yes")
    before = sandbox.tenant.writes
    refused = heapscim("undo", "last", "--yes")
    assert (refused.exit_code, sandbox.tenant.writes) == (6, before)
    assert "12 of 12 managed accounts would lose access: 100.0%, above the limit of 10%." in refused.stdout
    assert heapscim("undo", "last", "--yes", "--allow-removals", "12").exit_code == 0
    assert not any(user["active"] for user in sandbox.store.snapshot()["users"].values())
    with closing(ledger_of(heapscim, sandbox)) as ledger:
        run = ledger.last_run()
    assert run is not None
    assert (run.command.split()[0], run.allowances) == ("undo", {"removals": 12})


def test_what_moved_since_is_a_conflict_and_stays(heapscim: CommandLine, sandbox: Sandbox) -> None:
    run = synced(heapscim, sandbox)
    assert heapscim("users", "update", "ada@x.org", "--family-name", "Byron", "--yes").exit_code == 0
    ran = heapscim("undo", run, "--yes")
    assert ran.exit_code == 0
    assert "name.familyName of ada@x.org is 'Byron' by now, no longer 'King' as the run left it." in ran.stdout
    assert sandbox.store.snapshot()["users"]["ada@x.org"]["name"]["familyName"] == "Byron"


def test_a_deleted_group_comes_back_as_it_was_managed_or_not(heapscim: CommandLine, sandbox: Sandbox) -> None:
    synced(heapscim, sandbox)
    sandbox.store.add_group({"displayName": "Guests", "members": [sandbox.store.user_named("ada@x.org")["id"]]})  # type: ignore[index]
    before = sandbox.store.snapshot()
    managed = {group["name"]: group["managed"] for group in heapscim.json("groups", "list").data}
    for name in ("Design", "Guests"):
        assert heapscim("groups", "delete", name, "--yes").exit_code == 0
        ran = heapscim("undo", "last", "--yes")
        assert (ran.exit_code, "can only be made anew, with a new id" in ran.stdout) == (0, True)
    assert sandbox.store.snapshot() == before
    assert {group["name"]: group["managed"] for group in heapscim.json("groups", "list").data} == managed
    assert managed == {"Design": True, "Research": True, "Guests": False}


def test_a_replaced_account_is_the_persons_again(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    heapscim("sync", "--yes")
    before = sandbox.store.snapshot()
    heapscim.roster(PEOPLE.replace("alan@x.org", "turing@x.org"))
    assert heapscim("sync", "--yes", "--replace-renamed").exit_code == 0
    assert heapscim("undo", "last", "--yes").exit_code == 0
    assert sandbox.store.user_named("alan@x.org")["active"] is True  # type: ignore[index]
    heapscim.roster(PEOPLE)
    settled = heapscim.json("sync", "--yes")
    assert (settled.data["counts"], settled.data["plan"]["conflicts"]) == ({}, [])
    way_back = sandbox.store.snapshot()
    assert way_back["users"].pop("turing@x.org")["active"] is False
    assert way_back == before


def test_a_tenant_that_removes_accounts_can_not_give_them_back(heapscim: CommandLine) -> None:
    with running_sandbox(deactivate="removes") as sandbox:
        run = synced(heapscim, sandbox)
        ran = heapscim("undo", run, "--yes")
        assert "grace@x.org is gone from Heap, and personal charts went with the account." in ran.stdout
        assert "This can't be undone." in ran.stdout


def test_a_run_that_was_cut_off_is_looked_at_and_undone(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    before = sandbox.store.snapshot()
    heapscim.roster(PEOPLE.replace("Hopper", "Murray"))
    run = heapscim.json("sync", "--yes").data["run"]["id"]
    with closing(ledger_of(heapscim, sandbox)) as ledger:
        ledger.record(run, [(0, None)])
    ran = heapscim("undo", run, "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert f"Run {run} was cut off with 1 change in doubt: 1 carried out, 0 not" in ran.stderr
    assert sandbox.store.snapshot() == before


def test_unknown_runs_and_runs_that_wrote_elsewhere_are_refused(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    none = heapscim("undo", "last", "--yes")
    assert (none.exit_code, "There is no run yet." in none.stderr) == (2, True)
    unknown = heapscim("undo", "20200101-000000-abcd", "--yes")
    assert (unknown.exit_code, "There is no run 20200101-000000-abcd." in unknown.stderr) == (2, True)
    with closing(ledger_of(heapscim, sandbox)) as ledger:
        head = RunHead("import", "people.csv", "", RunContext("me", "here", 1, {}))
        run = ledger.begin(head, [OperationDraft("add_person", "ada@x.org", "chosen", "{}")])
        ledger.end_run(run, "done")
    elsewhere = heapscim("undo", "last", "--yes")
    assert elsewhere.exit_code == 2
    assert f"{run} (import) wrote into a directory, not into Heap." in elsewhere.stderr


def test_a_run_that_another_carried_on_says_so(heapscim: CommandLine, sandbox: Sandbox) -> None:
    run = synced(heapscim, sandbox)
    with closing(ledger_of(heapscim, sandbox)) as ledger:
        head = RunHead("resume", "", "", RunContext("me", "here", 1, {}), continues=run)
        later = ledger.begin(head, [])
    assert f"Run {later} continued this run; undo it separately." in heapscim("undo", run, "--yes").stdout
    assert heapscim("undo", "last", "--yes").exit_code == 0


def test_what_an_undo_can_not_bring_back_is_said_before_the_run(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    ran = heapscim("plan")
    assert "Where an undo would fall short" in ran.stdout
    assert "3 new accounts: an undo deactivates what was made, and can't remove it." in ran.stdout
    heapscim("sync", "--yes")
    deleting = heapscim("groups", "delete", "Design", "--yes").stdout
    assert "1 deleted group: an undo makes each anew, without what Heap granted the old one." in deleting
