"""What is there now, held against what was asked for."""

from dataclasses import replace

import pytest

from heapscim.execution.comparison import compare, members_missing
from heapscim.execution.expectation import Actual, Expectation
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    MemberRef,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Outcome
from heapscim.model.state import CurrentGroup, CurrentUser
from tests.builders import a_team, an_account

ADDING = AddMembers("t", "g", "T", (MemberRef("ada", "1", "a"),), "joined")
REMOVING = RemoveMembers("t", "g", "T", (MemberRef("ada", "1", "a"),), "left", 2)


def words(expected: Expectation, seen: Actual) -> tuple[str | None, str | None]:
    outcome = compare(expected, seen, ())
    return outcome.error_code, outcome.message


@pytest.mark.parametrize("others", [{"refused": ("bob",), "refusal": "Not him."}, {"without_account": ("bob",)}])
def test_that_some_were_left_out_is_said_only_where_the_others_are_in(others: dict[str, tuple[str, ...]]) -> None:
    expected = Expectation(ADDING, "t", ("1",), **others)  # type: ignore[arg-type]
    assert words(expected, a_team("t", name="T")) == (
        "unchanged",
        "Heap accepted the change, but 1 of 1 are no members.",
    )
    assert words(expected, a_team("t", "1", name="T"))[0] in ("members_refused", "members_missing")


@pytest.mark.parametrize(("change", "member"), [(ADDING, "1"), (REMOVING, None)])
def test_others_who_go_with_a_change_are_a_difference(change: AddMembers | RemoveMembers, member: str | None) -> None:
    expected = Expectation(change, "t", ("1",), others=2)
    there = [id for id in (member, "8", "9") if id is not None]
    assert compare(expected, a_team("t", *there, name="T"), ()) == Outcome(change, "done", id="t")
    assert words(expected, a_team("t", *there[:-1], name="T")) == (
        "unchanged",
        "Heap accepted the change, but 1 of 2 other members are gone from the group.",
    )


OTHERS = {"8": "grace", "9": "alan"}
GONE = "1 of 2 other members are gone from the group: alan."


@pytest.mark.parametrize(
    ("expected", "there", "code", "message"),
    [
        (Expectation(REMOVING, "t", ("1",)), ("8",), "unchanged", f"Heap accepted the change, but {GONE}"),
        (
            Expectation(REMOVING, "t", ("1",)),
            ("1", "8"),
            "unchanged",
            f"Heap accepted the change, but 1 of 1 are still members. Besides, {GONE}",
        ),
        (
            Expectation(REMOVING, "t", (), refused=("ada",), refusal="She owns it."),
            ("1", "8"),
            "members_refused",
            f"Not removed: ada. She owns it. Besides, {GONE}",
        ),
        (
            Expectation(ADDING, "t", (), without_account=("ada",)),
            ("8",),
            "members_missing",
            f"Not added, since they have no account: ada. Besides, {GONE}",
        ),
        (
            Expectation(RenameGroup("t", "g", "S", "T", "renamed"), "t"),
            ("8",),
            "unchanged",
            f"Heap accepted the change, but {GONE}",
        ),
    ],
)
def test_each_member_who_went_with_a_change_is_named_whatever_else_went_wrong(
    expected: Expectation, there: tuple[str, ...], code: str, message: str
) -> None:
    outcome = compare(replace(expected, bystanders=OTHERS), a_team("t", *there, name="T"), ())
    assert (outcome.error_code, outcome.message, outcome.lost) == (code, message, ())
    assert "group_update_method=put" in str(outcome.hint)


def test_a_group_that_was_emptied_names_those_to_be_put_back() -> None:
    outcome = compare(Expectation(REMOVING, "t", ("1",), bystanders=OTHERS), a_team("t", name="T"), ())
    assert outcome.message == (
        "Heap accepted the change, but 2 of 2 other members are gone from the group: alan, grace."
    )
    assert outcome.lost == ("8", "9")


def test_those_who_were_put_back_are_named_too() -> None:
    expected = Expectation(REMOVING, "t", ("1",), bystanders=OTHERS, restored=("alan", "grace"))
    assert compare(expected, a_team("t", "8", "9", name="T"), ()) == Outcome(
        REMOVING,
        "done",
        id="t",
        message="This tenant removed others along with those named: alan, grace. They were put back at once.",
    )


@pytest.mark.parametrize(
    ("change", "seen", "ignored"),
    [
        (REMOVING, a_team("t", "1", name="T"), True),
        (ADDING, a_team("t", name="T"), True),
        (RenameGroup("t", "g", "S", "T", "renamed"), a_team("t", name="S"), True),
        (RenameGroup("t", "g", "S", "T", "renamed"), a_team("t", name="t2"), False),
        (UpdateUser("1", "e", "ada", {"role": "x"}, {"role": "y"}, "differs"), an_account("1", "ada", role="x"), True),
        (UpdateUser("1", "e", "ada", {"role": "x"}, {"role": "y"}, "differs"), an_account("1", "ada", role="z"), False),
        (UpdateUser("1", "e", "ada", {"role": None}, {"role": "y"}, "differs"), an_account("1", "ada"), True),
    ],
)
def test_what_is_as_it_was_was_ignored_and_what_is_otherwise_was_not(
    change: Change,
    seen: CurrentUser | CurrentGroup,
    ignored: bool,  # noqa: FBT001
) -> None:
    outcome = compare(Expectation(change, "t", ("1",)), seen, ())
    assert outcome.ignored is ignored
    assert outcome.status == "failed" or outcome.kept  # a name that the tenant keeps in a form of its own


def test_the_first_attribute_by_name_that_differs_is_named() -> None:
    update = UpdateUser("1", "a", "ada", {}, {"role": "Admin", "name.givenName": "Ada"}, "changed")
    assert words(Expectation(update, "1"), an_account("1", "ada")) == (
        "unchanged",
        "Heap accepted the change, but name.givenName is still empty, not 'Ada'.",
    )


def test_five_names_are_told_and_of_more_the_number() -> None:
    names = tuple(f"u{number}" for number in range(1, 7))
    assert (
        members_missing(ADDING, "t", names[:5]).message == "Not added, since they have no account: u1, u2, u3, u4, u5."
    )
    assert members_missing(ADDING, "t", names).message == (
        "Not added, since they have no account: u1, u2, u3, u4, u5 and 1 more."
    )


def test_what_is_refused_says_what_was_not_done_and_who_has_no_account_besides() -> None:
    refused = Expectation(REMOVING, "t", (), refused=("ada",), refusal="They own it.")
    assert words(refused, a_team("t", "1", name="T")) == ("members_refused", "Not removed: ada. They own it.")
    both = Expectation(ADDING, "t", (), refused=("ada",), refusal="No.", without_account=("bob",))
    assert words(both, a_team("t", name="T")) == (
        "members_refused",
        "Not added: ada. No. Nor, since they have no account: bob.",
    )


def test_what_goes_by_another_name_is_not_what_was_made() -> None:
    person, team = CreateUser("a", "ada@x.org", {}, "new"), CreateGroup("g", "T", (), "bound")
    assert compare(Expectation(person, None), an_account("9", "other@x.org"), ()) == Outcome(
        person,
        "failed",
        error_code="unchanged",
        message="Heap accepted the change, but it made an account named 'other@x.org'.",
        hint="How a tenant may differ is in the settings reference, under [dialect].",
    )
    assert words(Expectation(team, None), a_team("9", name="U"))[1] == (
        "Heap accepted the change, but it made a group named 'U'."
    )
