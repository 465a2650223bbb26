"""Whatever the plan: a larger limit or allowance never refuses more, and nothing to do is never refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from heapscim.model.changes import (
    Change,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    RemoveMembers,
    UpdateUser,
)
from heapscim.model.plan import Baseline, Plan, TakeOver, Withheld
from heapscim.planning.guards import Allowances, Limits, check
from heapscim.planning.impact import impact_of
from tests.builders import TENANT, an_account, in_heap

NAMES = st.sampled_from(["ada", "grace", "alan", "root", "svc-1"])
ROLES = st.sampled_from(["Admin", "Analyst"])
MEMBERS = st.lists(st.builds(lambda name: MemberRef(name, name, None), NAMES), max_size=12).map(tuple)
IDS = st.integers(0, 15).map(str)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(lambda name, role: CreateUser(name, name, {"role": role}, "r"), NAMES, ROLES),
    st.builds(lambda key, name, role: UpdateUser(key, None, name, {}, {"role": role}, "r"), IDS, NAMES, ROLES),
    st.builds(lambda key, name: ReactivateUser(key, None, name, {}, {}, "r"), IDS, NAMES),
    st.builds(lambda key, name: DeactivateUser(key, None, name, "r"), IDS, NAMES),
    st.builds(lambda key, name: DeleteUser(key, None, name, {}, "r"), IDS, NAMES),
    st.builds(lambda key, members, more: RemoveMembers(key, None, key, members, "r", len(members) + more),
              IDS, MEMBERS, st.integers(0, 12)),
    st.builds(lambda key, members: DeleteGroup(key, None, key, members, "r"), IDS, MEMBERS),
)  # fmt: skip
HEAP = in_heap([an_account(str(number), role="Admin" if number < 2 else "Analyst") for number in range(16)])


@st.composite
def plans(draw: st.DrawFn, changes: st.SearchStrategy[list[Change]] = st.lists(CHANGES, max_size=20)) -> Plan:
    made = tuple(draw(changes))
    populations = Baseline(
        accounts=draw(st.integers(0, 40)),
        people=draw(st.integers(0, 3)),
        managed_groups=draw(st.integers(0, 12)),
        groups=draw(st.none() | st.integers(0, 3)),
    )
    command = draw(st.sampled_from(["sync", "undo 1", "users deactivate", "groups remove"]))
    withheld = tuple(Withheld(change, "unproven") for change in draw(st.lists(CHANGES, max_size=5)))
    adoptions = tuple(TakeOver(id, f"p{id}", id) for id in draw(st.sets(IDS, max_size=3)))
    return Plan(
        TENANT,
        command,
        made,
        impact_of(made, HEAP),
        populations,
        source="people.csv",
        adoptions=adoptions,
        withheld=withheld,
    )


SHARES = st.floats(0, 1)
COUNTS = st.none() | st.integers(0, 20)
LIMITS = st.builds(
    Limits,
    removal_share=SHARES,
    removal_count=COUNTS,
    update_share=SHARES,
    member_removal_share=SHARES,
    group_deletion_share=SHARES,
    min_population=st.integers(0, 20),
    protect=st.lists(st.sampled_from(["root", "svc-*", "*"]), max_size=2).map(tuple),
)
ALLOWANCES = st.builds(
    Allowances, removals=COUNTS, updates=COUNTS, member_removals=COUNTS, group_deletions=COUNTS
)  # fmt: skip


def refused(plan: Plan, limits: Limits, allowances: Allowances) -> set[tuple[str, str]]:
    """What is refused, told apart by what it is about; the limit itself stands at the end of a message."""
    return {
        (violation.code, violation.message.partition(": ")[0].partition("; the limit")[0])
        for violation in check(plan, limits, allowances)
    }


@given(plans(), LIMITS, ALLOWANCES, st.data())
def test_a_larger_limit_never_refuses_more(
    plan: Plan, limits: Limits, allowances: Allowances, data: st.DataObject
) -> None:
    larger: dict[str, Any] = {
        name: data.draw(st.floats(getattr(limits, name), 1))
        for name in ("removal_share", "update_share", "member_removal_share", "group_deletion_share")
    }
    if limits.removal_count is not None:
        larger["removal_count"] = data.draw(st.none() | st.integers(limits.removal_count, 30))
    larger["min_population"] = data.draw(st.integers(limits.min_population, 50))
    larger["protect"] = limits.protect[1:]
    assert refused(plan, replace(limits, **larger), allowances) <= refused(plan, limits, allowances)


@given(plans(), LIMITS, ALLOWANCES, st.data())
def test_a_larger_allowance_never_refuses_more(
    plan: Plan, limits: Limits, allowances: Allowances, data: st.DataObject
) -> None:
    numbers: Mapping[str, int | None] = {name: getattr(allowances, name) for name in Allowances.__dataclass_fields__}
    larger = Allowances(**{name: data.draw(st.integers(number or 0, 40)) for name, number in numbers.items()})
    assert refused(plan, limits, larger) <= refused(plan, limits, allowances)


@given(plans(), LIMITS, ALLOWANCES, st.integers(0, 40))
def test_a_larger_team_never_has_less_allowed(plan: Plan, limits: Limits, allowances: Allowances, more: int) -> None:
    """Nine may lose as many as ten; only who is taken over for the first time counts from there on."""
    people, larger = plan.populations, replace(plan.populations, accounts=plan.populations.accounts + more)
    assume(people.accounts and not plan.command.startswith(("users ", "groups ")))
    codes = [
        {violation.code for violation in check(replace(plan, populations=each, adoptions=()), limits, allowances)}
        for each in (people, larger)
    ]
    assert codes[1] <= codes[0]


@given(plans(changes=st.just([])), LIMITS)
def test_a_plan_without_changes_is_never_refused(plan: Plan, limits: Limits) -> None:
    assert check(plan, limits, Allowances()) == ()


@given(plans())
def test_the_numbers_a_refusal_names_are_the_way_past_it(plan: Plan) -> None:
    limits = Limits(removal_share=0, update_share=0, member_removal_share=0, group_deletion_share=0)
    options = {"removals": "removals", "updates": "updates", "member-removals": "member_removals",
               "group-deletions": "group_deletions"}  # fmt: skip
    numbers: dict[str, int] = {}
    for violation in check(plan, limits, Allowances()):
        _, mark, rest = violation.hint.partition("--allow-")
        if mark:
            name, number = rest.rstrip("`.").split()
            numbers[options[name]] = max(numbers.get(options[name], 0), int(number))
    left = {violation.code for violation in check(plan, limits, Allowances(**numbers))}
    assert left <= {"last_admin"}
