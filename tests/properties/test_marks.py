"""What holds for marks, whatever directories and tenants hold."""

from contextlib import ExitStack
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from heapscim.model.changes import AddMembers, RemoveMembers
from heapscim.model.directory import DirectorySnapshot, Scope
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser
from heapscim.planning.context import PlanOptions
from heapscim.planning.marks import EXTERNAL_ID, mark_in
from tests.builders import TENANT
from tests.properties.test_planning import SCOPES, a_world
from tests.properties.worlds import snapshots, strangers

OPTIONS = st.builds(
    PlanOptions,
    tenant=st.just(TENANT),
    deprovision=st.sampled_from(["deactivate", "delete"]),
    replace_renamed=st.booleans(),
)


def marked_by(current: CurrentState, ledger: str) -> set[str]:
    marks = ((user.id, mark_in(user.attributes.get(EXTERNAL_ID, ""))) for user in current.users)
    return {id for id, mark in marks if mark is not None and mark.ledger == ledger}


def touched_by(plan: Plan) -> set[str | None]:
    """The Heap ids of accounts that a plan changes, takes over, or moves in or out of groups."""
    found: set[str | None] = {entry.id for entry in plan.adoptions}
    for change in plan.changes:
        if isinstance(change, AddMembers | RemoveMembers):
            found |= {member.id for member in change.members}
        elif change.kind.endswith("_user"):
            found.add(getattr(change, "id", None))
    return found - {None}


@settings(max_examples=25)
@given(strangers(), st.lists(snapshots(), min_size=2, max_size=5), SCOPES, OPTIONS)
def test_two_ledgers_on_one_tenant_never_touch_each_others_accounts(
    there: tuple[CurrentUser | CurrentGroup, ...],
    days: list[DirectorySnapshot],
    scope: Scope,
    options: PlanOptions,
) -> None:
    with ExitStack() as stack:
        worlds = {name: stack.enter_context(a_world(there)) for name in ("one", "two")}
        worlds["two"].tenant = worlds["one"].tenant
        for number, today in enumerate(days):
            ours, theirs = ("one", "two") if number % 2 else ("two", "one")
            plan = worlds[ours].plan(today, scope, replace(options, mark=ours))
            before = marked_by(worlds[ours].tenant.state(), theirs)
            assert not touched_by(plan) & before
            worlds[ours].apply(plan)
            assert before <= marked_by(worlds[ours].tenant.state(), theirs)


@settings(max_examples=25)
@given(strangers(), snapshots(), snapshots(), SCOPES, st.data())
def test_a_lost_ledger_finds_the_same_links_by_marks_even_after_renames(
    there: tuple[CurrentUser | CurrentGroup, ...],
    yesterday: DirectorySnapshot,
    today: DirectorySnapshot,
    scope: Scope,
    data: st.DataObject,
) -> None:
    options = PlanOptions(TENANT, mark="us")
    with a_world(there) as world, a_world() as new:
        for _ in range(2):  # a conflict may end when names become free
            world.sync(yesterday, scope, options)
        tenant = new.tenant = world.tenant
        links = {link.external_id: link.id for link in world.ledger.links().users if link.id in tenant.users}
        for id in data.draw(st.lists(st.sampled_from([*tenant.users]), unique=True)) if tenant.users else ():
            tenant.users[id] = replace(tenant.users[id], user_name=f"renamed-{id}@y.org")
        new.sync(today, scope, options)
        found = {link.external_id: link.id for link in new.ledger.links().users}
        assert links.items() <= found.items()
