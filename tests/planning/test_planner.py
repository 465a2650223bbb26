"""What a plan holds, by the rows of the article."""

import gc
from dataclasses import replace

import pytest

from heapscim.errors import SettingsError
from heapscim.model.changes import (
    AddMembers,
    CreateGroup,
    DeactivateUser,
    DeleteGroup,
    MemberRef,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.desired import DesiredState, DesiredUser
from heapscim.model.directory import Person
from heapscim.model.plan import FORMAT, Covered, Unmanaged, plan_from_json, plan_to_json
from heapscim.model.state import CurrentState, Link, Links
from tests.builders import (
    PROVEN,
    UNPROVEN,
    a_group,
    a_person,
    a_snapshot,
    a_team,
    an_account,
    desired_of,
    in_heap,
    links,
    plan_of,
    said,
)


def test_a_new_person_is_created_and_an_inactive_one_is_not() -> None:
    plan = plan_of(desired_of(a_snapshot([a_person("a"), a_person("b", active=False)])), in_heap())
    assert said(plan) == [("create_user", "a@x.org", "new in people.csv")]
    assert [skip.reason for skip in plan.skips] == ["inactive in the directory"]
    assert (plan.impact.seats_before, plan.impact.seats_after) == (0, 1)


def test_an_account_of_the_same_name_is_taken_over_without_a_change() -> None:
    plan = plan_of(desired_of(a_snapshot([a_person("a")])), in_heap([an_account("1", "A@X.org")]))
    assert plan.is_empty
    assert [(entry.id, entry.external_id) for entry in plan.adoptions] == [("1", "a")]


def test_only_what_differs_and_is_mapped_is_updated() -> None:
    person = a_person("a", firstname="Ada", lastname="King", role="admin")
    account = an_account("1", "a@x.org", given="Ada", family="Lovelace", role="Admin")
    plan = plan_of(desired_of(a_snapshot([person])), in_heap([account]), links({"a": "1"}))
    assert plan.changes == (
        UpdateUser("1", "a", "a@x.org", {"name.familyName": "Lovelace"}, {"name.familyName": "King"},
                   "name.familyName isn't as in people.csv"),
    )  # fmt: skip
    assert plan.adoptions == (), "it was linked already"


def test_no_role_in_the_directory_leaves_heaps_role() -> None:
    plan = plan_of(
        desired_of(a_snapshot([a_person("a")])), in_heap([an_account("1", "a@x.org", role="Admin")]), links({"a": "1"})
    )
    assert plan.is_empty


def test_a_leaver_is_deactivated_and_a_stranger_is_reported() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "b@x.org")])
    plan = plan_of(desired_of(a_snapshot([])), current, links({"a": "1"}))
    assert said(plan) == [("deactivate_user", "a@x.org", "no longer in people.csv")]
    assert plan.unmanaged == (Unmanaged("user", "2", "b@x.org"),)


def test_leavers_are_deleted_where_the_profile_says_so() -> None:
    plan = plan_of(
        desired_of(a_snapshot([])), in_heap([an_account("1", role="Admin")]), links({"a": "1"}), deprovision="delete"
    )
    assert [change.kind for change in plan.changes] == ["delete_user"]
    assert plan.notices == ("1@x.org is no longer Admin.",)


def test_a_returner_is_reactivated_with_what_changed() -> None:
    current = in_heap([an_account("1", "a@x.org", active=False, given="A")])
    plan = plan_of(desired_of(a_snapshot([a_person("a", firstname="Ada")])), current, links({"a": "1"}))
    assert said(plan) == [("reactivate_user", "a@x.org", "in people.csv, inactive in Heap")]
    fresh = plan_of(desired_of(a_snapshot([a_person("a", firstname="Ada")])), current)
    assert said(fresh) == [("reactivate_user", "a@x.org", "in people.csv, inactive in Heap")]


def test_an_account_that_vanished_is_created_again() -> None:
    plan = plan_of(desired_of(a_snapshot([a_person("a")])), in_heap(), links({"a": "1"}))
    assert said(plan) == [("create_user", "a@x.org", "its account is gone from Heap")]


def test_ids_added_to_a_roster_later_move_the_link_and_deactivate_nobody() -> None:
    person = Person("17", {"username": "a@x.org"})
    plan = plan_of(desired_of(a_snapshot([person])), in_heap([an_account("1", "a@x.org")]), links({"a@x.org": "1"}))
    assert plan.is_empty
    assert [entry.external_id for entry in plan.adoptions] == ["17"]


def test_two_accounts_of_one_name_are_a_conflict() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "A@x.org")])
    plan = plan_of(desired_of(a_snapshot([a_person("a")])), current)
    assert plan.is_empty
    assert "could be any of 2 accounts" in plan.conflicts[0].message


def test_a_name_that_belongs_to_somebody_else_is_a_conflict() -> None:
    people = [Person("a", {"username": "b@x.org"}), Person("b", {"username": "c@x.org"})]
    plan = plan_of(desired_of(a_snapshot(people)), in_heap([an_account("2", "b@x.org")]), links({"b": "2"}))
    assert plan.is_empty
    assert sorted(conflict.kind for conflict in plan.conflicts) == ["ambiguous", "user_name_changed"]
    replaced = plan_of(
        desired_of(a_snapshot(people)), in_heap([an_account("2", "b@x.org"), an_account("3", "c@x.org")]),
        links({"b": "2", "z": "3"}), replace_renamed=True,
    )  # fmt: skip
    assert "user_name_changed" in {conflict.kind for conflict in replaced.conflicts}


def test_replacing_takes_over_an_account_of_the_new_name_and_moves_memberships() -> None:
    people = [Person("a", {"username": "new@x.org"})]
    current = in_heap([an_account("1", "old@x.org"), an_account("2", "new@x.org")], [a_team("g", "1", name="G")])
    tied = links({"a": "1"}, {"g": "g"})
    plan = plan_of(desired_of(a_snapshot(people, [a_group("g", "a", name="G")])), current, tied, replace_renamed=True)
    assert [change.kind for change in plan.changes] == ["add_members", "remove_members", "deactivate_user"]
    assert plan.adoptions[0].replaces == "1"
    assert [change.members for change in plan.changes if isinstance(change, AddMembers | RemoveMembers)] == [
        (MemberRef("new@x.org", "2", "a"),),
        (MemberRef("old@x.org", "1", "a"),),
    ]
    stranger = replace(current, groups=(a_team("g", "1", "2", name="G"),))
    plan = plan_of(desired_of(a_snapshot(people, [a_group("g", "a", name="G")])), stranger, tied, replace_renamed=True)
    assert (plan.notices, plan.unmanaged) == ((), ()), "who stands in is no stranger"


def test_who_is_replaced_by_a_new_account_joins_and_leaves_their_groups_by_the_right_one() -> None:
    person = a_person("a", username="new@x.org")
    current = in_heap([an_account("1", "old@x.org")], [a_team("t", "1", name="G")])
    tied = links({"a": "1"}, {"g": "t"})
    plan = plan_of(desired_of(a_snapshot([person], [a_group("g", "a")])), current, tied, replace_renamed=True)
    members = {change.kind: change.members for change in plan.changes if isinstance(change, AddMembers | RemoveMembers)}
    assert members == {
        "add_members": (MemberRef("new@x.org", None, "a"),),
        "remove_members": (MemberRef("old@x.org", "1", "a"),),
    }


def test_whoever_is_taken_over_and_leaves_a_group_is_named_by_both_ids() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "b@x.org")], [a_team("t", "1", "2", name="G")])
    snapshot = a_snapshot([a_person("a"), a_person("b")], [a_group("g", "a"), a_group("h", "b")])
    plan = plan_of(desired_of(snapshot), current, links({"a": "1"}, {"g": "t"}))
    (leaving,) = (change for change in plan.changes if isinstance(change, RemoveMembers))
    assert leaving.members == (MemberRef("b@x.org", "2", "b"),)
    assert plan.covered == (Covered("b@x.org", "G", ("H",)),)


def test_whose_account_vanished_joins_by_the_one_that_is_made() -> None:
    current = in_heap([an_account("2", "b@x.org")], [a_team("t", name="G")])
    tied = links({"a": "1", "b": "2"}, {"g": "t"})
    snapshot = a_snapshot([a_person("a"), a_person("b")], [a_group("g", "a", "b")])
    (joining,) = (
        change for change in plan_of(desired_of(snapshot), current, tied).changes if change.kind == "add_members"
    )
    assert joining.members == (MemberRef("a@x.org", None, "a"), MemberRef("b@x.org", "2", "b"))


def test_a_group_under_a_new_id_is_taken_over_and_not_deleted_under_the_old_one() -> None:
    current, tied = in_heap([an_account("1", "a@x.org")], [a_team("t", "1", name="G")]), links({"a": "1"}, {"old": "t"})
    plan = plan_of(desired_of(a_snapshot([a_person("a")], [a_group("new", "a", name="G")])), current, tied)
    assert plan.changes == (
        TakeOverGroup("t", "new", "G", "bound in people.csv, and Heap has a group of that name", "old"),
    )


def test_a_managed_group_that_somebody_may_mean_is_not_deleted() -> None:
    teams, tied = [a_team("t", name="G"), a_team("u", name="g")], links({"a": "1"}, {"old": "t"})
    snapshot = a_snapshot([a_person("a")], [a_group("new", "a", name="G")])
    plan = plan_of(desired_of(snapshot), in_heap([an_account("1", "a@x.org")], teams), tied)
    assert (plan.changes, [conflict.kind for conflict in plan.conflicts]) == ((), ["ambiguous"])


def test_nobody_is_unmanaged_who_is_linked_or_taken_over() -> None:
    people, accounts = [a_person("a"), a_person("b")], [an_account("1", "a@x.org"), an_account("2", "b@x.org")]
    teams = [a_team("t", name="Taken"), a_team("r", name="Released"), a_team("s", name="Stranger")]
    groups = [a_group("t", "a", name="Taken"), a_group("r", bound=False, name="Released")]
    current = in_heap([*accounts, an_account("9", "z@x.org", active=False)], teams)
    plan = plan_of(desired_of(a_snapshot(people, groups)), current, links({"a": "1"}, {"r": "r"}))
    assert plan.unmanaged == (Unmanaged("group", "s", "Stranger"), Unmanaged("user", "9", "z@x.org", active=False))


def test_groups_are_created_with_members_and_never_empty() -> None:
    snapshot = a_snapshot([a_person("a"), a_person("b", active=False)], [a_group("g", "a"), a_group("h", "b")])
    plan = plan_of(desired_of(snapshot), in_heap())
    assert plan.changes[1] == CreateGroup("g", "G", (MemberRef("a@x.org", None, "a"),), "bound in people.csv")
    assert plan.notices == ("H has no members in scope: empty groups are not created.",)


def test_a_group_of_the_same_name_is_taken_over_and_strangers_stay_in_it() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("9", "s@x.org")], [a_team("t", "9", name="Design")])
    plan = plan_of(desired_of(a_snapshot([a_person("a")], [a_group("g", "a", name="design")])), current)
    assert [change.kind for change in plan.changes] == ["take_over_group", "rename_group", "add_members"]
    assert plan.notices[0] == "design holds 1 account that nobody manages here; left as they are."
    mixed = in_heap(
        [*(an_account(str(n)) for n in range(7, 10)), an_account("1", "a@x.org")],
        [a_team("t", "1", "8", "9", name="Design")],
    )
    plan = plan_of(desired_of(a_snapshot([a_person("a")], [a_group("g", "a", name="Design")])), mixed)
    assert plan.notices[0] == "Design holds 2 accounts that nobody manages here; left as they are."


def test_a_managed_group_is_renamed_and_its_members_follow() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "b@x.org")], [a_team("t", "2", name="Old")])
    snapshot = a_snapshot([a_person("a"), a_person("b")], [a_group("g", "a", name="New")])
    plan = plan_of(desired_of(snapshot), current, links({"a": "1", "b": "2"}, {"g": "t"}))
    ada, bob = MemberRef("a@x.org", "1", "a"), MemberRef("b@x.org", "2", "b")
    assert plan.changes == (
        RenameGroup("t", "g", "Old", "New", "called New in people.csv"),
        AddMembers("t", "g", "Old", (ada,), "in New in people.csv", 1),
        RemoveMembers("t", "g", "Old", (bob,), "not in New in people.csv", 1),
    )


def test_a_rename_to_a_name_in_use_is_a_conflict() -> None:
    current = in_heap([], [a_team("t", name="Old"), a_team("u", name="New")])
    plan = plan_of(desired_of(a_snapshot([], [a_group("g", name="New")])), current, links({}, {"g": "t"}))
    assert plan.is_empty
    assert [conflict.kind for conflict in plan.conflicts] == ["taken"]


def test_a_group_that_is_deleted_makes_way_for_the_one_that_is_to_have_its_name() -> None:
    current = in_heap([], [a_team("s", name="A"), a_team("t", name="B"), a_team("u", name="C")])
    tied = links({}, {"s": "s", "t": "t", "u": "u"})
    plan = plan_of(desired_of(a_snapshot([], [a_group("s", name="b")])), current, tied)
    assert plan.conflicts == ()
    assert plan.changes == (
        RenameGroup("s", "s", "A", "b", "called b in people.csv"),
        RenameGroup("t", "t", "B", "B (t)", "its name goes to another group"),
        DeleteGroup("t", "t", "B", (), "deleted in people.csv"),
        DeleteGroup("u", "u", "C", (), "deleted in people.csv"),
    )


@pytest.mark.parametrize("unproven", ["directory", "groups"])
def test_a_group_whose_deletion_is_withheld_keeps_its_name(unproven: str) -> None:
    current = in_heap([], [a_team("s", name="A"), a_team("t", name="B")])
    desired = desired_of(a_snapshot([], [a_group("s", name="B")]))
    match unproven:
        case "directory":
            desired = replace(desired, completeness=UNPROVEN)
        case _:
            current = replace(current, groups_completeness=UNPROVEN)
    plan = plan_of(desired, current, links({}, {"s": "s", "t": "t"}))
    assert (plan.changes, [entry.change.kind for entry in plan.withheld]) == ((), ["delete_group"])
    assert [conflict.kind for conflict in plan.conflicts] == ["taken"]


def test_a_group_that_is_released_keeps_its_name() -> None:
    current = in_heap([], [a_team("s", name="A"), a_team("t", name="B")])
    snapshot = a_snapshot([], [a_group("s", name="B"), a_group("t", name="B2", bound=False)])
    plan = plan_of(desired_of(snapshot), current, links({}, {"s": "s", "t": "t"}))
    assert [change.kind for change in plan.changes] == ["release_group"]
    assert [conflict.kind for conflict in plan.conflicts] == ["taken"]


def test_a_managed_group_that_becomes_empty_stays() -> None:
    current = in_heap([an_account("1", "a@x.org")], [a_team("t", "1", name="G")])
    plan = plan_of(desired_of(a_snapshot([a_person("a")], [a_group("g")])), current, links({"a": "1"}, {"g": "t"}))
    assert [change.kind for change in plan.changes] == ["remove_members"]


@pytest.mark.parametrize(
    ("groups", "kind", "fate"),
    [((a_group("g", "a", "b", bound=False),), "release_group", "unbound"), ((), "delete_group", "deleted")],
)
def test_members_of_a_group_let_go_are_deactivated_unless_another_holds_them(
    groups: tuple[object], kind: str, fate: str
) -> None:
    people = [a_person("a"), a_person("b")]
    snapshot = a_snapshot(people, [*groups, a_group("h", "b", name="Other")])  # type: ignore[list-item]
    current = in_heap(
        [an_account("1", "a@x.org"), an_account("2", "b@x.org")],
        [a_team("t", "1", "2", name="G"), a_team("u", "2", name="Other")],
    )
    tied = links({"a": "1", "b": "2"}, {"g": "t", "h": "u"})
    plan = plan_of(desired_of(snapshot, scope="groups"), current, tied)
    assert said(plan) == [
        ("deactivate_user", "a@x.org", f"G was {fate}, and no other managed group holds them"),
        (kind, "G", f"{fate} in people.csv"),
    ]
    assert plan.covered == (Covered("b@x.org", "G", ("Other",)),)


def test_leaving_the_last_managed_group_is_said() -> None:
    current = in_heap([an_account("1", "a@x.org")], [a_team("t", "1", name="G")])
    snapshot = a_snapshot([a_person("a")], [a_group("g")])
    plan = plan_of(desired_of(snapshot, scope="groups"), current, links({"a": "1"}, {"g": "t"}))
    assert said(plan)[1] == ("deactivate_user", "a@x.org", "left G, its last managed group")
    alone = plan_of(
        desired_of(a_snapshot([a_person("a")], []), scope="groups"), in_heap([an_account("1")]), links({"a": "1"})
    )
    assert said(alone)[0][2] == "in no bound group"
    idle = plan_of(desired_of(a_snapshot([a_person("a", active=False)])), in_heap([an_account("1")]), links({"a": "1"}))
    assert said(idle)[0][2] == "inactive in the directory"
    vanished = links({"a": "1"}, {"g": "t", "h": "nowhere"})
    plan = plan_of(desired_of(a_snapshot([a_person("a")], [a_group("g")]), scope="groups"), current, vanished)
    assert said(plan)[1] == ("deactivate_user", "a@x.org", "left G, its last managed group")


def test_several_groups_let_go_are_named_together() -> None:
    current = in_heap([an_account("1", "a@x.org")], [a_team("t", "1", name="G"), a_team("u", "1", name="H")])
    snapshot = a_snapshot([a_person("a")], [a_group("g", "a", bound=False)])
    plan = plan_of(desired_of(snapshot, scope="groups"), current, links({"a": "1"}, {"g": "t", "h": "u"}))
    assert said(plan)[0][2] == "G and H were unbound or deleted, and no other managed group holds them"
    left = a_snapshot([a_person("a")], [a_group("g", name="G")])
    plan = plan_of(desired_of(left, scope="groups"), current, links({"a": "1"}, {"h": "u", "g": "t"}))
    (leaver,) = (change for change in plan.changes if isinstance(change, DeactivateUser))
    assert leaver.reason == "left G and H, its last managed groups"


def test_nobody_is_called_unmanaged_of_whom_that_can_not_be_told() -> None:
    """A team whose name two have may be the one that is meant; without group management teams are nobody's business."""
    people, teams = [a_person("a")], [a_team("t", name="G"), a_team("u", name="g"), a_team("v", name="Other")]
    snapshot, current = a_snapshot(people, [a_group("g", "a", name="G")]), in_heap([], teams)
    assert plan_of(desired_of(snapshot), current).unmanaged == (Unmanaged("group", "v", "Other"),)
    assert plan_of(desired_of(snapshot, groups=False), current).unmanaged == ()


def test_what_a_directory_says_of_its_read_stands_before_what_follows() -> None:
    snapshot = replace(a_snapshot((), [a_group("g", name="Empty")]), notices=("people.csv: left unread.",))
    assert plan_of(desired_of(snapshot), in_heap()).notices == (
        "people.csv: left unread.",
        "Empty has no members in scope: empty groups are not created.",
    )


def test_the_garbage_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    plan_of(desired_of(a_snapshot()), in_heap())
    assert gc.isenabled()
    gc.disable()
    try:
        plan_of(desired_of(a_snapshot()), in_heap())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_without_group_management_groups_are_left_and_people_are_not() -> None:
    current = in_heap([an_account("1", "a@x.org", given="A")], [a_team("t", "1", name="G")])
    snapshot = a_snapshot([a_person("a", firstname="B")], [a_group("g", name="X")])
    plan = plan_of(desired_of(snapshot, groups=False), current, links({"a": "1"}, {"g": "t"}))
    assert [change.kind for change in plan.changes] == ["update_user"]


def test_where_rows_alone_name_groups_one_nobody_names_is_emptied_not_deleted() -> None:
    accounts = [an_account("1", "a@x.org"), an_account("9", "z@x.org")]
    teams = [a_team("t", "1", name="G"), a_team("e", name="E"), a_team("m", "1", "9", name="M")]
    tied = links({"a": "1"}, {"g": "t", "e": "e", "m": "m"})
    plan = plan_of(desired_of(a_snapshot([a_person("a")], [], lists_groups=False)), in_heap(accounts, teams), tied)
    member = (MemberRef("a@x.org", "1", "a"),)
    assert plan.changes == (
        RemoveMembers("t", "g", "G", member, "nobody in people.csv names G", 1),
        RemoveMembers("m", "m", "M", member, "nobody in people.csv names M", 2),
    )
    end = "`heapscim groups delete` removes it."
    assert plan.notices == (
        f"Nobody in people.csv names E any more: it stays, empty. {end}",
        f"Nobody in people.csv names G any more: it stays, empty. {end}",
        f"Nobody in people.csv names M any more: it stays, with those whom nobody manages here. {end}",
    )


def test_removals_on_an_unproven_read_are_withheld() -> None:
    desired = replace(desired_of(a_snapshot([a_person("b")])), completeness=UNPROVEN)
    plan = plan_of(desired, in_heap([an_account("1", "a@x.org")]), links({"a": "1"}))
    assert [change.kind for change in plan.changes] == ["create_user"]
    assert [(entry.change.kind, entry.evidence) for entry in plan.withheld] == [("deactivate_user", UNPROVEN.evidence)]


def test_removals_from_groups_are_withheld_like_every_other_and_stand_in_order() -> None:
    accounts = [an_account("1", "z@x.org"), an_account("2", "a@x.org")]
    current = in_heap(accounts, [a_team("t", "1", "2", name="G"), a_team("u", "1", "2", name="H")])
    desired = replace(desired_of(a_snapshot([], [a_group("h", name="H")])), completeness=UNPROVEN)
    plan = plan_of(desired, current, links({"z": "1", "a": "2"}, {"g": "t", "h": "u"}))
    a, z = MemberRef("a@x.org", "2", "a"), MemberRef("z@x.org", "1", "z")
    assert plan.changes == ()
    assert [entry.change for entry in plan.withheld] == [
        RemoveMembers("u", "h", "H", (a, z), "not in H in people.csv", 2),
        DeactivateUser("2", "a", "a@x.org", "no longer in people.csv"),
        DeactivateUser("1", "z", "z@x.org", "no longer in people.csv"),
        DeleteGroup("t", "g", "G", (a, z), "deleted in people.csv"),
    ]


def test_only_one_person() -> None:
    people = [a_person("a"), a_person("b")]
    current = in_heap([an_account("1", "c@x.org"), an_account("2", "b@x.org")], [a_team("t", "1", "2", name="G")])
    tied = links({"c": "1", "b": "2"}, {"g": "t"})
    desired = desired_of(a_snapshot(people, [a_group("g", "a")]))
    assert [change.kind for change in plan_of(desired, current, tied, only="a@x.org").changes] == [
        "create_user",
        "add_members",
    ]
    leaving = plan_of(desired, current, tied, only="1")
    assert [change.kind for change in leaving.changes] == ["remove_members", "deactivate_user"]
    nobody = plan_of(desired, current, tied, only="z")
    assert nobody.is_empty


def test_what_a_tenant_hides_is_compared_with_what_was_sent() -> None:
    desired = desired_of(a_snapshot([a_person("a", role="Admin")]))
    current = in_heap([an_account("1", "a@x.org")])
    tied = Links((Link("a", "1", "a", {"role": "Admin"}),))
    assert plan_of(desired, current, tied, unreadable=frozenset({"role"})).is_empty
    assert not plan_of(desired, current, links({"a": "1"}), unreadable=frozenset({"role"})).is_empty
    assert plan_of(desired, current, tied).counts == {"update_user": 1}


def test_constructors_reject_duplicates() -> None:
    with pytest.raises(ValueError, match="userName"):
        DesiredState((DesiredUser("1", "a", {}), DesiredUser("2", "A", {})), (), PROVEN)
    with pytest.raises(ValueError, match="accounts with the id"):
        CurrentState((an_account("1"), an_account("1")), (), PROVEN)
    with pytest.raises(ValueError, match="external id"):
        Links((Link("a", "1", "a"), Link("a", "2", "a")))


def test_a_damaged_plan_is_refused() -> None:
    text = plan_to_json(plan_of(desired_of(a_snapshot([a_person("a")])), in_heap()))
    for wrong in (
        "",
        "[]",
        "{}",
        text.replace("a@x.org", "b@x.org"),
        text.replace(f'"format": {FORMAT}', '"format": 9'),
        text.replace("create_user", "x"),
    ):
        with pytest.raises(SettingsError):
            plan_from_json(wrong)


def test_accounts_that_nobody_can_tell_apart_are_left_alone_with_their_memberships() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "A@x.org")], [a_team("t", "1", name="G")])
    tied = links({"before-ids": "1"}, {"g": "t"})
    plan = plan_of(desired_of(a_snapshot([Person("17", {"username": "a@x.org"})], [a_group("g", "17")])), current, tied)
    assert plan.is_empty
    assert [conflict.kind for conflict in plan.conflicts] == ["ambiguous"]
    assert plan.unmanaged == ()


def test_a_group_of_people_in_conflict_alone_is_not_created() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "A@x.org")])
    plan = plan_of(desired_of(a_snapshot([a_person("a")], [a_group("g", "a")])), current)
    assert plan.is_empty


def test_a_new_group_holds_its_members_who_have_an_account_and_nobody_else() -> None:
    people = [a_person("a"), a_person("b"), a_person("c"), a_person("d")]
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "A@x.org"), an_account("3", "c@x.org")])
    plan = plan_of(desired_of(a_snapshot(people, [a_group("g", "a", "b", "c")])), current)
    (made,) = (change for change in plan.changes if isinstance(change, CreateGroup))
    assert made.members == (MemberRef("b@x.org", None, "b"), MemberRef("c@x.org", "3", "c"))


def test_people_in_conflict_keep_their_memberships() -> None:
    people = [Person("a", {"username": "new@x.org"})]
    current = in_heap([an_account("1", "old@x.org")], [a_team("t", "1", name="G")])
    plan = plan_of(desired_of(a_snapshot(people, [a_group("g", "a")])), current, links({"a": "1"}, {"g": "t"}))
    assert plan.is_empty
    assert [conflict.kind for conflict in plan.conflicts] == ["user_name_changed"]


def test_a_user_name_that_changed_in_heap_itself_is_said_to_have() -> None:
    tied = Links((Link("a", "1", "a@x.org"),))
    plan = plan_of(desired_of(a_snapshot([a_person("a")])), in_heap([an_account("1", "other@x.org")]), tied)
    assert plan.is_empty
    assert plan.conflicts[0].message == (
        "The account of a@x.org is called other@x.org in Heap now, which heapscim didn't do."
    )


def test_nobody_is_given_the_replaced_account_of_somebody_else() -> None:
    tied = Links((Link("p", "2", "new@x.org"), Link("p", "1", "old@x.org").replaced()))
    current = in_heap([an_account("1", "old@x.org", active=False), an_account("2", "new@x.org")])
    people = [Person("p", {"username": "new@x.org"}), Person("q", {"username": "old@x.org"})]
    plan = plan_of(desired_of(a_snapshot(people)), current, tied)
    assert plan.is_empty
    assert [(conflict.kind, conflict.name) for conflict in plan.conflicts] == [("ambiguous", "old@x.org")]


def test_groups_that_pass_their_names_on_are_all_renamed_and_a_new_one_may_follow() -> None:
    current = in_heap(
        [an_account("1", "a@x.org")],
        [a_team("s", name="A"), a_team("t", name="B"), a_team("u", name="C")],
    )
    groups = [a_group("s", name="B"), a_group("t", name="A"), a_group("u", name="D"), a_group("v", "a", name="C")]
    tied = links({"a": "1"}, {"s": "s", "t": "t", "u": "u"})
    plan = plan_of(desired_of(a_snapshot([a_person("a")], groups)), current, tied)
    assert plan.conflicts == ()
    assert [(change.kind, getattr(change, "name", "")) for change in plan.changes] == [
        ("create_group", "C"),
        ("rename_group", "A"),
        ("rename_group", "B"),
        ("rename_group", "C"),
    ]


def test_a_rename_behind_one_that_waits_in_vain_is_a_conflict_too() -> None:
    current = in_heap([], [a_team("s", name="A"), a_team("t", name="B"), a_team("u", name="C")])
    tied = links({}, {"s": "s", "t": "t"})
    plan = plan_of(desired_of(a_snapshot([], [a_group("s", name="B"), a_group("t", name="C")])), current, tied)
    assert plan.is_empty
    assert [conflict.kind for conflict in plan.conflicts] == ["taken", "taken"]


def test_a_group_bound_again_is_taken_over_again() -> None:
    people = [a_person("a")]
    current = in_heap([an_account("1", "a@x.org")], [a_team("t", "1", name="G")])
    released = plan_of(
        desired_of(a_snapshot(people, [a_group("g", "a", bound=False)])), current, links({"a": "1"}, {"g": "t"})
    )
    assert [change.kind for change in released.changes] == ["release_group"]
    bound = plan_of(desired_of(a_snapshot(people, [a_group("g", "a")])), current, links({"a": "1"}))
    assert [change.kind for change in bound.changes] == ["take_over_group"]


def test_a_group_that_is_no_longer_managed_covers_nobody() -> None:
    current = in_heap([an_account("1", "a@x.org")], [a_team("t", "1", name="G"), a_team("u", "1", name="Other")])
    snapshot = a_snapshot([a_person("a")], [a_group("g", "a", bound=False), a_group("h", "a", bound=False)])
    plan = plan_of(desired_of(snapshot, scope="groups"), current, links({"a": "1"}, {"g": "t"}))
    assert [change.kind for change in plan.changes] == ["deactivate_user", "release_group"]
    assert plan.covered == ()


def test_groups_switched_on_again_are_brought_up_to_date() -> None:
    current = in_heap([an_account("1", "a@x.org"), an_account("2", "b@x.org")], [a_team("t", "2", name="Old")])
    snapshot = a_snapshot([a_person("a"), a_person("b")], [a_group("g", "a", name="New")])
    tied = links({"a": "1", "b": "2"}, {"g": "t"})
    assert plan_of(desired_of(snapshot, groups=False), current, tied).is_empty
    assert [change.kind for change in plan_of(desired_of(snapshot), current, tied).changes] == [
        "rename_group",
        "add_members",
        "remove_members",
    ]


def test_a_linked_account_out_of_scope_leaves_its_groups_and_an_inactive_one_stays_inactive() -> None:
    current = in_heap([an_account("1", "a@x.org", active=False)], [a_team("t", "1", name="G")])
    snapshot = a_snapshot([a_person("a", active=False)], [a_group("g", "a")])
    plan = plan_of(desired_of(snapshot), current, links({"a": "1"}, {"g": "t"}))
    assert [change.kind for change in plan.changes] == ["remove_members"]


@pytest.mark.parametrize("who", ["old@x.org", "new@x.org", "1"])
def test_on_demand_a_replaced_person_is_created_and_deactivated_or_neither(who: str) -> None:
    plan = plan_of(
        desired_of(a_snapshot([Person("a", {"username": "new@x.org"})])), in_heap([an_account("1", "old@x.org")]),
        links({"a": "1"}), replace_renamed=True, only=who,
    )  # fmt: skip
    assert [change.kind for change in plan.changes] == ["create_user", "deactivate_user"]


def test_names_that_differ_in_unicode_form_alone_are_the_same() -> None:
    person = Person("z", {"username": "zo\u00eb@x.org", "firstname": "Zo\u00eb"})
    current = in_heap([an_account("1", "zoe\u0308@x.org", given="Zoe\u0308")], [a_team("t", "1", name="Cafe\u0301")])
    snapshot = a_snapshot([person], [a_group("g", "z", name="Caf\u00e9")])
    assert plan_of(desired_of(snapshot), current, links({"z": "1"}, {"g": "t"})).is_empty
