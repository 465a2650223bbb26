"""A ledger that is new, lost or of another time says whom nobody takes access from any more."""

import pytest

from heapscim.model.plan import Plan
from tests.builders import a_group, a_person, a_snapshot, a_team, an_account, desired_of, in_heap, links, plan_of

PEOPLE = [a_person(name) for name in "abcd"]
ACCOUNTS = [an_account(name.upper()) for name in "abcdxyz"]
TEAM = a_team("t", "A", "X", "Y", name="Design")


def said(plan: Plan) -> list[str]:
    return [notice.partition(": left alone.")[0] for notice in plan.notices if "This ledger" in notice]


def a_plan(known: str = "", *, team: bool = True, people: list[object] | None = None) -> Plan:
    groups = [a_group("g", "a", name="design")] if team else None
    snapshot = a_snapshot(PEOPLE if people is None else people, groups)  # type: ignore[arg-type]
    return plan_of(desired_of(snapshot), in_heap(ACCOUNTS, [TEAM]), links({name: name.upper() for name in known}))


def test_a_ledger_that_knows_nobody_counts_strangers_in_bound_groups() -> None:
    assert said(a_plan()) == ["This ledger knows nobody yet; 2 accounts are in bound groups and not in people.csv"]
    assert "`heapscim users deactivate NAME …`" in a_plan().notices[-1]


def test_without_groups_every_active_stranger_counts() -> None:
    assert said(a_plan(team=False)) == [
        "This ledger knows nobody yet; 3 accounts are active in Heap and not in people.csv"
    ]


def test_links_to_accounts_that_are_gone_are_no_knowledge() -> None:
    plan = plan_of(desired_of(a_snapshot(PEOPLE, None)), in_heap(ACCOUNTS), links({"a": "gone"}))
    assert said(plan)[0].startswith("This ledger knows nobody yet")


@pytest.mark.parametrize(("known", "says"), [("a", True), ("ab", False), ("abcd", False)])
def test_a_ledger_of_another_time_knows_fewer_than_half(known: str, *, says: bool) -> None:
    expected = "This ledger knows 1 of 4 accounts that people.csv asks for; 2 accounts are in bound groups and not in"
    assert said(a_plan(known)) == ([f"{expected} people.csv"] if says else [])


def test_whoever_is_out_of_scope_counts_and_is_said_to_be() -> None:
    people = [*PEOPLE[:3], a_person("d", active=False), a_person("x", active=False)]
    assert said(a_plan(people=people)) == [  # type: ignore[arg-type]
        "This ledger knows nobody yet; 2 accounts are in bound groups and not in people.csv, or out of scope there"
    ]


def test_nobody_is_counted_who_is_inactive_wanted_or_in_no_bound_group() -> None:
    current = in_heap(
        [an_account("A"), an_account("X", active=False), an_account("Y")], [a_team("t", "X"), a_team("u", "Y")]
    )
    assert said(plan_of(desired_of(a_snapshot(PEOPLE[:1], [a_group("t", "a")])), current)) == []


def test_an_empty_tenant_has_nobody_to_speak_of() -> None:
    assert plan_of(desired_of(a_snapshot(PEOPLE)), in_heap()).notices == ()
