"""What the way back from a run holds, change by change."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import pytest

from heapscim.errors import Unsafe
from heapscim.execution.apply import ApplyOptions, apply
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded, RecordedState
from heapscim.model.plan import Baseline, Plan, TakeOver
from heapscim.model.state import CurrentState, Link, Links
from heapscim.planning.context import PlanOptions
from heapscim.undo.context import UndoOptions
from heapscim.undo.planner import accounts_of, needs_groups, plan_back
from tests.builders import TENANT, UNPROVEN, a_team, an_account, in_heap, links
from tests.fakes.journals import MemoryJournal, Naps, Watcher
from tests.fakes.memory_tenant import a_tenant

WHY = "undo of run-1"
ADA, BOB = MemberRef("ada@x.org", "1", "a"), MemberRef("bob@x.org", "2", "b")
BOTH = (an_account("1", "ada@x.org"), an_account("2", "bob@x.org"))
TIED = links({"a": "1", "b": "2"}, {"g": "t"})


def recorded(change: Change, state: RecordedState = "done", id: str | None = None) -> Recorded:
    return Recorded(0, change, state, id or getattr(change, "id", None))


def back(
    *entries: Change | Recorded, now: CurrentState, tied: Links = TIED, recurs: bool = False, **options: object
) -> Plan:
    undone = tuple(entry if isinstance(entry, Recorded) else recorded(entry) for entry in entries)
    made = UndoOptions("run-1", PlanOptions(TENANT, "undo run-1", **options), recurs)  # type: ignore[arg-type]
    return plan_back(undone, now, tied, made)


def told(plan: Plan) -> list[tuple[str, str]]:
    return [(conflict.kind, conflict.message) for conflict in plan.conflicts]


def test_a_deactivated_account_is_reactivated() -> None:
    off = DeactivateUser("1", "a", "ada@x.org", "r", "Admin")
    plan = back(off, now=in_heap([an_account("1", "ada@x.org", active=False, role="Admin")]))
    assert plan.changes == (ReactivateUser("1", "a", "ada@x.org", {}, {}, WHY, "Admin"),)
    assert plan.notices == ("ada@x.org becomes Admin.",)
    assert (plan.command, plan.source, plan.tenant) == ("undo run-1", "the state before run-1", TENANT)
    assert (plan.impact.seats_before, plan.impact.seats_after) == (0, 1)


def test_an_account_that_was_taken_over_is_released_unless_it_is_tied_otherwise_by_now() -> None:
    taken = (TakeOver("1", "a", "ada@x.org"), TakeOver("9", "b", "bob@x.org"), TakeOver("3", "c", "cy@x.org"))
    made = UndoOptions("run-1", PlanOptions(TENANT, "undo run-1"), adoptions=taken)
    plan = plan_back((), in_heap(BOTH), TIED, made)
    assert plan.changes == (ReleaseUser("1", "a", "ada@x.org", WHY),)
    assert plan.notices == ("2 things the run did is as before already; left alone.",)


def test_a_release_is_taken_back_unless_somebody_is_tied_otherwise_by_now() -> None:
    people = (("1", "a", "ada@x.org"), ("2", "b", "bob@x.org"), ("4", "d", "dee@x.org"), ("5", "e", "eve@x.org"))
    released = [ReleaseUser(id, external_id, name, "r") for id, external_id, name in people]
    now = in_heap([*BOTH, an_account("5", "eve@x.org")])
    plan = back(*released, now=now, tied=links({"a": "1", "z": "5"}))
    assert (plan.changes, plan.adoptions) == ((), (TakeOver("2", "b", "bob@x.org"),))
    assert told(plan) == [
        ("irreversible", "dee@x.org is gone from Heap and can't be taken over again."),
        ("moved", "eve@x.org isn't taken over again: the account, or the person, is tied otherwise by now."),
    ]
    assert accounts_of([recorded(released[0])]) == {"1"}
    elsewhere = back(released[1], now=now, tied=links({"b": "1"}))
    assert told(elsewhere) == [
        ("moved", "bob@x.org isn't taken over again: the account, or the person, is tied otherwise by now.")
    ]


def test_values_are_given_back_and_what_was_empty_becomes_empty() -> None:
    update = UpdateUser("1", "a", "ada@x.org", {"name.givenName": None, "role": "Analyst"},
                        {"name.givenName": "Ada", "role": "admin"}, "r")  # fmt: skip
    plan = back(update, now=in_heap([an_account("1", "ada@x.org", given="Ada", role="Admin")]))
    assert plan.changes == (
        UpdateUser("1", "a", "ada@x.org", {"name.givenName": "Ada", "role": "Admin"},
                   {"name.givenName": None, "role": "Analyst"}, WHY, by_hand=True),
    )  # fmt: skip
    assert plan.notices == ("ada@x.org is no longer Admin.",)


def test_a_value_that_moved_since_is_a_conflict_and_the_others_go_back() -> None:
    update = UpdateUser("1", "a", "ada@x.org", {"name.givenName": "A", "name.familyName": "L"},
                        {"name.givenName": "Ada", "name.familyName": "King"}, "r")  # fmt: skip
    plan = back(update, now=in_heap([an_account("1", "ada@x.org", given="Adah", family="King")]))
    assert plan.changes == (
        UpdateUser("1", "a", "ada@x.org", {"name.familyName": "King"}, {"name.familyName": "L"}, WHY, by_hand=True),
    )
    assert told(plan) == [
        ("moved", "name.givenName of ada@x.org is 'Adah' by now, no longer 'Ada' as the run left it.")
    ]


def test_what_is_back_already_is_counted_and_left_alone() -> None:
    update = UpdateUser("1", "a", "ada@x.org", {"role": "Analyst"}, {"role": "Admin"}, "r")
    off = DeactivateUser("2", "b", "bob@x.org", "r")
    now = in_heap([an_account("1", "ada@x.org", role="Analyst"), BOTH[1]])
    plan = back(update, off, now=now, recurs=True)
    assert (plan.changes, plan.conflicts) == ((), ())
    assert plan.notices == ("2 things the run did is as before already; left alone.",)


def test_a_reactivated_account_gets_its_values_back_and_is_deactivated() -> None:
    on = ReactivateUser("1", "a", "ada@x.org", {"name.givenName": "A"}, {"name.givenName": "Ada"}, "r")
    plan = back(on, now=in_heap([an_account("1", "ada@x.org", given="Ada", role="Analyst")]))
    assert plan.changes == (
        UpdateUser("1", "a", "ada@x.org", {"name.givenName": "Ada"}, {"name.givenName": "A"}, WHY, by_hand=True),
        DeactivateUser("1", "a", "ada@x.org", WHY, "Analyst"),
    )
    undone = back(*plan.changes, now=in_heap([an_account("1", "ada@x.org", active=False, given="A", role="Analyst")]))
    assert undone.changes == (
        ReactivateUser(
            "1", "a", "ada@x.org", {"name.givenName": "A"}, {"name.givenName": "Ada"}, WHY, "Analyst", by_hand=True
        ),
    )


def test_an_account_the_run_made_is_deactivated_and_that_is_said() -> None:
    made = recorded(CreateUser("a", "ada@x.org", {}, "r"), id="1")
    plan = back(made, now=in_heap(BOTH))
    assert plan.changes == (DeactivateUser("1", "a", "ada@x.org", WHY),)
    assert plan.notices == ("1 account that the run made can't be unmade: deactivated, not deleted.",)


def test_an_account_the_run_made_that_is_inactive_or_gone_is_as_before() -> None:
    made = recorded(CreateUser("a", "ada@x.org", {}, "r"), id="1")
    for now in (in_heap([an_account("1", "ada@x.org", active=False)]), in_heap()):
        for deprovision in ("deactivate", "delete"):
            plan = back(made, now=now, deprovision=deprovision)
            assert (plan.changes, told(plan)) == ((), [])
            assert plan.notices == ("1 thing the run did is as before already; left alone.",)


def test_it_is_deleted_where_leavers_are_unless_it_changed_since() -> None:
    made = recorded(CreateUser("a", "ada@x.org", {"role": "Analyst"}, "r"), id="1")
    now = in_heap([an_account("1", "ada@x.org", role="analyst")], [a_team("t", "1")])
    plan = back(made, now=now, deprovision="delete")
    assert plan.changes == (DeleteUser("1", "a", "ada@x.org", {"role": "analyst"}, WHY, ("t",)),)
    later = back(made, now=in_heap([an_account("1", "ada@x.org", role="Admin")]), deprovision="delete")
    assert told(later) == [("moved", "ada@x.org isn't deleted: role changed since the run made the account.")]
    assert later.is_empty
    hidden = back(made, now=in_heap([an_account("1", "ada@x.org")]), deprovision="delete",
                  unreadable=frozenset({"role"}))  # fmt: skip
    assert [change.kind for change in hidden.changes] == ["delete_user"]


def test_a_deleted_account_is_made_anew_with_its_groups_and_that_is_said() -> None:
    gone = DeleteUser("1", "a", "ada@x.org", {"role": "Analyst", "name.givenName": None}, "r", ("t", "x"))
    left = RemoveMembers("t", "g", "T", (ADA, BOB), "r", 2)
    plan = back(left, gone, now=in_heap([BOTH[1]], [a_team("t")]), tied=links({"b": "2"}, {"g": "t"}))
    anew = MemberRef("ada@x.org", None, "a")
    assert plan.changes == (
        CreateUser("a", "ada@x.org", {"role": "Analyst"}, WHY),
        AddMembers("t", "g", "T", (anew, BOB), WHY, 0),
    )
    assert told(plan) == [("irreversible", "A group that held ada@x.org (id x) is gone from Heap.")]
    assert plan.notices == ("1 account can only be made anew: personal charts went with the deleted one.",)


def test_a_deleted_account_that_has_a_successor_is_left_alone() -> None:
    gone = DeleteUser("1", "a", "ada@x.org", {}, "r")
    plan = back(gone, now=in_heap([an_account("9", "Ada@x.org")]))
    assert (plan.changes, told(plan)) == ((), [("moved", "ada@x.org has another account in Heap by now.")])


def test_a_tenant_that_keeps_deleted_accounts_gets_them_active_again() -> None:
    gone = DeleteUser("1", "a", "ada@x.org", {}, "r")
    plan = back(gone, now=in_heap([an_account("1", "ada@x.org", active=False)]))
    assert plan.changes == (ReactivateUser("1", "a", "ada@x.org", {}, {}, WHY),)
    assert back(gone, now=in_heap(BOTH)).is_empty


def test_an_account_that_is_gone_can_not_be_brought_back() -> None:
    off = DeactivateUser("1", "a", "ada@x.org", "r")
    plan = back(off, now=in_heap())
    assert told(plan) == [("irreversible", "ada@x.org is gone from Heap, and personal charts went with the account.")]


def test_a_replaced_account_takes_its_place_again() -> None:
    made = recorded(CreateUser("a", "new@x.org", {}, "r", replaces="1"), id="9")
    off = DeactivateUser("1", "a", "old@x.org", "r")
    now = in_heap([an_account("1", "old@x.org", active=False), an_account("9", "new@x.org")])
    tied = links({"a": "9", "a (replaced 1)": "1"})
    plan = back(made, off, now=now, tied=tied)
    assert plan.changes == (
        ReactivateUser("1", "a", "old@x.org", {}, {}, WHY, replaces="9"),
        DeactivateUser("9", "a", "new@x.org", WHY),
    )


def test_who_stood_in_stays_active_where_the_old_account_does_not_come_back() -> None:
    old, new = an_account("1", "old@x.org", active=False), an_account("9", "new@x.org")
    tenant = a_tenant(old, new, faults={"update_user": ["refused"]})
    made = recorded(CreateUser("a", "new@x.org", {}, "r", replaces="1"), id="9")
    plan = back(made, DeactivateUser("1", "a", "old@x.org", "r"), now=tenant.state(), tied=links({"a": "9"}))
    result = asyncio.run(apply(plan, tenant, MemoryJournal(), Watcher(), options=ApplyOptions(Naps().timing)))
    assert [(outcome.change.kind, outcome.error_code) for outcome in result.outcomes] == [
        ("reactivate_user", "rejected"),
        ("deactivate_user", "not_replaced"),
    ]
    assert tenant.users["9"] == new


def test_a_role_this_tenant_never_showed_can_not_be_given_back() -> None:
    update = UpdateUser("1", "a", "ada@x.org", {"role": None}, {"role": "Admin"}, "r")
    tied = Links((Link("a", "1", "ada@x.org", {"role": "Admin"}),))
    plan = back(update, now=in_heap(BOTH), tied=tied, unreadable=frozenset({"role"}))
    assert told(plan) == [("irreversible", "role of ada@x.org isn't shown by this tenant, and what it was is unknown.")]
    known = UpdateUser("1", "a", "ada@x.org", {"role": "Analyst"}, {"role": "Admin"}, "r")
    again = back(known, now=in_heap(BOTH), tied=tied, unreadable=frozenset({"role"}))
    assert again.changes == (
        UpdateUser("1", "a", "ada@x.org", {"role": "Admin"}, {"role": "Analyst"}, WHY, by_hand=True),
    )


def test_memberships_go_back_for_those_who_still_have_them_as_the_run_left_them() -> None:
    joined = AddMembers("t", "g", "T", (ADA, BOB), "r")
    plan = back(joined, now=in_heap(BOTH, [a_team("t", "1")]))
    assert plan.changes == (RemoveMembers("t", "g", "T", (ADA,), WHY, 1),)
    left = RemoveMembers("t", "g", "T", (ADA, BOB), "r", 2)
    again = back(left, now=in_heap(BOTH, [a_team("t", "1")]))
    assert again.changes == (AddMembers("t", "g", "T", (BOB,), WHY, 1),)
    assert again.notices == ("1 thing the run did is as before already; left alone.",)
    assert back(joined, now=in_heap(BOTH)).is_empty


def test_nobody_is_put_back_without_an_account_or_a_group() -> None:
    left = RemoveMembers("t", "g", "T", (ADA,), "r", 1)
    assert told(back(left, now=in_heap([], [a_team("t")]))) == [
        ("irreversible", "ada@x.org isn't put back into T: the account is gone.")
    ]
    assert told(back(left, now=in_heap(BOTH))) == [
        ("irreversible", "T is gone from Heap: nobody can be put back into it.")
    ]


def test_who_was_made_anew_since_is_found_by_the_link_of_the_same_name() -> None:
    left = RemoveMembers("t", "g", "T", (ADA,), "r", 1)
    now = in_heap([an_account("9", "Ada@x.org")], [a_team("t2", name="T")])
    plan = back(left, now=now, tied=links({"a": "9"}, {"g": "t2"}))
    assert plan.changes == (AddMembers("t2", "g", "T", (MemberRef("Ada@x.org", "9", "a"),), WHY, 0),)
    other = in_heap([an_account("9", "ada@y.org")], [a_team("t2", name="T")])
    assert back(left, now=other, tied=links({"a": "9"}, {"g": "t2"})).is_empty


def test_somebody_the_run_made_leaves_the_group_the_run_put_them_in() -> None:
    made = recorded(CreateUser("a", "ada@x.org", {}, "r"), id="1")
    joined = AddMembers("t", "g", "T", (MemberRef("ada@x.org", None, "a"),), "r")
    plan = back(made, joined, now=in_heap(BOTH, [a_team("t", "1", "2")]))
    assert plan.changes == (
        RemoveMembers("t", "g", "T", (ADA,), WHY, 2),
        DeactivateUser("1", "a", "ada@x.org", WHY),
    )


def test_a_renamed_group_is_renamed_back() -> None:
    named = RenameGroup("t", "g", "Old", "New", "r")
    assert back(named, now=in_heap([], [a_team("t", name="New")])).changes == (
        RenameGroup("t", "g", "New", "Old", WHY, by_hand=True),
    )


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([a_team("t", name="Other")], [("moved", "Other was renamed since: the run had called it New.")]),
        ([], [("irreversible", "New is gone from Heap.")]),
        (
            [a_team("t", name="New"), a_team("u", name="OLD")],
            [("taken", "New can't be renamed to Old: another group in Heap has that name.")],
        ),
        ([a_team("t", name="Old")], []),
    ],
)
def test_a_group_that_moved_since_keeps_its_name(groups: list[object], said: list[tuple[str, str]]) -> None:
    plan = back(RenameGroup("t", "g", "Old", "New", "r"), now=in_heap([], groups))  # type: ignore[arg-type]
    assert (plan.changes, told(plan)) == ((), said)


def test_names_that_passed_from_group_to_group_pass_back() -> None:
    named = RenameGroup("t", "g", "Old", "New", "r")
    made = recorded(CreateGroup("h", "Old", (), "r"), id="u")
    now = in_heap([], [a_team("t", name="New"), a_team("u", name="Old")])
    plan = back(named, made, now=now)
    assert plan.changes == (
        RenameGroup("t", "g", "New", "Old", WHY, by_hand=True),
        RenameGroup("u", "h", "Old", "Old (u)", WHY),
        DeleteGroup("u", "h", "Old", (), WHY),
    )
    again = back(*plan.changes, now=in_heap([], [a_team("t", name="Old")]))
    assert again.changes == (CreateGroup("h", "Old", (), WHY), RenameGroup("t", "g", "Old", "New", WHY, by_hand=True))
    swapped = [RenameGroup("t", "g", "B", "A", "r"), RenameGroup("u", "h", "A", "B", "r")]
    circle = back(*swapped, now=in_heap([], [a_team("t", name="A"), a_team("u", name="B")]))
    assert [change.kind for change in circle.changes] == ["rename_group", "rename_group"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_name_is_not_given_back_while_any_group_keeps_it(order: int) -> None:
    """A tenant may have two groups of one name, of which only one makes way; how Heap sorts them doesn't matter."""
    made = recorded(CreateGroup("h", "Old", (), "r"), id="u")
    groups = [a_team("t", name="New"), a_team("u", name="Old"), a_team("v", name="OLD")][::order]
    renamed = back(RenameGroup("t", "g", "Old", "New", "r"), made, now=in_heap([], groups))
    assert renamed.changes == (DeleteGroup("u", "h", "Old", (), WHY),)
    assert told(renamed) == [("taken", "New can't be renamed to Old: another group in Heap has that name.")]
    deleted = back(DeleteGroup("d", "x", "Old", (), "r"), made, now=in_heap([], groups))
    assert deleted.changes == (DeleteGroup("u", "h", "Old", (), WHY),)
    assert told(deleted) == [("moved", "Old isn't made anew: Heap has another group in its place by now.")]


def test_an_account_and_a_group_of_one_id_are_not_taken_for_each_other() -> None:
    """Some tenants count accounts and groups apart: an id by hand of one type says nothing of the other."""
    by_hand, managed = (Link("a", "7", "ada@x.org", by_hand=True),), (Link("g", "7", "T"),)
    now = in_heap([an_account("7", "ada@x.org")], [a_team("7", name="T")])
    runs = recorded(CreateUser("a", "ada@x.org", {}, "r"), id="7"), recorded(CreateGroup("g", "T", (), "r"), id="7")
    hand_made_user = back(*runs, now=now, tied=Links(by_hand, managed), deprovision="delete").changes
    assert _by_hand(hand_made_user) == {"delete_user": True, "delete_group": False}
    tied = Links((replace(by_hand[0], by_hand=False),), (replace(managed[0], by_hand=True),))
    hand_made_group = back(*runs, now=now, tied=tied, deprovision="delete").changes
    assert _by_hand(hand_made_group) == {"delete_user": False, "delete_group": True}


def _by_hand(changes: Iterable[Change]) -> dict[str, bool]:
    return {change.kind: change.by_hand for change in changes if isinstance(change, DeleteUser | DeleteGroup)}


def test_a_group_the_run_made_is_deleted_unless_others_joined_it() -> None:
    made = recorded(CreateGroup("g", "T", (ADA,), "r"), id="t")
    plan = back(made, now=in_heap(BOTH, [a_team("t", "1")]))
    assert plan.changes == (DeleteGroup("t", "g", "T", (ADA,), WHY),)
    assert plan.populations == Baseline(accounts=2, people=2, managed_groups=1)
    assert told(back(made, now=in_heap(BOTH, [a_team("t", "1", "2")]))) == [
        ("moved", "T isn't deleted: it has 1 member that the run didn't put there.")
    ]
    assert told(back(made, now=in_heap(BOTH, [a_team("t", "1", name="U")]))) == [
        ("moved", "U isn't deleted: the run made it as T.")
    ]
    assert back(made, now=in_heap(BOTH)).is_empty


def test_a_group_the_run_made_is_deleted_also_where_a_member_is_gone() -> None:
    made = recorded(CreateGroup("g", "T", (ADA, BOB), "r"), id="t")
    plan = back(made, now=in_heap(BOTH[:1], [a_team("t", "1", name="T")]))
    assert plan.changes == (DeleteGroup("t", "g", "T", (ADA,), WHY),)


def test_a_deleted_group_is_made_anew_with_its_members_and_linked_again() -> None:
    gone = DeleteGroup("t", "g", "T", (ADA, BOB), "r")
    plan = back(gone, now=in_heap(BOTH[:1]), tied=links({"a": "1"}))
    assert plan.changes == (CreateGroup("g", "T", (ADA,), WHY),)
    assert told(plan) == [("irreversible", "bob@x.org isn't put back into T: the account is gone.")]
    assert plan.notices == ("1 group can only be made anew, with a new id: what the old one was granted is lost.",)


@pytest.mark.parametrize(
    ("group", "tied"), [(a_team("u", name="t"), TIED), (a_team("u", name="Else"), links({}, {"g": "u"}))]
)
def test_a_deleted_group_that_has_a_successor_is_not_made_anew(group: object, tied: Links) -> None:
    plan = back(DeleteGroup("t", "g", "T", (), "r"), now=in_heap([], [group]), tied=tied)  # type: ignore[list-item]
    assert (plan.changes, told(plan)) == (
        (),
        [("moved", "T isn't made anew: Heap has another group in its place by now.")],
    )


def test_a_group_that_was_managed_by_another_id_goes_back_to_it() -> None:
    now = in_heap([], [a_team("t", name="T")])
    taken = TakeOverGroup("t", "new", "T", "r", instead_of="old")
    plan = back(taken, now=now, tied=links({}, {"new": "t"}))
    assert plan.changes == (TakeOverGroup("t", "old", "T", WHY, instead_of="new"),)
    other = back(taken, now=now, tied=links({}, {"new": "t", "old": "u"}))
    assert told(other) == [
        ("moved", "T isn't managed as before: that place in the directory is another group's by now.")
    ]


def test_what_was_taken_over_is_released_and_what_was_released_is_taken_over_again() -> None:
    now = in_heap([], [a_team("t", name="T")])
    taken, released = TakeOverGroup("t", "g", "T", "r"), ReleaseGroup("t", "g", "T", "r")
    assert back(taken, now=now).changes == (ReleaseGroup("t", "g", "T", WHY),)
    assert back(taken, now=now, tied=Links()).is_empty
    assert back(released, now=now, tied=Links()).changes == (TakeOverGroup("t", "g", "T", WHY),)
    assert back(released, now=now).is_empty
    for otherwise in (links({}, {"g": "other"}), links({}, {"z": "t"})):
        assert told(back(released, now=now, tied=otherwise)) == [
            ("moved", "T isn't taken over again: it, or its place in the directory, is managed otherwise.")
        ]
    assert told(back(released, now=in_heap(), tied=Links())) == [
        ("irreversible", "T is gone from Heap and can't be taken over again.")
    ]


def test_a_group_that_was_taken_over_is_released_by_the_name_it_has_and_left_where_it_is_tied_otherwise() -> None:
    taken = TakeOverGroup("t", "g", "T", "r")
    assert back(taken, now=in_heap([], [a_team("t", name="New")])).changes == (ReleaseGroup("t", "g", "New", WHY),)
    assert back(taken, now=in_heap()).changes == (ReleaseGroup("t", "g", "T", WHY),)
    otherwise = back(taken, now=in_heap([], [a_team("t", name="T")]), tied=links({}, {"g": "u"}))
    assert (otherwise.changes, told(otherwise)) == ((), [])


def test_where_everybody_has_left_already_or_the_group_is_gone_nobody_is_taken_out() -> None:
    adding = AddMembers("t", "g", "T", (ADA, BOB), "r")
    for people, groups in ((BOTH, [a_team("t", "9", name="T")]), ((), [a_team("t", "9", name="T")]), (BOTH, [])):
        plan = back(adding, now=in_heap(people, groups))
        assert (plan.changes, plan.notices) == ((), ("2 things the run did is as before already; left alone.",))


def test_of_what_failed_the_part_that_was_carried_out_is_taken_back() -> None:
    joined = recorded(AddMembers("t", "g", "T", (ADA, BOB), "r"), "failed")
    on = recorded(ReactivateUser("2", "b", "bob@x.org", {}, {}, "r"), "failed")
    plan = back(joined, on, now=in_heap([BOTH[0], an_account("2", active=False)], [a_team("t", "1")]))
    assert plan.changes == (RemoveMembers("t", "g", "T", (ADA,), WHY, 1),)
    assert (plan.conflicts, plan.notices) == ((), ())
    never = recorded(CreateUser("z", "z@x.org", {}, "r"), "failed")
    half = recorded(CreateUser("a", "ada@x.org", {"role": "Admin"}, "r"), "failed", id="1")
    assert back(never, half, now=in_heap(BOTH)).changes == (DeactivateUser("1", "a", "ada@x.org", WHY),)


def test_what_was_never_sent_is_not_undone() -> None:
    off = DeactivateUser("1", "a", "ada@x.org", "r")
    now = in_heap([an_account("1", "ada@x.org", active=False)])
    assert back(recorded(off, "planned"), recorded(off, "not_attempted"), now=now).is_empty


def test_what_was_sent_must_be_settled_first() -> None:
    off = DeactivateUser("1", "a", "ada@x.org", "r")
    with pytest.raises(Unsafe, match="What became of 1 change of run-1 is unknown") as caught:
        back(recorded(off, "sent"), now=in_heap())
    assert caught.value.hint == "Undo it once Heap shows that: each undo, resume and sync looks anew."


def test_a_removal_on_an_unproven_read_is_withheld() -> None:
    on, off = ReactivateUser("1", "a", "ada@x.org", {}, {}, "r"), DeactivateUser("2", "b", "bob@x.org", "r")
    now = replace(in_heap([BOTH[0], an_account("2", "bob@x.org", active=False)]), completeness=UNPROVEN)
    plan = back(on, off, now=now)
    assert [change.kind for change in plan.changes] == ["reactivate_user"]
    assert [(entry.change.kind, entry.evidence) for entry in plan.withheld] == [("deactivate_user", UNPROVEN.evidence)]


def test_a_sync_that_would_do_it_again_is_told_of() -> None:
    off = DeactivateUser("1", "a", "ada@x.org", "r")
    plan = back(off, now=in_heap([an_account("1", "ada@x.org", active=False)]), recurs=True)
    assert plan.notices == ("The next sync makes these changes again, unless the directory is corrected first.",)


def test_only_what_is_needed_is_read() -> None:
    people = (
        recorded(CreateUser("a", "ada@x.org", {}, "r"), id="1"),
        recorded(CreateUser("z", "z@x.org", {}, "r"), "failed"),
        recorded(DeactivateUser("2", "b", "bob@x.org", "r")),
    )
    groups = recorded(RemoveMembers("t", "g", "T", (MemberRef("c", "3", None), MemberRef("d", None, "d")), "r", 2))
    assert accounts_of((*people, groups, recorded(RenameGroup("t", "g", "A", "B", "r")))) == {"1", "2", "3"}
    keeping = UndoOptions("run-1", PlanOptions(TENANT))
    assert needs_groups(people, keeping) is False
    assert needs_groups((*people, groups), keeping) is True
    assert needs_groups(people, UndoOptions("run-1", PlanOptions(TENANT, deprovision="delete"))) is True
