"""What is said of changes by hand before they are made: what a sync would do on the world afterwards."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from heapscim.model.changes import (
    BY_HAND,
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.directory import DirectorySnapshot
from heapscim.model.state import CurrentState, Link, Links
from heapscim.planning.afterwards import made_id, world_after
from heapscim.planning.context import PlanOptions
from heapscim.planning.outlook import foreseen, left_alone
from tests.builders import (
    TENANT,
    UNPROVEN,
    a_group,
    a_person,
    a_snapshot,
    a_team,
    an_account,
    desired_of,
    in_heap,
    links,
)

ADA, BOB = MemberRef("ada@x.org", "1", "ada"), MemberRef("bob@x.org", "2", "bob")
PEOPLE = [a_person("ada", role="Analyst"), a_person("bob")]
DIRECTORY = a_snapshot(PEOPLE, [a_group("g", "ada", name="G")])
HEAP = in_heap(
    [an_account("1", "ada@x.org", role="Analyst"), an_account("2", "bob@x.org")], [a_team("t", "1", name="G")]
)
TIED = links({"ada": "1", "bob": "2"}, {"g": "t"})


def said(
    *changes: Change, directory: DirectorySnapshot = DIRECTORY, heap: CurrentState = HEAP, tied: Links = TIED
) -> Sequence[str]:
    return foreseen(changes, desired_of(directory), heap, tied, PlanOptions(TENANT))


def by_hand(name: str) -> CreateUser:
    return CreateUser(name, name, {}, BY_HAND, by_hand=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (UpdateUser("1", "ada", "ada@x.org", {}, {"role": "Admin"}, BY_HAND),
         "people.csv says role Analyst for ada@x.org: the next sync sets it back. Change it there."),
        (DeactivateUser("1", "ada", "ada@x.org", BY_HAND),
         "ada@x.org is still in people.csv: the next sync brings them back."),
        (AddMembers("t", "g", "G", (BOB,), BY_HAND),
         "Not in G in people.csv: bob@x.org. The next sync removes them. Change it there."),
        (RemoveMembers("t", "g", "G", (ADA,), BY_HAND, 1),
         "Still in G in people.csv: ada@x.org. The next sync puts them back. Change it there."),
        (RenameGroup("t", "g", "G", "H", BY_HAND), "H is called G in people.csv: the next sync renames it back."),
        (DeleteGroup("t", "g", "G", (ADA,), BY_HAND),
         "people.csv binds the group G: the next sync makes it again."),
        (by_hand("eve@x.org"), "Managed by hand, left alone by sync until people.csv holds them: eve@x.org."),
        (CreateGroup("x", "X", (BOB,), BY_HAND, by_hand=True),
         "Managed by hand, left alone by sync until people.csv binds a group of that name: X."),
    ],
)  # fmt: skip
def test_what_a_sync_makes_of_each_change_is_said(change: Change, sentence: str) -> None:
    assert said(change) == (sentence,)


@pytest.mark.parametrize(
    "change",
    [
        UpdateUser("1", "ada", "ada@x.org", {}, {"name.givenName": "Ada"}, BY_HAND),
        AddMembers("t", "g", "G", (MemberRef("zed@x.org", "3", None),), BY_HAND),
        AddMembers("u", None, "U", (BOB,), BY_HAND),
        RenameGroup("u", None, "U", "V", BY_HAND),
        DeleteGroup("u", None, "U", (), BY_HAND),
        DeactivateUser("3", None, "zed@x.org", BY_HAND),
    ],
)
def test_nothing_is_said_of_what_stays(change: Change) -> None:
    heap = replace(
        HEAP, users=(*HEAP.users, an_account("3", "zed@x.org")), groups=(*HEAP.groups, a_team("u", name="U"))
    )
    assert said(change, heap=heap) == ()


def test_nothing_is_said_of_a_group_that_can_not_be_made() -> None:
    assert said(CreateGroup("x", "g", (BOB,), BY_HAND, by_hand=True)) == ()


def test_what_is_pending_without_it_is_not_told_with_an_edit() -> None:
    away = a_snapshot([a_person("bob")], [a_group("g", name="G")])
    assert said(UpdateUser("1", "ada", "ada@x.org", {}, {"role": "Admin"}, BY_HAND), directory=away) == ()
    other = HEAP.users[0], replace(HEAP.users[1], attributes={"role": "Admin"})
    directory = a_snapshot([PEOPLE[0], a_person("bob", role="Analyst", firstname="Bob")], DIRECTORY.groups)
    changes = [UpdateUser("2", "bob", "bob@x.org", {}, {"role": "Consumer"}, BY_HAND)]
    assert said(*changes, directory=directory, heap=replace(HEAP, users=other)) == (
        "people.csv says role Analyst for bob@x.org: the next sync sets it back. Change it there.",
    )


def test_whom_the_directory_holds_already_is_taken_over_and_brought_up_to_date() -> None:
    directory = a_snapshot([*PEOPLE, a_person("eve", role="Admin")], [*(DIRECTORY.groups or ()), a_group("x", "ada")])
    assert said(by_hand("EVE@x.org"), directory=directory) == (
        "EVE@x.org is in people.csv: the next sync takes the account over.",
        "people.csv says role Admin for EVE@x.org: the next sync sets it back. Change it there.",
    )
    assert said(CreateGroup("X", "X", (ADA, BOB), BY_HAND, by_hand=True), directory=directory) == (
        "people.csv binds a group X: the next sync takes it over.",
        "Not in X in people.csv: bob@x.org. The next sync removes them. Change it there.",
    )


def test_a_removal_that_an_unproven_read_withholds_for_now_is_said_all_the_same() -> None:
    directory = replace(DIRECTORY, completeness=UNPROVEN)
    assert said(AddMembers("t", "g", "G", (BOB,), BY_HAND), directory=directory) == (
        "Not in G in people.csv: bob@x.org. The next sync removes them. Change it there.",
    )


def test_a_leaver_leaves_again_and_no_group_keeps_them() -> None:
    directory = a_snapshot([a_person("ada", role="Analyst")], DIRECTORY.groups)
    away = replace(HEAP, users=(HEAP.users[0], replace(HEAP.users[1], active=False)))
    assert said(ReactivateUser("2", "bob", "bob@x.org", {}, {}, BY_HAND), directory=directory, heap=away) == (
        "The next sync deactivates bob@x.org again: no longer in people.csv. Change it in people.csv to prevent that.",
    )
    kept = "The next sync takes bob@x.org's account all the same: no longer in people.csv. "
    assert said(AddMembers("t", "g", "G", (BOB,), BY_HAND), directory=directory) == (
        "Not in G in people.csv: bob@x.org. The next sync removes them. Change it there.",
        kept + "A membership given by hand keeps nobody.",
    )


def test_many_are_told_in_one_sentence() -> None:
    assert said(*(by_hand(f"{letter}@x.org") for letter in "cdefghi")) == (
        (
            "Managed by hand, left alone by sync until people.csv holds them: "
            "c@x.org, d@x.org, e@x.org, f@x.org, g@x.org and 2 more."
        ),
    )


def test_without_a_directory_what_is_made_is_by_hand_and_edits_are_nobodys_concern() -> None:
    assert left_alone([by_hand("eve@x.org"), CreateGroup("x", "X", (), BY_HAND)]) == (
        "Managed by hand, left alone by sync until a directory holds them: eve@x.org, X.",
    )
    assert left_alone([DeactivateUser("1", "ada", "ada@x.org", BY_HAND)]) == ()


def test_the_world_afterwards_is_what_was_asked_for() -> None:
    made = CreateUser("bob", "robert@x.org", {"role": "Admin"}, BY_HAND, by_hand=True)
    after, tied = world_after(
        [
            made,
            UpdateUser("1", "ada", "ada@x.org", {}, {"role": None, "name.givenName": "Ada"}, BY_HAND),
            ReactivateUser("1", "ada", "ada@x.org", {}, {}, BY_HAND),
            DeleteUser("2", "bob", "bob@x.org", {}, BY_HAND),
            RenameGroup("t", "g", "G", "H", BY_HAND),
            AddMembers("t", "g", "G", (BOB,), BY_HAND),
            RemoveMembers("t", "g", "G", (ADA,), BY_HAND, 1),
        ],
        HEAP,
        TIED,
    )
    new = made_id(made)
    assert {user.id: (user.active, dict(user.attributes)) for user in after.users} == {
        "1": (True, {"name.givenName": "Ada"}),
        new: (True, {"role": "Admin"}),
    }
    assert [(group.id, group.name, sorted(group.member_ids)) for group in after.groups] == [("t", "H", ["2"])]
    assert [(link.external_id, link.id, link.by_hand) for link in tied.users] == [
        ("ada", "1", False),
        ("bob", new, True),
    ]
    assert tied.users[1] == Link("bob", new, "robert@x.org", {"role": "Admin"}, by_hand=True)


def test_many_of_whom_the_same_is_true_share_a_sentence() -> None:
    letters = "cdefghi"
    accounts = [an_account(f"9{letter}", f"{letter}@x.org") for letter in letters]
    heap = replace(HEAP, users=(*HEAP.users, *accounts))
    tied = replace(TIED, users=(*TIED.users, *links({letter: f"9{letter}" for letter in letters}).users))
    directory = a_snapshot([*PEOPLE, *map(a_person, letters)], DIRECTORY.groups)
    leaving = [DeactivateUser(one.id, one.user_name[0], one.user_name, BY_HAND) for one in accounts]
    assert said(*leaving, directory=directory, heap=heap, tied=tied) == (
        (
            "c@x.org, d@x.org, e@x.org, f@x.org, g@x.org and 2 more are still in people.csv: "
            "the next sync brings them back."
        ),
    )
    new = a_snapshot([*PEOPLE, a_person("eve"), a_person("fay")], DIRECTORY.groups)
    assert said(by_hand("eve@x.org"), by_hand("fay@x.org"), directory=new) == (
        "eve@x.org, fay@x.org are in people.csv: the next sync takes the accounts over.",
    )
    staying = tuple(MemberRef(one.user_name, one.id, one.user_name[0]) for one in accounts[:2])
    kept = "The next sync takes the accounts of c@x.org, d@x.org all the same: no longer in people.csv. "
    changes = AddMembers("t", "g", "G", staying, BY_HAND)
    assert kept + "A membership given by hand keeps nobody." in said(changes, heap=heap, tied=tied)


def test_an_account_by_hand_under_the_address_of_a_person_is_foreseen_as_a_conflict() -> None:
    ann = replace(PEOPLE[0], external_id="ann", attributes={"username": "ann", "email": "Ann@x.org"})
    directory = a_snapshot([*PEOPLE, ann], [a_group("g", "ada", name="G")])
    (conflict,) = said(by_hand("ann@x.org"), directory=directory)
    assert conflict == (
        "ann@x.org is the e-mail address of ann in people.csv: the next sync reports a conflict, unless the e-mail "
        "address is the userName: `heapscim activate --set mapping.userName=email`."
    )
    linked = replace(TIED, users=(*TIED.users, Link("ann", "2000", "ann")))
    there = in_heap([*HEAP.users, an_account("2000", "ann")], HEAP.groups)
    (alone,) = said(by_hand("ann@x.org"), directory=directory, heap=there, tied=linked)
    assert alone == "Managed by hand, left alone by sync until people.csv holds them: ann@x.org."
