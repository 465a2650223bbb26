"""How a plan is carried out: order, journal, what is tried again, when a run stops."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from heapscim import errors
from heapscim.execution.apply import ApplyOptions, apply
from heapscim.model.changes import (
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    MemberRef,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.outcomes import RunResult
from heapscim.model.plan import Baseline, Impact, Plan, in_order
from heapscim.model.state import Link, Links
from tests.builders import TENANT, a_team, an_account
from tests.fakes.journals import MemoryJournal, Naps, Watcher
from tests.fakes.memory_tenant import Fault, MemoryTenant, a_tenant


def a_plan(changes: Iterable[Change]) -> Plan:
    return Plan(TENANT, "sync", in_order(changes), Impact(0, 0, {}, {}), Baseline(0, 0))


def applied(tenant: MemoryTenant, changes: Iterable[Change], journal: MemoryJournal | None = None) -> RunResult:
    options = ApplyOptions(timing=Naps().timing)
    return asyncio.run(apply(a_plan(changes), tenant, journal or MemoryJournal(), Watcher(), options=options))


def a_rename(id: str, name: str, new_name: str) -> RenameGroup:
    return RenameGroup(id, f"x{id}", name, new_name, "renamed")


def a_create(number: int) -> CreateUser:
    return CreateUser(f"p{number}", f"{number}@x.org", {"role": "Analyst"}, "new")


def a_deactivation(number: int) -> DeactivateUser:
    return DeactivateUser(str(number), f"p{number}", f"{number}@x.org", "left")


def a_crowd(count: int, **habits: Any) -> MemoryTenant:  # noqa: ANN401
    return a_tenant(*(an_account(str(number)) for number in range(count)), **habits)


def names(tenant: MemoryTenant) -> dict[str, str]:
    return {group.id: group.name for group in tenant.groups.values()}


def test_access_is_given_before_it_is_taken_and_intent_is_on_disk_before_a_request() -> None:
    tenant, journal = a_tenant(an_account("1"), an_account("2"), a_team("t", "1")), MemoryJournal()
    seen: list[tuple[str, list[str]]] = []

    async def watch(method: str) -> None:
        seen.append((method, sorted(journal.states.values())))

    tenant.before_write = watch
    changes: list[Change] = [
        a_deactivation(1),
        RemoveMembers("t", "g", "T", (MemberRef("1@x.org", "1", "p1"),), "left", 1),
        CreateGroup("h", "H", (MemberRef("3@x.org", None, "p3"),), "bound"),
        a_create(3),
        UpdateUser("2", "p2", "2@x.org", {"role": None}, {"role": "Admin"}, "changed"),
    ]
    watcher = Watcher()
    result = asyncio.run(apply(a_plan(changes), tenant, journal, watcher, options=ApplyOptions(Naps().timing)))
    assert seen == [
        ("create_user", ["sent"]),
        ("update_user", ["done", "sent"]),
        ("create_group", ["done", "done", "sent"]),
        ("change_members", ["done", "done", "done", "sent"]),
        ("update_user", ["done", "done", "done", "done", "sent"]),
    ]
    assert (result.counts, watcher.total, watcher.outcomes) == ({"done": 5}, 5, list(result.outcomes))
    assert tenant.groups["102"].member_ids == {"101"}


def test_one_failure_stops_nobody_else() -> None:
    tenant = a_tenant(faults={"create_user": ["refused", None]})
    result = applied(tenant, [a_create(1), a_create(2)])
    assert result.counts == {"failed": 1, "done": 1}
    assert [(outcome.error_code, outcome.uncertain) for outcome in result.failures] == [("rejected", False)]


def test_what_is_accepted_without_a_word_stays_sent_until_one_look_has_seen_it_all() -> None:
    tenant, journal = a_crowd(300, shows=False), MemoryJournal()
    result = applied(tenant, map(a_deactivation, range(300)), journal)
    assert result.counts == {"done": 300}
    looks = {method: count for method, count in tenant.requests.items() if method != "update_user"}
    assert looks["list"] <= 4 + 4 * 20 // 20
    assert looks.get("get_user", 0) == 0
    first_done = journal.events.index(next(event for event in journal.events if event[1] == "done"))
    assert len({seq for seq, state in journal.events[:first_done] if state == "sent"}) >= 20


def test_a_few_are_looked_at_one_by_one() -> None:
    tenant = a_crowd(300, shows=False)
    assert applied(tenant, map(a_deactivation, range(3))).counts == {"done": 3}
    assert tenant.requests == {"update_user": 3, "get_user": 3}


def test_groups_swap_names_and_a_new_one_takes_a_name_that_came_free() -> None:
    tenant = a_tenant(an_account("1"), a_team("s", name="A"), a_team("t", name="B"), a_team("u", name="C"))
    new = CreateGroup("v", "C", (MemberRef("1@x.org", "1", None),), "bound")
    journal = MemoryJournal()
    result = applied(tenant, [a_rename("s", "A", "B"), a_rename("t", "B", "A"), a_rename("u", "C", "D"), new], journal)
    assert result.failures == ()
    assert names(tenant) == {"s": "B", "t": "A", "u": "D", "101": "C"}
    assert set(journal.states.values()) == {"done"}


def test_a_group_gets_the_name_of_one_that_the_same_run_deletes() -> None:
    tenant = a_tenant(a_team("s", name="A"), a_team("t", name="B"))
    changes: list[Change] = [
        a_rename("s", "A", "B"),
        a_rename("t", "B", "B (t)"),
        DeleteGroup("t", "t", "B", (), "deleted"),
    ]
    assert applied(tenant, changes).failures == ()
    assert names(tenant) == {"s": "B"}


def test_a_name_that_stays_taken_fails_that_rename_alone() -> None:
    tenant = a_tenant(a_team("s", name="A"), a_team("t", name="B"), a_team("u", name="C"))
    result = applied(tenant, [a_rename("s", "A", "B"), a_rename("u", "C", "D")])
    assert [(outcome.change.kind, outcome.error_code) for outcome in result.failures] == [("rename_group", "taken")]
    assert names(tenant) == {"s": "A", "t": "B", "u": "D"}


def test_a_circle_that_cannot_be_broken_fails_as_taken() -> None:
    faults: dict[str, list[Fault | None]] = {"rename_group": [None, None, None, None, "refused"]}
    tenant = a_tenant(a_team("s", name="A"), a_team("t", name="B"), faults=faults)
    result = applied(tenant, [a_rename("s", "A", "B"), a_rename("t", "B", "A")])
    assert [outcome.error_code for outcome in result.failures] == ["taken", "taken"]
    assert names(tenant) == {"s": "A", "t": "B"}


def test_the_run_stops_when_too_much_fails_and_the_rest_is_not_attempted() -> None:
    tenant = a_tenant(faults={"create_user": ["refused"] * 100})
    result = applied(tenant, map(a_create, range(100)))
    assert 20 <= result.counts["failed"] < 30
    assert result.counts["not_attempted"] == 100 - result.counts["failed"]
    assert tenant.requests["create_user"] == result.counts["failed"]
    assert result.outcomes[-1].message == "Stopped: 20 of 20 changes had failed."


def test_two_failures_in_five_are_not_too_much() -> None:
    tenant = a_tenant(faults={"create_user": [None, None, "refused", None, "refused"] * 12})
    assert applied(tenant, map(a_create, range(60))).counts == {"failed": 24, "done": 36}


def test_what_the_ledger_alone_records_does_not_dilute_the_failures() -> None:
    tenant = a_tenant(faults={"change_members": ["refused"] * 40})
    taken_over = [TakeOverGroup(f"t{number}", f"g{number}", f"T{number}", "bound") for number in range(80)]
    leaving = [
        RemoveMembers(f"t{number}", f"g{number}", f"T{number}", (MemberRef("1@x.org", "1", "p1"),), "left", 1)
        for number in range(40)
    ]
    counts = applied(tenant, [*taken_over, *leaving]).counts
    assert (counts["done"], counts["not_attempted"] > 0) == (80, True)


@pytest.mark.parametrize("shows", [True, False])
def test_a_tenant_that_changes_nothing_stops_the_run_early(*, shows: bool) -> None:
    tenant = a_crowd(200, ignores=frozenset({"update_user"}), shows=shows)
    result = applied(tenant, map(a_deactivation, range(200)))
    assert 20 <= result.counts["failed"] <= 40
    assert {outcome.error_code for outcome in result.failures} == {"unchanged", None}


def test_a_refused_token_stops_the_run() -> None:
    tenant = a_tenant(faults={"create_user": ["unauthenticated"] * 50})
    result = applied(tenant, map(a_create, range(50)))
    assert 1 <= result.counts["failed"] <= 8
    assert result.outcomes[-1].message == "Heap rejected the token (401)."


def test_without_a_journal_nothing_is_sent() -> None:
    tenant, journal = a_tenant(), MemoryJournal(breaks_after=6)
    with pytest.raises(errors.LedgerError):
        applied(tenant, map(a_create, range(50)), journal)
    assert tenant.requests["create_user"] <= 6


def interrupted(tenant: MemoryTenant, journal: MemoryJournal, *, times: int) -> RunResult | None:
    """Applies twenty creates, cancels that often once the first requests are under way, and then lets them go on."""

    async def whole() -> RunResult | None:
        under_way, go_on = asyncio.Event(), asyncio.Event()

        async def held(_method: str) -> None:
            under_way.set()
            await go_on.wait()

        tenant.before_write = held
        links = Links((Link("p", "p", "p@x.org"),))  # how this tenant keeps names is known: all may leave at once
        options = ApplyOptions(timing=Naps().timing, links=links)
        run = asyncio.create_task(apply(a_plan(map(a_create, range(20))), tenant, journal, Watcher(), options=options))
        await under_way.wait()
        for _ in range(times):
            run.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        go_on.set()
        try:
            return await run
        except asyncio.CancelledError:
            return None

    return asyncio.run(whole())


def test_an_interrupted_run_finishes_what_is_under_way_and_records_it() -> None:
    tenant, journal = a_tenant(), MemoryJournal()
    result = interrupted(tenant, journal, times=1)
    assert result is not None
    assert (result.interrupted, result.counts) == (True, {"done": 8, "not_attempted": 12})
    assert len(tenant.users) == 8
    assert set(journal.states.values()) == {"done"}


def test_a_run_interrupted_twice_stops_at_once_and_leaves_what_was_under_way_as_sent() -> None:
    tenant, journal = a_tenant(), MemoryJournal()
    assert interrupted(tenant, journal, times=2) is None
    assert tenant.users == {}
    assert set(journal.states.values()) == {"sent"}


def test_a_gateway_that_gives_up_on_every_create_stops_the_run() -> None:
    journal = MemoryJournal()
    tenant = a_tenant(faults={"create_user": ["lost_before"] * 200})
    result = applied(tenant, [a_create(number) for number in range(200)], journal)
    assert tenant.requests["create_user"] < 40
    assert set(result.counts) == {"failed", "not_attempted"}
    assert set(journal.states.values()) == {"sent"}, "each of them may still arrive"


def test_who_watches_is_told_that_the_run_waits() -> None:
    watcher = Watcher()
    tenant, options = a_tenant(faults={"create_user": ["lost_before"]}), ApplyOptions(timing=Naps().timing)
    asyncio.run(apply(a_plan([a_create(1)]), tenant, MemoryJournal(), watcher, options=options))
    ((count, seconds),) = watcher.waits
    assert (count, round(seconds)) == (1, 60)
