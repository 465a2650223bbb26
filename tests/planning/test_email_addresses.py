"""A person whose e-mail address is the userName of an account that sync doesn't manage never gets a second one."""

import pytest

from heapscim.model.plan import Conflict, Plan
from heapscim.model.state import Broken, CurrentState, CurrentUser, Links
from heapscim.planning.email_addresses import REMEDY, should_be_user_name
from tests.builders import (
    PROVEN,
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

ADA = a_person("17", username="ada.lovelace", email="ada@x.org")
ACCOUNT = an_account("1", "ada@x.org")


def planned(*accounts: CurrentUser, tied: Links = links(), **options: object) -> Plan:
    return plan_of(desired_of(a_snapshot([ADA])), in_heap(accounts), tied, **options)


def told(plan: Plan) -> list[tuple[str, str]]:
    return [(conflict.kind, conflict.name) for conflict in plan.conflicts]


def created(plan: Plan) -> list[str]:
    return [str(getattr(change, "user_name", "")) for change in plan.changes if change.kind == "create_user"]


def test_the_account_under_the_address_is_named_with_the_remedy_and_seats_stay_as_they_are() -> None:
    plan = planned(ACCOUNT)
    assert (plan.changes, plan.adoptions, plan.unmanaged) == ((), (), ())
    assert plan.conflicts == (
        Conflict(
            "known_by_email",
            "ada.lovelace",
            "ada@x.org is the e-mail address of ada.lovelace. Heap has an account ada@x.org (id 1) that sync doesn't "
            "manage: with the userName ada.lovelace, the person would get a second account.",
            "If it is theirs, make the e-mail address the userName: `heapscim activate --set mapping.userName=email`. "
            "If it is another person's, correct the address in the directory.",
        ),
    )
    assert (plan.impact.seats_before, plan.impact.seats_after) == (1, 1)


@pytest.mark.parametrize("name", ["ADA@X.org", " ada@x.org "])
def test_the_account_is_found_in_any_case(name: str) -> None:
    assert told(planned(an_account("1", name))) == [("known_by_email", "ada.lovelace")]


def test_the_account_is_found_in_any_unicode_form() -> None:
    person = a_person("1", username="zoe", email="zoe\u0308@x.org")
    plan = plan_of(desired_of(a_snapshot([person])), in_heap([an_account("1", "zo\u00eb@x.org")]))
    assert told(plan) == [("known_by_email", "zoe")]


def test_an_inactive_account_and_one_that_is_managed_by_hand_count_too() -> None:
    assert told(planned(an_account("1", "ada@x.org", active=False))) == [("known_by_email", "ada.lovelace")]
    by_hand = links({"ada": "1"})
    by_hand = Links(tuple(type(link)(link.external_id, link.id, link.name, by_hand=True) for link in by_hand.users))
    plan = planned(ACCOUNT, tied=by_hand)
    assert (told(plan), plan.changes) == ([("known_by_email", "ada.lovelace")], ())


def test_an_account_that_is_another_persons_leaves_the_person_new() -> None:
    plan = planned(ACCOUNT, tied=links({"42": "1"}))
    assert (created(plan), plan.conflicts) == (["ada.lovelace"], ())
    other = a_person("42", username="ada@x.org")
    plan = plan_of(desired_of(a_snapshot([ADA, other])), in_heap([ACCOUNT]))
    assert (created(plan), plan.conflicts) == (["ada.lovelace"], ())
    assert [entry.external_id for entry in plan.adoptions] == ["42"]


def test_a_person_with_an_account_or_a_link_stays_as_they_are() -> None:
    plan = planned(ACCOUNT, an_account("2", "ada.lovelace"))
    assert ([entry.id for entry in plan.adoptions], plan.conflicts) == (["2"], ())
    assert [entry.name for entry in plan.unmanaged] == ["ada@x.org"]
    plan = planned(ACCOUNT, an_account("2", "ada.lovelace"), tied=links({"17": "2"}))
    assert (plan.changes, plan.conflicts) == ((), ())
    assert created(planned(ACCOUNT, tied=links({"17": "2"}))) == ["ada.lovelace"], "its account is gone from Heap"


def test_two_people_of_one_address_are_both_in_conflict_and_neither_is_guessed_at() -> None:
    people = [ADA, a_person("18", username="office", email="ADA@x.org")]
    plan = plan_of(desired_of(a_snapshot(people)), in_heap([ACCOUNT]))
    assert (plan.changes, told(plan)) == ((), [("known_by_email", "ada.lovelace"), ("known_by_email", "office")])
    for conflict in plan.conflicts:
        assert "whose it is can't be told" in conflict.message
        assert "ada.lovelace" in conflict.message
        assert "office" in conflict.message
        assert REMEDY not in conflict.hint, "both would have the same userName"


def test_two_accounts_under_the_address_are_both_named_and_left_alone() -> None:
    plan = planned(ACCOUNT, an_account("2", "Ada@x.org"))
    found = sorted(conflict.message.split("(")[1].split(")")[0] for conflict in plan.conflicts)
    assert found == ["id 1", "id 2"]
    assert (plan.changes, plan.unmanaged) == ((), ())


def test_the_rest_goes_on_and_the_groups_keep_the_account() -> None:
    new = a_person("19", username="grace.hopper", email="grace@x.org")
    snapshot = a_snapshot([ADA, new], [a_group("g", "17", "19", name="Design")])
    current = in_heap([ACCOUNT], [a_team("t", "1", name="Design")])
    plan = plan_of(desired_of(snapshot), current, links(groups={"g": "t"}))
    assert created(plan) == ["grace.hopper"]
    assert [change.kind for change in plan.changes] == ["create_user", "add_members"], "ada@x.org isn't removed"


def test_a_person_out_of_scope_is_in_no_conflict() -> None:
    gone = a_person("17", active=False, username="ada.lovelace", email="ada@x.org")
    plan = plan_of(desired_of(a_snapshot([gone])), in_heap([ACCOUNT]))
    assert (plan.conflicts, [entry.name for entry in plan.unmanaged]) == ((), ["ada@x.org"])


def test_a_plan_for_one_person_keeps_the_conflict_of_that_person_alone() -> None:
    assert told(planned(ACCOUNT, only="ada.lovelace")) == [("known_by_email", "ada.lovelace")]
    assert told(planned(ACCOUNT, only="grace.hopper")) == []


def test_an_account_under_the_address_that_cannot_be_read_is_not_doubled() -> None:
    broken = CurrentState((), (), PROVEN, PROVEN, (Broken("user", "1", "ada@x.org", "active is a number"),))
    plan = plan_of(desired_of(a_snapshot([ADA])), broken)
    assert (plan.changes, plan.conflicts, len(plan.broken)) == ((), (), 1)


def test_usernames_without_addresses_are_told_where_heap_has_nothing_else() -> None:
    strange = an_account("9", "old@x.org")
    sentence = "No userName from people.csv is an e-mail address, and every userName in Heap is one. "
    assert sentence + f"Make the e-mail address the userName: {REMEDY}." in planned(strange).notices
    without = plan_of(desired_of(a_snapshot([a_person("17", username="ada")])), in_heap([strange]))
    assert sentence + "Map an attribute that has one." in without.notices
    assert planned().notices == ()
    assert planned(strange, an_account("8", "bob")).notices == ()
    mixed = a_snapshot([ADA, a_person("18", username="bob@x.org")])
    assert plan_of(desired_of(mixed), in_heap([strange])).notices == ()


@pytest.mark.parametrize(
    ("people", "rule", "proposed"),
    [
        ([("ada", "ada@x.org"), ("bob", "bob@x.org")], "username", True),
        ([("ada@x.org", "ada@x.org"), ("bob", "bob@x.org")], "username", False),
        ([("ada", "ada@x.org"), ("bob", "")], "username", False),
        ([("ada", "ada@x.org"), ("bob", "ADA@x.org")], "username", False),
        ([("ada", "ada")], "username", False),
        ([("ada", "ada@x.org")], "email", False),
        ([], "username", False),
    ],
)
def test_the_address_is_proposed_where_each_person_has_one_and_no_user_name_is_one(
    people: list[tuple[str, str]], rule: str, proposed: object
) -> None:
    assert should_be_user_name(people, rule) is proposed
