"""A plan narrowed to one person."""

from dataclasses import replace

import pytest

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateUser,
    DeactivateUser,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.desired import Skip
from heapscim.model.plan import Baseline, Conflict, Covered, Impact, Plan, TakeOver, Unmanaged, Withheld
from heapscim.planning.narrowing import only_about
from tests.builders import TENANT

EMPTY = Plan(TENANT, "sync", (), Impact(0, 0, {}, {}), Baseline(0, 0))
ADA, BOB = MemberRef("ada@x.org", "1", "a"), MemberRef("bob@x.org", "2", "b")
UPDATE, OTHER = UpdateUser("1", "a", "ada@x.org", {}, {}, "r"), UpdateUser("2", "b", "bob@x.org", {}, {}, "r")


def changes(*planned: Change, about: str) -> tuple[Change, ...]:
    return only_about(replace(EMPTY, changes=planned), about).changes


@pytest.mark.parametrize(
    "change",
    [
        UPDATE,
        ReactivateUser("1", "a", "ada@x.org", {}, {}, "r"),
        DeactivateUser("1", "a", "ada@x.org", "r"),
        DeleteUser("1", "a", "ada@x.org", {}, "r"),
    ],
)
def test_a_person_is_meant_by_name_in_any_case_or_by_heap_id(change: Change) -> None:
    for about in ("ADA@x.org", "1"):
        assert changes(change, OTHER, about=about) == (change,)
    assert changes(change, OTHER, about="nobody") == ()


def test_of_a_group_s_members_the_person_alone_is_kept() -> None:
    adding = AddMembers("t", "g", "T", (ADA, BOB), "r")
    removing = RemoveMembers("u", "h", "U", (BOB,), "r", 3)
    assert changes(adding, removing, about="ada@x.org") == (replace(adding, members=(ADA,)),)
    assert changes(adding, removing, about="2") == (replace(adding, members=(BOB,)), removing)


def test_whoever_has_another_name_on_the_other_side_is_meant_with_both_accounts() -> None:
    new = CreateUser("a", "king@x.org", {}, "r", replaces="1")
    old = DeactivateUser("1", "a", "ada@x.org", "r")
    joining = AddMembers("t", "g", "T", (MemberRef("king@x.org", None, "a"), BOB), "r")
    whole = (new, old, replace(joining, members=joining.members[:1]))
    someone = CreateUser("c", "cy@x.org", {}, "r", replaces="3")
    for about in ("king@x.org", "ada@x.org", "1"):
        assert changes(new, old, OTHER, someone, joining, about=about) == whole
    assert changes(new, someone, about="1") == (new,), "the old account was inactive already"
    unaware = replace(new, replaces=None)
    assert changes(unaware, old, someone, about="1") == (unaware, old)


def test_an_account_that_the_directory_does_not_know_stands_for_itself_alone() -> None:
    stranger = UpdateUser("9", None, "zed@x.org", {}, {}, "r")
    adding = AddMembers("t", "g", "T", (MemberRef("zed@x.org", "9", None), MemberRef("yan@x.org", "8", None)), "r")
    assert changes(stranger, adding, about="9") == (stranger, replace(adding, members=adding.members[:1]))


def test_what_is_withheld_tells_who_is_meant_too() -> None:
    old = Withheld(DeactivateUser("1", "a", "ada@x.org", "r"), "unproven")
    plan = replace(
        EMPTY, changes=(CreateUser("a", "king@x.org", {}, "r"),), withheld=(old, Withheld(OTHER, "unproven"))
    )
    narrowed = only_about(plan, "ada@x.org")
    assert (narrowed.changes, narrowed.withheld) == (plan.changes, (old,))


def test_what_was_found_beside_the_changes_is_narrowed_as_well() -> None:
    def of(name: str, id: str, external_id: str) -> Plan:
        return replace(
            EMPTY,
            adoptions=(TakeOver(id, external_id, name),),
            conflicts=(Conflict("ambiguous", name, "m", "h"),),
            skips=(Skip(external_id, name, "inactive"),),
            unmanaged=(Unmanaged("user", id, name),),
            covered=(Covered(name, "T", ("U",)),),
        )

    ada, bob = of("ada@x.org", "1", "a"), of("bob@x.org", "2", "b")
    names = ("adoptions", "conflicts", "skips", "unmanaged", "covered")
    both = replace(EMPTY, **{name: getattr(ada, name) + getattr(bob, name) for name in names})
    group = replace(both, unmanaged=(*both.unmanaged, Unmanaged("group", "1", "ada@x.org")))
    assert only_about(group, "Ada@x.org") == ada


@pytest.mark.parametrize(
    ("groups", "notices"),
    [
        (0, ()),
        (1, ("1 change to groups waits for a full sync.",)),
        (2, ("2 changes to groups wait for a full sync.",)),
    ],
)
def test_how_many_changes_to_groups_wait_is_said(groups: int, notices: tuple[str, ...]) -> None:
    renames = [RenameGroup(str(number), "g", "T", "U", "r") for number in range(groups)]
    narrowed = only_about(replace(EMPTY, changes=(UPDATE, *renames), notices=("left unread",)), "1")
    assert (narrowed.changes, narrowed.notices) == ((UPDATE,), notices)
