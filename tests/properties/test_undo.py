"""A sync and its undo leave the tenant to the byte as it was; an undo of the undo makes it as the sync left it."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from heapscim.execution.apply import ApplyOptions, apply
from heapscim.ledger.entries import RunContext
from heapscim.ledger.journal import LedgerJournal, begin_run
from heapscim.ledger.protocol import Ledger
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.model.changes import Deprovision
from heapscim.model.directory import DirectorySnapshot
from heapscim.model.outcomes import RunResult
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentGroup, CurrentUser
from heapscim.planning.context import PlanOptions
from heapscim.sandbox.heap.store import Store
from heapscim.undo.context import UndoOptions
from heapscim.undo.planner import plan_back
from tests.builders import TENANT, desired_of, plan_of
from tests.conftest import CommandLine
from tests.fakes.journals import Naps, Watcher
from tests.fakes.memory_tenant import MemoryTenant, a_tenant
from tests.fakes.tenants import running_sandbox
from tests.properties.worlds import snapshots, strangers

Content = dict[str, Any]
World = tuple[tuple[CurrentUser | CurrentGroup, ...], DirectorySnapshot, DirectorySnapshot]
"""What somebody else put into Heap; the directory before a sync, and after it changed."""
WORLDS = st.tuples(strangers(), snapshots(), snapshots())
DEPROVISION = st.sampled_from(["deactivate", "delete"])


def content(tenant: MemoryTenant) -> Content:
    """Everything by name, without ids."""
    names = {user.id: user.user_name for user in tenant.users.values()}
    return {
        "users": {user.user_name: (user.active, dict(user.attributes)) for user in tenant.users.values()},
        "groups": {
            group.name: sorted(names[member] for member in group.member_ids) for group in tenant.groups.values()
        },
    }


@contextmanager
def a_ledger() -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder) / "ledger" / "l.sqlite3", TENANT, time.time)
        try:
            yield ledger
            assert ledger.prove().problems == (), "what is managed follows from the log"
        finally:
            ledger.close()


def carry_out(plan: Plan, tenant: MemoryTenant, ledger: Ledger) -> tuple[str, RunResult]:
    run = begin_run(ledger, plan, RunContext("me", "here", 1, {}))
    result = asyncio.run(
        apply(plan, tenant, LedgerJournal(ledger, run), Watcher(), options=ApplyOptions(Naps().timing))
    )
    ledger.end_run(run, "done")
    return run, result


def sync(snapshot: DirectorySnapshot, tenant: MemoryTenant, ledger: Ledger, **options: object) -> str:
    """Some of it may fail: people in a conflict have no account to be put into a group."""
    plan = plan_of(desired_of(snapshot, scope="all"), tenant.state(), ledger.links(), **options)
    return carry_out(plan, tenant, ledger)[0]


def undo(run: str, tenant: MemoryTenant, ledger: Ledger, deprovision: Deprovision) -> str:
    options = UndoOptions(run, PlanOptions(TENANT, f"undo {run}", deprovision))
    plan = plan_back(ledger.recorded(run), tenant.state(), ledger.links(), options)
    assert plan.conflicts == ()
    undone, result = carry_out(plan, tenant, ledger)
    assert [outcome.message for outcome in result.failures] == []
    return undone


def without_created(after: Content, before: Content) -> Content:
    """What stays of accounts that a run made is an inactive account."""
    made = set(after["users"]) - set(before["users"])
    assert [after["users"][name][0] for name in made] == [False] * len(made)
    return {**after, "users": {name: user for name, user in after["users"].items() if name not in made}}


def managed_groups(tenant: MemoryTenant, ledger: Ledger) -> dict[str, str]:
    return {link.external_id: tenant.groups[link.id].name for link in ledger.links().groups if link.id in tenant.groups}


@given(WORLDS, DEPROVISION, st.booleans())
def test_a_sync_and_its_undo_leave_the_tenant_as_it_was(
    world: World,
    deprovision: Deprovision,
    replace_renamed: bool,  # noqa: FBT001 - drawn
) -> None:
    there, first, second = world
    tenant = a_tenant(*there)
    with a_ledger() as ledger:
        sync(first, tenant, ledger, deprovision=deprovision)
        before, managed_before = content(tenant), managed_groups(tenant, ledger)
        run = sync(second, tenant, ledger, deprovision=deprovision, replace_renamed=replace_renamed)
        after, managed_after = content(tenant), managed_groups(tenant, ledger)
        undone = undo(run, tenant, ledger, deprovision)
        way_back = content(tenant)
        if deprovision == "delete":
            assert way_back == before
        assert without_created(way_back, before) == before
        assert managed_groups(tenant, ledger) == managed_before
        undo(undone, tenant, ledger, deprovision)
        assert content(tenant) == after
        assert managed_groups(tenant, ledger) == managed_after


@given(WORLDS, DEPROVISION)
def test_an_undo_done_twice_finds_nothing_left_to_do(world: World, deprovision: Deprovision) -> None:
    there, first, second = world
    tenant = a_tenant(*there)
    with a_ledger() as ledger:
        sync(first, tenant, ledger, deprovision=deprovision)
        run = sync(second, tenant, ledger, deprovision=deprovision)
        undo(run, tenant, ledger, deprovision)
        options = UndoOptions(run, PlanOptions(TENANT, f"undo {run}", deprovision))
        assert plan_back(ledger.recorded(run), tenant.state(), ledger.links(), options).changes == ()


@st.composite
def histories(draw: st.DrawFn) -> tuple[DirectorySnapshot, ...]:
    """The same people three times, as their first names change."""
    start = draw(snapshots())

    def later() -> DirectorySnapshot:
        people = tuple(
            replace(person, attributes={**person.attributes, "firstname": draw(st.sampled_from("ABCD"))}, active=True)
            for person in start.people
        )
        return replace(start, people=people)

    return later(), later(), later()


@given(histories())
def test_an_undo_overwrites_nothing_that_moved_since(history: tuple[DirectorySnapshot, ...]) -> None:
    """What a later sync gave stays; what it left alone goes back to what was there before the run."""
    tenant = a_tenant()
    with a_ledger() as ledger:
        sync(history[0], tenant, ledger)
        before = first_names(tenant)
        run = sync(history[1], tenant, ledger)
        between = first_names(tenant)
        sync(history[2], tenant, ledger)
        later = first_names(tenant)
        options = UndoOptions(run, PlanOptions(TENANT, f"undo {run}"))
        plan = plan_back(ledger.recorded(run), tenant.state(), ledger.links(), options)
        carry_out(plan, tenant, ledger)
        changed = {id for id in before if before[id] != between[id]}
        moved = {id for id in changed if later[id] not in (before[id], between[id])}
        assert {conflict.name for conflict in plan.conflicts} == {tenant.users[id].user_name for id in moved}
        back = {id: before[id] for id in changed if later[id] == between[id]}
        assert first_names(tenant) == {**later, **back}


def first_names(tenant: MemoryTenant) -> dict[str, str | None]:
    return {user.id: user.attributes.get("name.givenName") for user in tenant.users.values()}


def roster_of(snapshot: DirectorySnapshot) -> str:
    people = [
        {"id": person.external_id, **person.attributes, "active": str(person.active).lower()}
        for person in snapshot.people
    ]
    names = {person.external_id: person.user_name for person in snapshot.people}
    groups = [
        {
            "id": group.external_id,
            "name": group.name,
            "bound": str(group.bound).lower(),
            "members": sorted(names[member] for member in group.member_ids),
        }
        for group in snapshot.groups or ()
    ]
    return json.dumps({"people": people, "groups": groups})


@contextmanager
def a_home() -> Iterator[Path]:
    """A user's folders, for one example."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEAPSCIM_CONFIG_DIR", f"{folder}/config")
        patch.setenv("HEAPSCIM_STATE_DIR", f"{folder}/state")
        yield Path(folder)


def fill(store: Store, there: tuple[CurrentUser | CurrentGroup, ...]) -> None:
    for item in there:
        if isinstance(item, CurrentUser):
            store.add_user({"id": item.id, "userName": item.user_name, "active": item.active, **item.attributes})
        else:
            store.add_group({"id": item.id, "displayName": item.name, "members": sorted(item.member_ids)})


DONE_OR_PARTIAL = (0, 7)
"""Whoever is in a conflict may be missing in a group."""
ALLOWED = ("--yes", "--allow-removals", "99", "--allow-updates", "99", "--allow-member-removals", "99",
           "--allow-group-deletions", "99")  # fmt: skip


BEHAVIOUR = st.sampled_from([{}, {"patch": "no"}, {"write_body": "no"}])
REAL = settings(
    max_examples=settings().max_examples // 7,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(WORLDS, DEPROVISION, BEHAVIOUR)
@REAL
def test_the_real_commands_leave_a_real_tenant_as_it_was(
    heapscim: CommandLine, world: World, deprovision: Deprovision, behaviour: dict[str, str]
) -> None:
    sync_and_undo(heapscim, world, deprovision, behaviour)


@pytest.mark.long
@given(WORLDS, DEPROVISION, BEHAVIOUR)
@settings(REAL, max_examples=500, derandomize=False, print_blob=True)
def test_the_real_commands_leave_many_a_real_tenant_as_it_was(
    heapscim: CommandLine, world: World, deprovision: Deprovision, behaviour: dict[str, str]
) -> None:
    sync_and_undo(heapscim, world, deprovision, behaviour)


def sync_and_undo(heapscim: CommandLine, world: World, deprovision: Deprovision, behaviour: dict[str, str]) -> None:
    """By way of the command line and a socket; undoes the undo as well."""
    there, first, second = world
    assume(first.people and second.people)
    with running_sandbox(**behaviour) as sandbox, a_home() as home:
        fill(sandbox.store, there)
        roster = home / "people.json"
        roster.write_text(roster_of(first), "utf-8")
        heapscim.activate(sandbox, "--directory", str(roster))
        profile = home / "config" / "profiles" / "default.toml"
        profile.write_text(f'admin_role = "Nobody"\n{profile.read_text()}\n[dialect]\ndeprovision = "{deprovision}"\n')
        assert heapscim("sync", *ALLOWED).exit_code in DONE_OR_PARTIAL
        before = sandbox.store.snapshot()
        roster.write_text(roster_of(second), "utf-8")
        ran = heapscim.json("sync", *ALLOWED)
        assert ran.exit_code in DONE_OR_PARTIAL
        assume("run" in ran.data)
        after = sandbox.store.snapshot()
        assert heapscim("undo", ran.data["run"]["id"], *ALLOWED).exit_code == 0
        way_back = sandbox.store.snapshot()
        made = set(way_back["users"]) - set(before["users"])
        assert not made or deprovision == "deactivate"
        assert [way_back["users"].pop(name)["active"] for name in made] == [False] * len(made)
        assert way_back == before
        assert heapscim("undo", "last", *ALLOWED).exit_code == 0
        assert sandbox.store.snapshot() == after
