"""What the planner makes of accounts and groups that are managed by hand: counted apart, shown, and left alone."""

from dataclasses import replace

import pytest

from heapscim.model.changes import MemberRef, RemoveMembers, TakeOverGroup
from heapscim.model.plan import Baseline, ByHand, TakeOver, Unmanaged
from heapscim.model.state import Link, Links
from tests.builders import a_group, a_person, a_snapshot, a_team, an_account, desired_of, in_heap, links, plan_of, said

BY_HAND = Links(
    (Link("ada", "1", "ada@x.org"), Link("bob@x.org", "2", "bob@x.org", by_hand=True)),
    (Link("g", "t", "G"), Link("alpha", "u", "Alpha", by_hand=True)),
)
HEAP = in_heap(
    [an_account("1", "ada@x.org"), an_account("2", "bob@x.org"), an_account("3", "zed@x.org")],
    [a_team("t", "1", "2", "3", name="G"), a_team("u", "1", "2", name="Alpha")],
)
DIRECTORY = a_snapshot([a_person("ada")], [a_group("g", "ada", name="G")])


def test_it_is_shown_apart_and_counts_for_no_share() -> None:
    plan = plan_of(desired_of(DIRECTORY), HEAP, BY_HAND)
    assert plan.changes == ()
    assert plan.by_hand == (ByHand("group", "u", "Alpha"), ByHand("user", "2", "bob@x.org"))
    assert plan.unmanaged == (Unmanaged("user", "3", "zed@x.org"),)
    assert plan.populations == Baseline(accounts=1, people=1, managed_groups=1, groups=1)
    assert plan.impact.seats_before == plan.impact.seats_after == 3
    assert plan.notices == (
        "G holds 1 account managed by hand; left as they are.",
        "G holds 1 account that nobody manages here; left as they are.",
    )


def test_it_is_shown_of_one_person_alone() -> None:
    plan = plan_of(desired_of(DIRECTORY), HEAP, BY_HAND, only="BOB@x.org")
    assert (plan.by_hand, plan.unmanaged) == ((ByHand("user", "2", "bob@x.org"),), ())


def test_groups_by_hand_are_no_matter_where_groups_are_not_managed() -> None:
    plan = plan_of(desired_of(DIRECTORY, groups=False), HEAP, BY_HAND)
    assert plan.by_hand == (ByHand("user", "2", "bob@x.org"),)


def test_in_a_group_that_nobody_names_any_more_they_stay() -> None:
    directory = a_snapshot([a_person("ada")], [], lists_groups=False)
    heap = in_heap(HEAP.users[:2], [a_team("t", "1", "2", name="G")])
    plan = plan_of(desired_of(directory), heap, BY_HAND)
    ada = MemberRef("ada@x.org", "1", "ada")
    assert plan.changes == (RemoveMembers("t", "g", "G", (ada,), "nobody in people.csv names G", 2),)
    assert "it stays, with those who are managed by hand, or by nobody here." in plan.notices[0]


def test_a_leaver_is_managed_by_the_directory_even_in_a_group_by_hand() -> None:
    plan = plan_of(desired_of(a_snapshot([], [a_group("g", name="G")])), HEAP, BY_HAND)
    assert said(plan) == [
        ("remove_members", "G", "not in G in people.csv"),
        ("deactivate_user", "ada@x.org", "no longer in people.csv"),
    ]


def test_two_of_one_name_are_a_conflict_also_where_one_is_by_hand() -> None:
    heap = in_heap([*HEAP.users, an_account("4", "BOB@x.org")])
    plan = plan_of(desired_of(a_snapshot([a_person("ada"), a_person("bob")])), heap, BY_HAND)
    assert (plan.adoptions, plan.by_hand) == ((), ())
    assert [conflict.kind for conflict in plan.conflicts] == ["ambiguous"]


@pytest.mark.parametrize("by_hand", ["account", "group"])
def test_an_account_and_a_group_of_one_id_are_not_taken_for_each_other(by_hand: str) -> None:
    """Some tenants count accounts and groups apart: an id by hand of one type says nothing of the other."""
    accounts = (Link("x", "7", "ada@x.org", by_hand=True),) if by_hand == "account" else ()
    groups = (Link("y", "7", "G", by_hand=True),) if by_hand == "group" else ()
    heap = in_heap([an_account("7", "ada@x.org")], [a_team("7", "7", name="G")])
    plan = plan_of(desired_of(DIRECTORY), heap, Links(accounts, groups))
    (group,) = (change for change in plan.changes if isinstance(change, TakeOverGroup))
    assert [taken.by_hand for taken in plan.adoptions] == [by_hand == "account"]
    assert group.by_hand is (by_hand == "group")
    alone = plan_of(desired_of(a_snapshot([], [])), heap, Links(accounts, groups))
    assert [(entry.type, entry.id) for entry in alone.by_hand] == [("user" if accounts else "group", "7")]
    assert [(entry.type, entry.id) for entry in alone.unmanaged] == [("group" if accounts else "user", "7")]


def test_an_account_by_hand_stands_in_for_one_whose_name_changed() -> None:
    heap = in_heap([an_account("1", "old@x.org"), an_account("2", "bob@x.org")])
    plan = plan_of(
        desired_of(a_snapshot([a_person("bob")])),
        heap,
        replace(BY_HAND, users=(Link("bob", "1", "old@x.org"), BY_HAND.users[1]), groups=()),
        replace_renamed=True,
    )
    assert plan.adoptions == (TakeOver("2", "bob", "bob@x.org", replaces="1", by_hand=True),)
    assert said(plan) == [("deactivate_user", "old@x.org", "replaced by bob@x.org")]


@pytest.mark.parametrize(
    ("sent", "marked", "now", "reason"),
    [
        ({"role": "Analyst"}, set(), "Admin", "role changed in Heap"),
        ({"role": "Admin"}, set(), "Admin", "role changed in people.csv"),
        ({"role": "Admin"}, {"role"}, "Admin", "role set by hand, not as in people.csv"),
        ({"role": "Consumer"}, set(), "Admin", "role isn't as in people.csv"),
        ({}, set(), "Admin", "role isn't as in people.csv"),
    ],
)
def test_a_reason_says_who_changed_a_value_as_far_as_that_is_known(
    sent: dict[str, str], marked: set[str], now: str, reason: str
) -> None:
    tied = Links((Link("ada", "1", "ada@x.org", sent, set_by_hand=frozenset(marked)),))
    directory = desired_of(a_snapshot([a_person("ada", role="Analyst")]))
    plan = plan_of(directory, in_heap([an_account("1", "ada@x.org", role=now)]), tied)
    assert said(plan) == [("update_user", "ada@x.org", reason)]


def test_several_causes_are_told_apart() -> None:
    tied = Links((Link("ada", "1", "ada@x.org", {"role": "Analyst", "name.givenName": "A"}),))
    person = a_person("ada", role="Analyst", firstname="Ada", lastname="King")
    account = an_account("1", "ada@x.org", role="Admin", given="A", family="L")
    plan = plan_of(desired_of(a_snapshot([person])), in_heap([account]), tied)
    assert said(plan)[0][2] == (
        "name.familyName isn't as in people.csv; name.givenName changed in people.csv; role changed in Heap"
    )


def test_a_group_is_known_to_be_renamed_by_whom() -> None:
    directory = desired_of(a_snapshot([], [a_group("g", name="New")]))
    heap = in_heap([], [a_team("t", name="Old")])
    found = {
        said(plan_of(directory, heap, Links((), (Link("g", "t", name, set_by_hand=marked),))))[0][2]
        for name, marked in (
            ("Old", frozenset[str]()),
            ("Old", frozenset({"displayName"})),
            ("New", frozenset[str]()),
            ("Other", frozenset[str]()),
        )
    }
    assert found == {
        "renamed in people.csv", "renamed by hand, not in people.csv", "renamed in Heap", "called New in people.csv"
    }  # fmt: skip
    assert links({}, {"g": "t"}).groups[0].set_by_hand == frozenset()
