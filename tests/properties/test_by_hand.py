"""What is managed by hand, for every directory and every tenant: left alone like a stranger, given back by an undo."""

from dataclasses import asdict, replace

from hypothesis import given
from hypothesis import strategies as st

from heapscim.ledger.entries import RunContext, Settlement
from heapscim.ledger.journal import begin_run
from heapscim.ledger.protocol import Ledger
from heapscim.model.changes import BY_HAND, Change, CreateGroup, CreateUser, DeactivateUser, DeleteUser, Deprovision
from heapscim.model.directory import DirectorySnapshot
from heapscim.model.state import CurrentGroup, CurrentUser, Links, match_key
from heapscim.planning.context import PlanOptions
from heapscim.undo.context import UndoOptions
from heapscim.undo.planner import plan_back
from tests.builders import TENANT, a_snapshot, desired_of, in_heap, plan_of
from tests.fakes.memory_tenant import MemoryTenant, a_tenant
from tests.properties.test_undo import a_ledger, carry_out, sync
from tests.properties.worlds import snapshots, strangers

There = tuple[CurrentUser | CurrentGroup, ...]
World = tuple[There, DirectorySnapshot, DirectorySnapshot]
"""What was made by hand; the directory before, and after it changed."""
WORLDS = st.tuples(strangers(), snapshots(), snapshots())


def by_hand(ledger: Ledger, there: There) -> None:
    """Records everything there is as made by hand."""
    made: list[tuple[Change, str]] = [
        (CreateUser(match_key(one.user_name), one.user_name, {}, BY_HAND, by_hand=True), one.id)
        if isinstance(one, CurrentUser)
        else (CreateGroup(match_key(one.name), one.name, (), BY_HAND, by_hand=True), one.id)
        for one in there
    ]
    plan = replace(plan_of(desired_of(a_snapshot()), in_heap()), changes=tuple(change for change, _ in made))
    run = begin_run(ledger, plan, RunContext("me", "here", 1, {}))
    ledger.record(run, [(seq, Settlement("done", id=id, change=change)) for seq, (change, id) in enumerate(made)])


def hands(links: Links) -> set[str]:
    return {link.id for link in (*links.made_by_hand.users, *links.made_by_hand.groups)}


def undo(run: str, tenant: MemoryTenant, ledger: Ledger, deprovision: Deprovision) -> str:
    """Also of what the run took over as it was."""
    adoptions = ledger.take_overs(run)
    options = UndoOptions(run, PlanOptions(TENANT, f"undo {run}", deprovision), adoptions=adoptions)
    plan = plan_back(ledger.recorded(run), tenant.state(), ledger.links(), options)
    assert plan.conflicts == ()
    return carry_out(plan, tenant, ledger)[0]


def essence(change: Change) -> dict[str, object]:
    """What a change does, without a word about who managed it before."""
    return {**asdict(change), "by_hand": False, "reason": ""}


@given(WORLDS, st.booleans())
def test_it_is_left_alone_like_a_stranger_unless_the_directory_refuses_the_person(
    world: World,
    replace_renamed: bool,  # noqa: FBT001 - drawn
) -> None:
    there, first, second = world
    tenant = a_tenant(*there)
    with a_ledger() as ledger:
        by_hand(ledger, there)
        sync(first, tenant, ledger)
        ours = ledger.links()
    state, desired = tenant.state(), desired_of(second)
    plan = plan_of(desired, state, ours, replace_renamed=replace_renamed)
    strange = plan_of(desired, state, ours.for_the_directory, replace_renamed=replace_renamed)
    refused = {match_key(person.user_name) for person in second.people if not person.active}
    done, without = [list(map(essence, made.changes)) for made in (plan, strange)]
    more = [change for change in plan.changes if essence(change) not in without]
    assert [change for change in without if change not in done] == []
    assert all(
        isinstance(change, DeactivateUser | DeleteUser) and match_key(change.user_name) in refused for change in more
    )
    assert len(strange.unmanaged) == len(plan.unmanaged) + len(plan.by_hand) + len(more)


@given(WORLDS, st.sampled_from(["deactivate", "delete"]))
def test_an_undo_gives_back_to_the_hand_what_a_sync_took_over(world: World, deprovision: Deprovision) -> None:
    there, _, second = world
    tenant = a_tenant(*there)
    with a_ledger() as ledger:
        by_hand(ledger, there)
        before = hands(ledger.links())
        run = sync(second, tenant, ledger, deprovision=deprovision)
        after = hands(ledger.links())
        undone = undo(run, tenant, ledger, deprovision)
        there_still = {*tenant.users, *tenant.groups}
        assert hands(ledger.links()) & there_still >= before & there_still
        undo(undone, tenant, ledger, deprovision)
        assert hands(ledger.links()) & before & there_still == after & before & there_still
