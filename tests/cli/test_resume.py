"""What a run that was cut off leaves behind is settled by looking, and finished on request."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from heapscim.ledger.entries import OperationDraft, RunContext, RunHead
from heapscim.ledger.journal import begin_run
from heapscim.ledger.protocol import Ledger
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    MemberRef,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.plan import TakeOver
from heapscim.sandbox.server import Sandbox
from tests.builders import a_snapshot, desired_of, in_heap, plan_of
from tests.conftest import CommandLine
from tests.fakes.processes import ended, started, wait_until

MANY = "username,groups\n" + "".join(f"u{number:03}@x.org,Staff\n" for number in range(60))
AN_HOUR = 3600.0
CONTEXT = RunContext("ada", "desk", 42, {})


@contextmanager
def the_ledger(heapscim: CommandLine, sandbox: Sandbox, *, ago: float = 0.0) -> Iterator[Ledger]:
    path = heapscim.folder / "state" / "ledgers" / "default.sqlite3"
    ledger = open_ledger(path, sandbox.base_url, lambda: time.time() - ago)
    try:
        yield ledger
    finally:
        ledger.close()


def cut_off(
    heapscim: CommandLine, sandbox: Sandbox, *changes: Change, sent: int | None = None, ago: float = 0.0
) -> str:
    """A run of these changes, all of them sent unless told otherwise, that came to a sudden end some seconds ago."""
    plan = replace(plan_of(desired_of(a_snapshot()), in_heap()), changes=changes)
    with the_ledger(heapscim, sandbox, ago=ago) as ledger:
        run = begin_run(ledger, plan, CONTEXT)
        ledger.record(run, [(seq, None) for seq in range(len(changes) if sent is None else sent)])
    return run


def states(heapscim: CommandLine, sandbox: Sandbox, run: str) -> list[tuple[str, str | None]]:
    with the_ledger(heapscim, sandbox) as ledger:
        return [(operation.state, operation.id) for operation in ledger.operations(run)]


@pytest.fixture
def ready(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username,groups\nada@x.org,Research\n")))
    return sandbox


def killed(heapscim: CommandLine, sandbox: Sandbox, after: int) -> str:
    """A sync that was killed after so many writes, in a tenant that is known to take each name once."""
    unique = ("dialect.unique_user_names=yes", "dialect.unique_group_names=yes")
    words = [word for setting in unique for word in ("--set", setting)]
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(MANY)), *words)
    sandbox.tenant.latency = 0.05
    with started("sync", "--yes") as run:
        wait_until(lambda: sandbox.tenant.writes >= after)
        run.send_signal(signal.SIGKILL)
        ended(run)
    sandbox.tenant.latency = 0
    found: str = heapscim.json("status").data["last_run"]["run"]
    return found


@pytest.mark.parametrize("after", [3, 30, 60])
def test_a_killed_sync_is_finished_by_a_resume(heapscim: CommandLine, sandbox: Sandbox, after: int) -> None:
    run = killed(heapscim, sandbox, after)
    ran = heapscim.json("resume", "last", "--yes")
    assert ran.exit_code == 0, ran.stderr
    snapshot = sandbox.store.snapshot()
    assert len(snapshot["users"]) == 60
    assert len(snapshot["groups"]["Staff"]) == 60
    assert heapscim.json("plan", "--exit-code").exit_code == 0
    assert heapscim.json("status").data["managed"] == {"users": 60, "groups": 1}
    with the_ledger(heapscim, sandbox) as ledger:
        assert set(ledger.in_doubt()) <= {run}, "what was under way may have arrived twice, and been refused once"
        assert ledger.continuation_of(run) == ran.data["run"]["id"]


def test_a_sync_settles_by_itself_what_a_killed_one_left_open(heapscim: CommandLine, sandbox: Sandbox) -> None:
    run = killed(heapscim, sandbox, 30)
    with the_ledger(heapscim, sandbox) as ledger:
        left_open = len(ledger.in_doubt()[run])
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert f"Run {run} was cut off with {left_open} change" in ran.stderr
    assert ran.data["plan"]["unmanaged"] == []
    assert ran.data["plan"]["adoptions"] == []
    assert len(sandbox.store.snapshot()["users"]) == 60
    assert heapscim.json("plan", "--exit-code").exit_code == 0


def test_a_create_that_was_carried_out_is_linked(heapscim: CommandLine, ready: Sandbox) -> None:
    id = ready.store.add_user({"userName": "grace@x.org", "active": True})["id"]
    run = cut_off(heapscim, ready, CreateUser("g", "grace@x.org", {}, "is in scope"))
    first = heapscim.json("sync", "--yes")
    assert (first.exit_code, states(heapscim, ready, run)) == (8, [("done", id)])
    assert ready.store.users[id]["active"], "nothing is removed because of what a look alone has just made ours"
    (withheld,) = first.data["plan"]["withheld"]
    assert (withheld["change"]["user_name"], run in withheld["evidence"]) == ("grace@x.org", True)
    then = heapscim.json("sync", "--yes")
    assert (then.exit_code, then.data["counts"]) == (0, {"deactivate_user": 1}), "grace is ours, and in no roster"


def test_each_kind_of_change_is_told_by_a_look(heapscim: CommandLine, ready: Sandbox) -> None:
    store = ready.store
    ada = str(store.add_user({"userName": "ada@x.org", "active": True, "role": "Admin"})["id"])
    grace = str(store.add_user({"userName": "grace@x.org", "active": False})["id"])
    team = str(store.add_group({"displayName": "Research", "members": [ada]})["id"])
    a, g = MemberRef("ada@x.org", ada, "ada"), MemberRef("grace@x.org", grace, "grace")
    run = cut_off(
        heapscim,
        ready,
        UpdateUser(ada, None, "ada@x.org", {"role": None}, {"role": "Admin"}, "differs"),
        UpdateUser(ada, None, "ada@x.org", {"role": None}, {"role": "Analyst"}, "differs"),
        DeactivateUser(grace, None, "grace@x.org", "left"),
        DeactivateUser(ada, None, "ada@x.org", "left"),
        AddMembers(team, None, "Research", (a,), "joined"),
        AddMembers(team, None, "Research", (a, g), "joined"),
        RemoveMembers(team, None, "Research", (g,), "left", 2),
        RemoveMembers(team, None, "Research", (a,), "left", 2),
        RenameGroup(team, None, "Lab", "Research", "was renamed"),
        RenameGroup(team, None, "Research", "Lab", "was renamed"),
        DeleteGroup("gone", None, "Gone", (), "was deleted"),
        DeleteGroup(team, None, "Research", (), "was deleted"),
        CreateGroup("r", "Research", (a,), "is bound"),
        CreateGroup("x", "Nowhere", (a,), "is bound"),
        ago=AN_HOUR,
    )
    ready.store.created[team] -= AN_HOUR
    heapscim("sync", "--yes")
    found = [state for state, _ in states(heapscim, ready, run)]
    assert found == ["done", "not_attempted"] * 7


def test_members_created_by_the_run_that_was_cut_off_join_their_group(heapscim: CommandLine, ready: Sandbox) -> None:
    ready.store.add_user({"userName": "grace@x.org", "active": True})
    run = cut_off(
        heapscim,
        ready,
        CreateUser("g", "grace@x.org", {}, "is in scope"),
        CreateGroup("lab", "Lab", (MemberRef("grace@x.org", None, "g"),), "is bound"),
        sent=1,
    )
    ran = heapscim.json("resume", run, "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert ran.data["counts"] == {"create_group": 1}
    assert ready.store.snapshot()["groups"]["Lab"] == ["grace@x.org"]


def test_a_resume_shows_its_plan_and_asks(heapscim: CommandLine, ready: Sandbox) -> None:
    run = cut_off(heapscim, ready, CreateUser("g", "grace@x.org", {}, "is in scope"), sent=0)
    ran = heapscim("resume", run)
    assert (ran.exit_code, ready.tenant.writes) == (2, 0)
    assert "grace@x.org" in ran.stdout


def test_the_guards_judge_a_resume(heapscim: CommandLine, ready: Sandbox) -> None:
    ids = [str(ready.store.add_user({"userName": f"u{n}@x.org", "active": True})["id"]) for n in range(20)]
    with the_ledger(heapscim, ready) as ledger:
        head = RunHead("sync", "people.csv", "", CONTEXT)
        ledger.end_run(ledger.begin(head, (), [TakeOver(id, id, f"u{n}@x.org") for n, id in enumerate(ids)]), "done")
    changes = [DeactivateUser(id, id, f"u{n}@x.org", "left") for n, id in enumerate(ids[:10])]
    run = cut_off(heapscim, ready, *changes, sent=0)
    assert (heapscim("resume", run, "--yes").exit_code, ready.tenant.writes) == (6, 0)
    assert heapscim("resume", run, "--yes", "--allow-removals", "10").exit_code == 0
    with the_ledger(heapscim, ready) as ledger:
        last = ledger.last_run()
    assert last is not None
    assert (last.allowances, last.continues) == ({"removals": 10}, run)


def test_only_the_newest_run_can_be_resumed(heapscim: CommandLine, ready: Sandbox) -> None:
    old = cut_off(heapscim, ready, CreateUser("g", "grace@x.org", {}, "is in scope"), sent=0)
    new = cut_off(heapscim, ready, CreateUser("h", "hedy@x.org", {}, "is in scope"), sent=0)
    refused = heapscim("resume", old, "--yes")
    assert (refused.exit_code, ready.tenant.writes) == (6, 0)
    assert f"Run {old} was followed by run {new}" in refused.stderr
    resumed = heapscim.json("resume", new, "--yes")
    assert resumed.exit_code == 0
    again = heapscim("resume", new, "--yes")
    assert again.exit_code == 2
    assert f"Run {new} was already continued by run {resumed.data['run']['id']}." in again.stderr
    nothing = heapscim.json("resume", resumed.data["run"]["id"], "--yes")
    assert (nothing.exit_code, nothing.data["counts"]) == (0, {})


def test_a_run_that_is_not_there_or_changed_nothing_in_heap_is_a_usage_error(
    heapscim: CommandLine, ready: Sandbox
) -> None:
    assert "There is no run nothing." in heapscim("resume", "nothing").stderr
    with the_ledger(heapscim, ready) as ledger:
        run = ledger.begin(RunHead("groups bind", "", "", CONTEXT), [OperationDraft("bind_group", "Design", "", "{}")])
    ran = heapscim("resume", run, "--yes")
    assert (ran.exit_code, "changed nothing in Heap" in ran.stderr) == (2, True)
