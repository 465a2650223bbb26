"""Guards refuse with the arithmetic and the number that is the way past."""

from dataclasses import replace

import pytest

from heapscim.model.changes import (
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    RemoveMembers,
    UpdateUser,
)
from heapscim.model.plan import Baseline, Impact, Plan, TakeOver, Withheld
from heapscim.planning.guards import Allowances, Limits, check, small_team
from heapscim.planning.impact import admin_notices
from tests.builders import (
    a_group,
    a_person,
    a_snapshot,
    a_team,
    an_account,
    desired_of,
    in_heap,
    links,
    plan_of,
)

START = Plan("t", "sync", (), Impact(0, 0, {}, {}), Baseline(100, 100))


def a_plan(removals: int = 0, updates: int = 0, population: int = 100) -> Plan:
    changes = [DeactivateUser(str(n), None, f"u{n}", "r") for n in range(removals)]
    changed = [UpdateUser(str(n), None, f"v{n}", {}, {}, "r") for n in range(updates)]
    return replace(START, changes=(*changes, *changed), populations=Baseline(population, population))


def codes(plan: Plan, limits: Limits = Limits(), allowances: Allowances = Allowances()) -> list[str]:
    return [violation.code for violation in check(plan, limits, allowances)]


def test_shares_are_judged_from_a_population_of_ten_on() -> None:
    assert codes(a_plan(removals=10)) == []
    assert codes(a_plan(removals=11)) == ["removals"]
    assert codes(a_plan(removals=11), allowances=Allowances(removals=11)) == []
    assert codes(a_plan(removals=5), Limits(removal_count=4)) == ["removals"]
    assert codes(a_plan(updates=31)) == ["updates"]
    assert codes(a_plan(updates=31), allowances=Allowances(updates=31)) == []


@pytest.mark.parametrize("population", [1, 2, 8, 9, 10])
def test_a_small_team_is_judged_as_if_it_were_of_ten(population: int) -> None:
    assert codes(a_plan(removals=1, updates=3, population=population)) == []
    assert codes(a_plan(removals=2, updates=4, population=population)) == ["removals", "updates"]
    assert codes(leaving(5, size=max(population, 5))) == []
    assert codes(leaving(6, size=max(population, 6))) == ["member_removals"]
    past = Allowances(removals=4, updates=4, member_removals=6)
    assert codes(a_plan(removals=4, updates=4, population=population), allowances=past) == []
    assert codes(leaving(6, size=8), allowances=past) == []


def test_a_small_team_is_refused_with_its_limit_as_a_number() -> None:
    found = check(a_plan(removals=4, updates=5, population=8), Limits(), Allowances())
    assert [(violation.message, violation.hint) for violation in found] == [
        ("4 of 8 managed accounts would lose access; the limit of fewer than 10 is 1.",
         "Look at the removals; if they are right, `--allow-removals 4`."),
        ("5 of 8 managed accounts would change; the limit of fewer than 10 is 3.",
         "Look at the updates; if they are right, `--allow-updates 5`."),
    ]  # fmt: skip
    assert [violation.message for violation in check(leaving(7, size=7), Limits(), Allowances())] == [
        "7 of 7 members of G would leave it; the limit of fewer than 10 is 5."
    ]
    generous = Limits(removal_share=0.5, min_population=20)
    assert codes(a_plan(removals=10, population=19), generous) == []
    assert [violation.message for violation in check(a_plan(removals=11, population=19), generous, Allowances())] == [
        "11 of 19 managed accounts would lose access; the limit of fewer than 20 is 10."
    ]


def test_a_plan_says_the_limit_of_a_small_team_wherever_somebody_loses_access() -> None:
    words = "in a run without `--allow-removals`."
    assert small_team(a_plan(removals=1, population=8), Limits()) == (
        f"Small team (8 managed accounts, fewer than 10): at most 1 removal {words}",
    )
    assert small_team(a_plan(removals=4, population=1), Limits(removal_share=0.29)) == (
        f"Small team (1 managed account, fewer than 10): at most 2 removals {words}",
    )
    assert small_team(a_plan(removals=1, population=8), Limits(removal_count=0)) == (
        f"Small team (8 managed accounts, fewer than 10): at most 0 removals {words}",
    )
    for silent in (a_plan(updates=3, population=8), a_plan(removals=1, population=10)):
        assert small_team(silent, Limits()) == ()
    assert small_team(replace(a_plan(removals=1, population=8), command="users deactivate"), Limits()) == ()


def test_whoever_is_named_by_hand_in_a_small_team_is_no_surprise() -> None:
    assert codes(replace(a_plan(removals=4, updates=4, population=8), command="users deactivate")) == []
    assert codes(leaving(8, size=8, command="groups remove")) == []
    assert codes(replace(a_plan(removals=4, population=8), command="undo 1")) == ["removals"]


def test_accounts_that_a_small_team_only_takes_over_are_no_updates() -> None:
    taken = tuple(TakeOver(str(n), f"p{n}", f"v{n}") for n in range(4))
    first = replace(a_plan(updates=5, population=1), adoptions=taken)
    assert codes(first) == []
    assert codes(replace(first, adoptions=taken[:1])) == ["updates"]
    assert codes(replace(a_plan(updates=5, population=10), adoptions=taken)) == ["updates"]
    assert codes(a_plan(updates=5, population=0)) == []


def test_no_population_is_too_small_for_a_share_of_it_where_that_is_asked_for() -> None:
    anyone = Limits(min_population=0)
    assert codes(a_plan(removals=1, updates=1, population=1), anyone) == ["removals", "updates"]
    assert codes(a_plan(updates=1, population=0), anyone) == []
    assert codes(leaving(1, size=1), anyone) == ["member_removals"]
    assert codes(leaving(1, size=0), anyone) == []


def test_whoever_is_deleted_loses_access_and_whoever_is_reactivated_is_updated() -> None:
    deleted = tuple(DeleteUser(str(n), None, f"u{n}", {}, "r") for n in range(11))
    reactivated = tuple(ReactivateUser(str(n), None, f"v{n}", {}, {}, "r") for n in range(31))
    assert codes(replace(START, changes=(*deleted, *reactivated))) == ["removals", "updates"]


def test_a_count_is_refused_above_it_and_in_the_singular_for_one() -> None:
    assert codes(a_plan(removals=4), Limits(removal_count=4)) == []
    messages = [
        [violation.message for violation in check(a_plan(removals=number), Limits(removal_count=0), Allowances())]
        for number in (1, 2)
    ]
    assert messages == [
        ["1 account would lose access; the limit is 0."],
        ["2 accounts would lose access; the limit is 0."],
    ]
    alone = replace(a_plan(removals=1, population=1), populations=Baseline(1, 0), source="people.csv")
    assert [violation.message for violation in check(alone, Limits(), Allowances())] == [
        "people.csv holds nobody in scope, and 1 account would lose access."
    ]


def test_an_empty_source_is_refused_unless_the_number_is_given() -> None:
    plan = replace(a_plan(removals=3, population=5), populations=Baseline(5, 0), source="people.csv")
    found = check(plan, Limits(), Allowances())
    assert [violation.message for violation in found] == [
        "people.csv holds nobody in scope, and 3 accounts would lose access.",
        "3 of 5 managed accounts would lose access; the limit of fewer than 10 is 1.",
    ]
    assert codes(plan, allowances=Allowances(removals=3)) == []


def leaving(removals: int, *, size: int, command: str = "sync") -> Plan:
    members = tuple(MemberRef(f"u{n}", str(n), None) for n in range(removals))
    return replace(START, command=command, changes=(RemoveMembers("g", None, "G", members, "r", size),))


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


def test_any_pattern_protects_and_each_protected_person_is_named_once_in_order() -> None:
    members = (MemberRef("zoe", "1", None), MemberRef("bob", "2", None))
    twice = (RemoveMembers("g", None, "G", members, "r", 3), DeleteGroup("h", None, "H", members, "r"))
    plan = replace(START, changes=(*twice, DeactivateUser("3", None, "ann", "r")))
    found = check(plan, Limits(protect=("zoe", "a*", "nobody")), Allowances())
    assert [violation.message.split()[0] for violation in found] == ["ann", "zoe"]


def test_the_last_admin_stays() -> None:
    plan = replace(START, impact=Impact(2, 1, {"admin": 1, "": 1}, {"": 1}))
    assert codes(plan) == ["last_admin"]
    assert codes(replace(START, impact=Impact(2, 2, {"Admin": 2}, {"ADMIN": 1, "": 1}))) == []
    assert codes(replace(START, impact=Impact(1, 1, {"": 1}, {"": 1}))) == []


def deleting(groups: int, *, managed: int, listed: int | None = 1, command: str = "sync") -> Plan:
    changes = tuple(DeleteGroup(str(n), str(n), f"G{n}", (), "r") for n in range(groups))
    return replace(
        START,
        command=command,
        source="people.yaml",
        changes=changes,
        populations=Baseline(100, 100, managed, listed),
    )


def test_one_group_may_go_and_a_tenth_of_them_but_not_more() -> None:
    assert codes(deleting(1, managed=5)) == []
    assert codes(deleting(3, managed=30)) == []
    found = check(deleting(2, managed=5), Limits(), Allowances())
    assert [(violation.message, violation.hint) for violation in found] == [
        ("2 of 5 managed groups would be deleted: 40.0%, above the limit of 10%.",
         "Look at the groups; if they are to go, `--allow-group-deletions 2`."),
    ]  # fmt: skip
    assert codes(deleting(2, managed=5), allowances=Allowances(group_deletions=2)) == []
    assert codes(deleting(2, managed=5), Limits(group_deletion_share=0.4)) == []


def test_a_directory_that_suddenly_lists_no_group_deletes_none() -> None:
    found = check(deleting(1, managed=1, listed=0), Limits(), Allowances())
    assert [violation.message for violation in found] == [
        "people.yaml lists no group, and 1 managed group would be deleted."
    ]
    assert codes(deleting(1, managed=1, listed=0), allowances=Allowances(group_deletions=1)) == []
    assert codes(deleting(1, managed=1, listed=0, command="undo 1")) == []
    assert codes(deleting(1, managed=1, listed=None)) == []


def test_groups_that_are_released_are_no_deletions() -> None:
    released = tuple(ReleaseGroup(str(n), str(n), f"G{n}", "r") for n in range(5))
    assert codes(replace(START, changes=released, populations=Baseline(100, 100, 5, 0))) == []


@pytest.mark.parametrize("scope", ["all", "groups"])
def test_a_directory_of_nobody_in_scope_is_an_empty_one(scope: str) -> None:
    """Only inactive people; or nobody in a bound group; also where one person alone is asked for."""
    everybody = [a_person("a", active=scope == "groups")]
    desired = desired_of(a_snapshot(everybody, [a_group("g", "a", bound=False)]), scope=scope)  # type: ignore[arg-type]
    current, tied = in_heap([an_account("1", "a@x.org")]), links({"a": "1"})
    assert codes(plan_of(desired, current, tied)) == ["empty_source"]
    assert codes(plan_of(desired, current, tied, only="a@x.org")) == ["empty_source"]
    assert codes(plan_of(desired, in_heap([an_account("1", active=False)]), tied)) == []


def test_the_planner_counts_what_shares_are_taken_of() -> None:
    current = in_heap([an_account("1"), an_account("2", active=False), an_account("3")], [a_team("t"), a_team("u")])
    tied = links({"a": "1", "b": "2"}, {"g": "t", "gone": "x"})
    snapshot = a_snapshot([a_person("a")], [a_group("g", "a"), a_group("h", bound=False)])
    assert plan_of(desired_of(snapshot), current, tied).populations == Baseline(1, 1, 1, 2)
    unlisted = a_snapshot([a_person("a")], [a_group("g", "a")], lists_groups=False)
    assert plan_of(desired_of(unlisted), current, tied).populations == Baseline(1, 1, 1, None)


def test_one_person_named_by_hand_is_never_past_a_share_and_two_may_be() -> None:
    strict = Limits(removal_share=0.01, update_share=0.01, member_removal_share=0.01)
    one = replace(a_plan(removals=1, updates=1, population=12), command="users deactivate")
    assert codes(one, strict) == []
    assert codes(replace(one, command="sync"), strict) == ["removals", "updates"]
    assert codes(one, Limits(removal_count=0)) == ["removals"]
    two = replace(a_plan(removals=2, population=12), command="users deactivate")
    assert [violation.message for violation in check(two, Limits(), Allowances())] == [
        "2 of 12 active accounts would lose access: 16.7%, above the limit of 10%."
    ]
    member = (MemberRef("u", "1", None),)
    left = replace(START, command="groups remove", changes=(RemoveMembers("g", None, "G", member, "r", 12),))
    assert codes(left, strict) == []
    assert codes(replace(left, command="sync"), strict) == ["member_removals"]
    assert codes(leaving(2, size=12, command="groups remove"), strict) == ["member_removals"]


def test_a_share_is_compared_exactly() -> None:
    assert codes(a_plan(removals=29), Limits(removal_share=0.29)) == []
    assert codes(a_plan(removals=3, population=30)) == []


def test_what_is_withheld_does_not_count() -> None:
    plan = replace(START, withheld=tuple(Withheld(change, "unproven") for change in a_plan(removals=50).changes))
    assert codes(plan, Limits(removal_share=0, removal_count=0, protect=("*",))) == []


def test_the_last_admin_stays_where_roles_are_not_shown_too() -> None:
    people = [a_person("b"), a_person("a", active=False)]
    tied = replace(links({"a": "1", "b": "2"}))
    sent = replace(tied, users=(replace(tied.users[0], sent={"role": "Admin"}), tied.users[1]))
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "b@x.org")])
    plan = plan_of(desired_of(a_snapshot(people)), current, sent, unreadable=frozenset({"role"}))
    assert codes(plan) == ["last_admin"]


def test_an_admin_who_has_access_again_is_called_out() -> None:
    back = ReactivateUser("1", "a", "a@x.org", {}, {}, "r", role="admin")
    demoted = ReactivateUser("2", "b", "b@x.org", {"role": "Admin"}, {"role": None}, "r", role="Admin")
    assert admin_notices((back, demoted), "Admin") == ("a@x.org becomes Admin.",)
