"""Alone on a tenant, whatever the directory does, nothing was ever changed back; with another ledger, the war ends."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from heapscim.ledger.protocol import Ledger
from heapscim.model.directory import DirectorySnapshot
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentGroup, CurrentUser
from heapscim.planning.changed_back import Ground, concerned, held_against
from heapscim.planning.context import PlanOptions
from heapscim.undo.context import UndoOptions
from heapscim.undo.planner import plan_back
from tests.builders import TENANT, desired_of, plan_of
from tests.fakes.memory_tenant import MemoryTenant, a_tenant
from tests.properties.test_undo import DEPROVISION, a_ledger, carry_out
from tests.properties.worlds import snapshots, strangers

Strangers = tuple[CurrentUser | CurrentGroup, ...]
OFTEN = 4
"""Turns after which a war would have been going on for ever."""


def planned(snapshot: DirectorySnapshot, tenant: MemoryTenant, ledger: Ledger, options: PlanOptions) -> Plan:
    links, current = ledger.links(), tenant.state()
    chosen = {"deprovision": options.deprovision, "replace_renamed": options.replace_renamed}
    made = plan_of(desired_of(snapshot), current, links, **chosen)
    return held_against(made, ledger.history(concerned(made, links)), Ground(current, links, options))


@given(
    strangers(), st.lists(snapshots(), min_size=2, max_size=3), DEPROVISION, st.booleans(), st.sets(st.integers(0, 5))
)
def test_a_directory_alone_changes_nothing_back(
    there: Strangers,
    directory: list[DirectorySnapshot],
    deprovision: str,
    replace_renamed: bool,  # noqa: FBT001 - drawn
    undone: set[int],
) -> None:
    tenant = a_tenant(*there)
    options = PlanOptions(TENANT, deprovision=deprovision, replace_renamed=replace_renamed)  # type: ignore[arg-type]
    with a_ledger() as ledger:
        for turn, snapshot in enumerate((*directory, *directory)):
            plan = planned(snapshot, tenant, ledger, options)
            assert (plan.changed_back, plan.withheld) == ((), ())
            run, _ = carry_out(plan, tenant, ledger)
            if turn in undone:
                back = UndoOptions(run, replace(options, command=f"undo {run}"))
                carry_out(plan_back(ledger.recorded(run), tenant.state(), ledger.links(), back), tenant, ledger)


@given(strangers(), snapshots(), snapshots(), snapshots())
def test_two_ledgers_come_to_a_rest(
    there: Strangers, both: DirectorySnapshot, ours: DirectorySnapshot, theirs: DirectorySnapshot
) -> None:
    tenant, options = a_tenant(*there), PlanOptions(TENANT)
    with a_ledger() as one, a_ledger() as other:
        for ledger in (one, other):
            carry_out(planned(both, tenant, ledger, options), tenant, ledger)
        for _ in range(OFTEN):
            for ledger, wanted in ((one, ours), (other, theirs)):
                carry_out(planned(wanted, tenant, ledger, options), tenant, ledger)
        left = [planned(wanted, tenant, ledger, options) for ledger, wanted in ((one, ours), (other, theirs))]
        assert [plan.changes for plan in left] == [(), ()]
