"""Guards refuse with the arithmetic, and a larger limit never refuses more."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from heapscim.provisioning.changes import DeactivateUser, MemberRef, RemoveMembers, UpdateUser
from heapscim.provisioning.guards import Allowances, Limits, check
from heapscim.provisioning.plan import Impact, Plan, Populations

START = Plan("t", "sync", (), Impact(0, 0, {}, {}), Populations(100, 100))


def a_plan(removals: int = 0, updates: int = 0, population: int = 100) -> Plan:
    changes = [DeactivateUser(str(n), None, f"u{n}", "r") for n in range(removals)]
    changed = [UpdateUser(str(n), None, f"v{n}", {}, {}, "r") for n in range(updates)]
    return replace(START, changes=(*changes, *changed), populations=Populations(population, population))


def codes(plan: Plan, limits: Limits = Limits(), allowances: Allowances = Allowances()) -> list[str]:
    return [violation.code for violation in check(plan, limits, allowances)]


def test_shares_are_judged_above_a_population_of_ten() -> None:
    assert codes(a_plan(removals=10)) == []
    assert codes(a_plan(removals=11)) == ["removals"]
    assert codes(a_plan(removals=11), allowances=Allowances(removals=11)) == []
    assert codes(a_plan(removals=9, population=9)) == []
    assert codes(a_plan(removals=5), Limits(removal_count=4)) == ["removals"]
    assert codes(a_plan(updates=31)) == ["updates"]
    assert codes(a_plan(updates=31), allowances=Allowances(updates=31)) == []


def test_an_empty_source_is_refused_unless_the_number_is_given() -> None:
    plan = replace(a_plan(removals=3, population=5), populations=Populations(5, 0), source="people.csv")
    found = check(plan, Limits(), Allowances())
    assert [violation.message for violation in found] == [
        "people.csv holds nobody in scope, and 3 accounts would be deactivated."
    ]
    assert codes(plan, allowances=Allowances(removals=3)) == []


def test_one_group_does_not_lose_more_than_half() -> None:
    members = tuple(MemberRef(f"u{n}", str(n), None) for n in range(6))
    plan = replace(START, changes=(RemoveMembers("g", None, "G", members, "r", 10),))
    assert [violation.message for violation in check(plan, Limits(), Allowances())] == [
        "6 of 10 members of G would leave it: 60.0%, above the limit of 50%."
    ]
    assert codes(plan, allowances=Allowances(member_removals=6)) == []


def test_protected_people_are_not_touched() -> None:
    plan = a_plan(removals=1)
    assert codes(plan, Limits(protect=("U*",))) == ["protected"]
    members = (MemberRef("root@x", "1", None),)
    assert codes(
        replace(START, changes=(RemoveMembers("g", None, "G", members, "r", 2),)), Limits(protect=("root@*",))
    ) == ["protected"]


def test_the_last_admin_stays() -> None:
    plan = replace(START, impact=Impact(2, 1, {"admin": 1, "": 1}, {"": 1}))
    assert codes(plan) == ["last_admin"]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_larger_limit_never_refuses_more(removals: int, updates: int, small: int, more: int) -> None:
    plan = a_plan(removals, updates)
    tight, loose = Allowances(small, small), Allowances(small + more, small + more)
    assert set(codes(plan, allowances=loose)) <= set(codes(plan, allowances=tight))
    low, high = Limits(removal_share=small / 100), Limits(removal_share=(small + more) / 200 + small / 200)
    assert set(codes(plan, high)) <= set(codes(plan, low))
