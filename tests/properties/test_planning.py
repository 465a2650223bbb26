"""What holds for every directory and every tenant, whatever they hold."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import UnionType

from hypothesis import given, settings
from hypothesis import strategies as st

from heapscim.execution.apply import ApplyOptions, apply
from heapscim.ledger.entries import RunContext
from heapscim.ledger.journal import LedgerJournal, begin_run
from heapscim.ledger.sqlite.store import SqliteLedger, open_ledger
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    ReleaseGroup,
    RemoveMembers,
    UpdateUser,
)
from heapscim.model.completeness import Completeness
from heapscim.model.directory import DirectorySnapshot, Scope
from heapscim.model.outcomes import RunResult
from heapscim.model.plan import Plan, plan_from_json, plan_to_json
from heapscim.model.state import USER_NAME, CurrentGroup, CurrentUser, Links, match_key
from heapscim.planning.context import PlanOptions
from heapscim.planning.guards import Allowances, Limits, check
from heapscim.planning.planner import plan as make_plan
from tests.builders import PROVEN, TENANT, UNPROVEN, desired_of
from tests.fakes.journals import Naps, Watcher
from tests.fakes.memory_tenant import MemoryTenant
from tests.properties.worlds import GROUP_IDS, PEOPLE, completenesses, snapshots, strangers

OPTIONS = st.builds(
    PlanOptions,
    tenant=st.just(TENANT),
    deprovision=st.sampled_from(["deactivate", "deactivate", "delete"]),
    replace_renamed=st.booleans(),
)
SCOPES: st.SearchStrategy[Scope] = st.sampled_from(["all", "groups"])


@dataclass(frozen=True)
class Scene:
    """What there is when the plan in question is made: strangers, and what yesterday's sync left behind."""

    there: tuple[CurrentUser | CurrentGroup, ...]
    yesterday: DirectorySnapshot
    today: DirectorySnapshot
    scope: Scope
    options: PlanOptions


SCENES = st.builds(Scene, strangers(), snapshots(), snapshots(), SCOPES, OPTIONS)


@dataclass
class World:
    """A tenant and the ledger that goes with it."""

    tenant: MemoryTenant
    ledger: SqliteLedger

    def plan(self, snapshot: DirectorySnapshot, scope: Scope, options: PlanOptions) -> Plan:
        return make_plan(desired_of(snapshot, scope=scope), self.tenant.state(), self.ledger.links(), options)

    def apply(self, plan: Plan) -> RunResult:
        run = begin_run(self.ledger, plan, RunContext("a", "host", 1, {}))
        options = ApplyOptions(timing=Naps().timing)
        return asyncio.run(apply(plan, self.tenant, LedgerJournal(self.ledger, run), Watcher(), options=options))

    def sync(self, snapshot: DirectorySnapshot, scope: Scope, options: PlanOptions) -> RunResult:
        return self.apply(self.plan(snapshot, scope, options))


@contextmanager
def a_world(items: tuple[CurrentUser | CurrentGroup, ...] = ()) -> Iterator[World]:
    tenant = MemoryTenant()
    tenant.hold(*items)
    with TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder) / "ledger.sqlite3", TENANT, time.time)
        ledger._file.connection.execute("PRAGMA synchronous = OFF")
        try:
            yield World(tenant, ledger)
            assert ledger.prove().problems == (), "what is managed follows from the log"
        finally:
            ledger.close()


@given(strangers(), st.lists(snapshots(), min_size=1, max_size=3), SCOPES, OPTIONS)
def test_after_an_apply_there_is_nothing_left_to_do(
    there: tuple[CurrentUser | CurrentGroup, ...],
    days: list[DirectorySnapshot],
    scope: Scope,
    options: PlanOptions,
) -> None:
    with a_world(there) as world:
        for today in days:
            conflicts = world.plan(today, scope, options).conflicts
            for _ in range(1 + len(conflicts)):  # a deletion may free the name that somebody in a conflict waits for
                assert world.sync(today, scope, options).failures == ()
            again = world.plan(today, scope, options)
            assert (again.changes, again.adoptions) == ((), ())


@given(SCENES)
def test_no_one_gets_a_second_account_beside_one_under_their_email_address(scene: Scene) -> None:
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scene.scope, scene.options)
        plan = world.plan(scene.today, scene.scope, scene.options)
        current, links = world.tenant.state(), world.ledger.links()
    managed = links.users_by_id.keys() | {entry.id for entry in plan.adoptions}
    unmanaged = {account.match_key for account in current.users if account.id not in managed}
    addresses = {person.external_id: match_key(person.attributes["email"]) for person in scene.today.people}
    created = [change.external_id for change in plan.changes if isinstance(change, CreateUser)]
    assert [id for id in created if id not in links.users_by_external_id and addresses[id] in unmanaged] == []


@given(SCENES, st.randoms(use_true_random=False))
def test_the_order_of_inputs_never_matters(
    scene: Scene,
    chance: Random,
) -> None:
    today, scope, options = scene.today, scene.scope, scene.options
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scope, options)
        plan = world.plan(today, scope, options)
        current, links = world.tenant.state(), world.ledger.links()
    shuffled = replace(
        today,
        people=tuple(chance.sample(today.people, len(today.people))),
        groups=tuple(chance.sample(today.groups or (), len(today.groups or ()))),
    )
    mixed = replace(
        current,
        users=tuple(chance.sample(current.users, len(current.users))),
        groups=tuple(chance.sample(current.groups, len(current.groups))),
    )
    tied = Links(
        tuple(chance.sample(links.users, len(links.users))), tuple(chance.sample(links.groups, len(links.groups)))
    )
    assert make_plan(desired_of(shuffled, scope=scope), mixed, tied, options) == plan


@given(SCENES)
def test_what_nobody_manages_is_never_touched(
    scene: Scene,
) -> None:
    today, scope, options = scene.today, scene.scope, scene.options
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scope, options)
        plan = world.plan(today, scope, options)
        links = world.ledger.links()
    ours = {link.id for link in links.users} | {entry.id for entry in plan.adoptions}
    our_groups = {link.id for link in links.groups} | {
        change.id for change in plan.changes if change.kind == "take_over_group"
    }
    assert not {entry.id for entry in plan.unmanaged} & (ours | our_groups)
    for change in plan.changes:
        match change:
            case UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser():
                assert change.id in ours
            case AddMembers() | RemoveMembers():
                assert change.id in our_groups
                assert {member.id for member in change.members} - {None} <= ours
            case CreateUser() | CreateGroup():
                pass
            case _:
                assert change.id in our_groups


@given(SCENES, st.sampled_from(["ada@x.org", "*@x.org", "zo\u00eb@*"]))
def test_no_change_that_the_guards_let_pass_takes_from_a_protected_account(
    scene: Scene,
    protected: str,
) -> None:
    today, scope, options = scene.today, scene.scope, scene.options
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scope, options)
        before = {user.id: user for user in world.tenant.users.values()}
        plan = world.plan(today, scope, options)
        if check(plan, Limits(protect=(protected,)), Allowances(100, 100, 100)):
            return
        world.apply(plan)
        for id, user in before.items():
            name = match_key(user.user_name)
            if protected == "*@x.org" or name == match_key(protected) or (name[0] == protected[0] == "z"):
                assert world.tenant.users[id] == user


@given(SCENES)
def test_a_user_name_is_never_updated_and_nobody_both_joins_and_leaves(
    scene: Scene,
) -> None:
    today, scope, options = scene.today, scene.scope, scene.options
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scope, options)
        plan = world.plan(today, scope, options)
        names = {user.id: user.user_name for user in world.tenant.users.values()}
        world.apply(plan)
        assert all(world.tenant.users[id].user_name == names[id] for id in names if id in world.tenant.users)
    moves: dict[str, set[tuple[str | None, str]]] = {"add_members": set(), "remove_members": set()}
    for change in plan.changes:
        if isinstance(change, UpdateUser | ReactivateUser):
            assert USER_NAME not in change.after
        if isinstance(change, AddMembers | RemoveMembers):
            assert change.members
            moves[change.kind] |= {(change.id, member.id or member.user_name) for member in change.members}
    assert not moves["add_members"] & moves["remove_members"]


@given(SCENES, st.tuples(completenesses(), completenesses(), completenesses()))
def test_an_unproven_read_removes_nothing(scene: Scene, reads: tuple[Completeness, Completeness, Completeness]) -> None:
    source, users, groups = reads
    today, scope, options = scene.today, scene.scope, scene.options
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scope, options)
        current = replace(world.tenant.state(), completeness=users, groups_completeness=groups)
        links = world.ledger.links()
        whole = world.plan(today, scope, options)
    desired = replace(desired_of(today, scope=scope), completeness=source)
    plan = make_plan(desired, current, links, options)
    if (source, users, groups) == (PROVEN, PROVEN, PROVEN):
        assert plan == whole
    taking: tuple[tuple[Completeness, type | UnionType], ...] = (
        (users, DeactivateUser | DeleteUser),
        (groups, RemoveMembers | ReleaseGroup | DeleteGroup),
    )
    for read, kinds in taking:
        doubted = not (source.proven and read.proven)
        assert not doubted or not any(isinstance(change, kinds) for change in plan.changes)
        wanted = {change.kind for change in whole.changes if isinstance(change, kinds)} if doubted else set()
        held = {entry.change.kind for entry in plan.withheld if isinstance(entry.change, kinds)}
        waits = any(
            conflict.kind == "taken" for conflict in plan.conflicts
        )  # for a name that a withheld deletion keeps
        assert held == wanted or (waits and held < wanted)


@given(SCENES, st.frozensets(st.sampled_from(PEOPLE)), st.frozensets(st.sampled_from(GROUP_IDS)))
def test_an_unproven_read_removes_those_alone_who_are_gone_for_certain(
    scene: Scene, people: frozenset[str], teams: frozenset[str]
) -> None:
    people -= {person.external_id for person in scene.today.people if person.active}
    teams -= {group.external_id for group in scene.today.groups or ()}
    today = replace(scene.today, certain_people=people, certain_groups=teams)
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scene.scope, scene.options)
        whole = world.plan(today, scene.scope, scene.options)
        plan = world.plan(replace(today, completeness=UNPROVEN), scene.scope, scene.options)
    assert _removed(plan.changes) <= _removed(whole.changes)
    assert _removed(entry.change for entry in plan.withheld).isdisjoint(_removed(plan.changes))
    proven = {
        (kind, id, member)
        for kind, id, member in _removed(whole.changes)
        if (member or id) in (teams if kind == "delete_group" else people) and kind != "release_group"
    }
    waits = any(conflict.kind == "taken" for conflict in plan.conflicts)  # for a name that a withheld deletion keeps
    assert _removed(plan.changes) == proven or (waits and _removed(plan.changes) < proven)


def _removed(changes: Iterable[Change]) -> set[tuple[str, str | None, str | None]]:
    """What is taken away: kind, the directory's id, and who leaves the group where it is about members."""
    found: set[tuple[str, str | None, str | None]] = set()
    for change in changes:
        match change:
            case RemoveMembers():
                found |= {(change.kind, change.external_id, member.external_id) for member in change.members}
            case DeactivateUser() | DeleteUser() | ReleaseGroup() | DeleteGroup():
                found.add((change.kind, change.external_id, None))
    return found


@given(SCENES)
def test_a_plan_survives_being_saved(
    scene: Scene,
) -> None:
    today, scope, options = scene.today, scene.scope, scene.options
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scope, options)
        plan = world.plan(today, scope, options)
    back = plan_from_json(plan_to_json(plan))
    assert (back, back.fingerprint) == (plan, plan.fingerprint)


@settings(max_examples=settings().max_examples // 2)
@given(SCENES, st.sampled_from(["p1", "p2", "p3"]))
def test_one_person_on_demand_ends_like_a_full_sync_for_them(
    scene: Scene,
    who: str,
) -> None:
    today, scope, options = scene.today, scene.scope, scene.options
    with a_world(scene.there) as world:
        world.sync(scene.yesterday, scope, options)
        link = next((link for link in world.ledger.links().users if link.external_id == who), None)
        if link is None:
            return
        full = world.plan(today, scope, options)
        narrow = world.plan(today, scope, replace(options, only=link.id))
    takers = {entry.external_id for entry in full.adoptions if entry.id == link.id}
    about = [
        change
        for change in full.changes
        if "_user" in change.kind and getattr(change, "external_id", None) in {who, *takers}
    ]
    assert [change for change in narrow.changes if "_user" in change.kind] == about
