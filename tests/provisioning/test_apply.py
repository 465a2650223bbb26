"""How a plan is carried out: order, journal, what is tried again, when a run stops."""

import asyncio
from collections.abc import Iterable

from heapscim.provisioning.apply import ApplyOptions, apply
from heapscim.provisioning.changes import Change, CreateGroup, MemberRef, RenameGroup
from heapscim.provisioning.outcomes import RunResult
from heapscim.provisioning.plan import Impact, Plan, Populations, in_order
from tests.builders import TENANT, a_team, an_account
from tests.fakes.journals import MemoryJournal, Naps, Watcher
from tests.fakes.memory_tenant import MemoryTenant, a_tenant


def a_plan(changes: Iterable[Change]) -> Plan:
    return Plan(TENANT, "sync", in_order(changes), Impact(0, 0, {}, {}), Populations(0, 0))


def applied(tenant: MemoryTenant, changes: Iterable[Change], journal: MemoryJournal | None = None) -> RunResult:
    options = ApplyOptions(timing=Naps().timing)
    return asyncio.run(apply(a_plan(changes), tenant, journal or MemoryJournal(), Watcher(), options=options))


def a_rename(id: str, name: str, new_name: str) -> RenameGroup:
    return RenameGroup(id, f"x{id}", name, new_name, "renamed")


def names(tenant: MemoryTenant) -> dict[str, str]:
    return {group.id: group.name for group in tenant.groups.values()}


def test_groups_swap_names_and_a_new_one_takes_a_name_that_came_free() -> None:
    tenant = a_tenant(an_account("1"), a_team("s", name="A"), a_team("t", name="B"), a_team("u", name="C"))
    new = CreateGroup("v", "C", (MemberRef("1@x.org", "1", None),), "bound")
    journal = MemoryJournal()
    result = applied(tenant, [a_rename("s", "A", "B"), a_rename("t", "B", "A"), a_rename("u", "C", "D"), new], journal)
    assert result.failures == ()
    assert names(tenant) == {"s": "B", "t": "A", "u": "D", "101": "C"}
    assert set(journal.states.values()) == {"done"}


def test_a_name_that_stays_taken_fails_that_rename_alone() -> None:
    tenant = a_tenant(a_team("s", name="A"), a_team("t", name="B"), a_team("u", name="C"))
    result = applied(tenant, [a_rename("s", "A", "B"), a_rename("u", "C", "D")])
    assert [(outcome.change.kind, outcome.error_code) for outcome in result.failures] == [("rename_group", "taken")]
    assert names(tenant) == {"s": "A", "t": "B", "u": "D"}
