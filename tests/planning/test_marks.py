"""Marks say which ledger manages an account, and for whom: nobody touches what another one manages."""

from dataclasses import replace

import pytest

from heapscim.model.changes import CreateUser, DeactivateUser, UpdateUser
from heapscim.model.plan import Plan, TakeOver
from heapscim.model.state import CurrentState, CurrentUser, Link, Links
from heapscim.planning.marks import EXTERNAL_ID, Mark, mark_in, why_unmarked
from tests.builders import a_group, a_person, a_snapshot, a_team, an_account, desired_of, in_heap, links, plan_of, said


def marked(account: CurrentUser, text: str) -> CurrentUser:
    return replace(account, attributes={**account.attributes, EXTERNAL_ID: text})


def planned(people: str, current: CurrentState, tied: Links = Links(), **options: object) -> Plan:
    """A plan of the ledger ``us`` for people with one letter each, all in one group."""
    found = [a_person(letter) for letter in people]
    return plan_of(desired_of(a_snapshot(found, [a_group("g", *people)])), current, tied, mark="us", **options)


@pytest.mark.parametrize("person", ["1", "ada@x.org", "a:b", "a b/ü%", "heapscim:us:1"])
def test_a_mark_tells_ledger_and_person(person: str) -> None:
    text = str(Mark("us", person))
    assert mark_in(text) == Mark("us", person)
    assert text.isascii()
    assert text.count(":") == 2


@pytest.mark.parametrize("text", ["", "42", "heapscim:", "heapscim:us", "heapscim:us:", "heapscim::1", "other:us:1"])
def test_what_heapscim_did_not_write_is_no_mark(text: str) -> None:
    assert mark_in(text) is None


def test_an_account_is_marked_when_it_is_created_taken_over_or_updated() -> None:
    plan = planned("abc", in_heap([an_account("B"), marked(an_account("C"), "heapscim:us:c")]), links({"c": "C"}))
    create, update = plan.changes[:2]
    assert isinstance(create, CreateUser)
    assert create.attributes == {EXTERNAL_ID: "heapscim:us:a"}
    assert isinstance(update, UpdateUser)
    assert (update.id, update.before, update.after) == ("B", {EXTERNAL_ID: None}, {EXTERNAL_ID: "heapscim:us:b"})
    assert update.reason == "externalId isn't the mark of this ledger"
    assert plan.adoptions == (TakeOver("B", "b", "b@x.org"),)
    assert not plan.conflicts


def test_nothing_is_marked_where_the_profile_does_not_say_so() -> None:
    current = in_heap([marked(an_account("B"), "theirs")])
    plan = plan_of(desired_of(a_snapshot([a_person("a"), a_person("b")])), current)
    assert said(plan) == [("create_user", "a@x.org", "new in people.csv")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("heapscim:them:b", "bears the mark of another ledger, them"),
        ("00u1234", "has the externalId 00u1234, which heapscim didn't write"),
    ],
)
@pytest.mark.parametrize("tied", [{}, {"b": "B"}], ids=["by name", "by link"])
def test_an_account_of_another_tool_is_left_alone_in_every_way(text: str, words: str, tied: dict[str, str]) -> None:
    theirs = marked(an_account("B", active=False), text)
    team = a_team("T", "B", "A", name="G")
    plan = planned("ab", in_heap([an_account("A"), theirs], [team]), links({"a": "A", **tied}, {"g": "T"}))
    assert [change.kind for change in plan.changes] == ["update_user"], "of a, who gets a mark"
    (conflict,) = plan.conflicts
    assert (conflict.kind, conflict.name, words in conflict.message) == ("marked", "b@x.org", True)
    assert "B" not in str(plan.changes)


def test_a_linked_account_that_another_tool_took_is_not_deactivated_when_its_person_leaves() -> None:
    current = in_heap([an_account("A"), marked(an_account("B"), "heapscim:them:b")])
    plan = planned("a", current, links({"a": "A", "b": "B"}))
    assert not any(isinstance(change, DeactivateUser) for change in plan.changes)
    assert [conflict.name for conflict in plan.conflicts] == ["b@x.org"]


def test_what_this_ledger_sent_itself_is_not_of_another_tool() -> None:
    """The ledger was given another name, or an attribute mapping wrote externalId before."""
    sent = Link("b", "B", "b@x.org", {EXTERNAL_ID: "heapscim:before:b"})
    plan = planned("b", in_heap([marked(an_account("B"), "heapscim:before:b")]), Links((sent,)))
    (update,) = (change for change in plan.changes if isinstance(change, UpdateUser))
    assert (update.after, plan.conflicts) == ({EXTERNAL_ID: "heapscim:us:b"}, ())


def test_a_lost_ledger_finds_its_accounts_by_their_marks_even_after_a_rename() -> None:
    current = in_heap(
        [
            marked(an_account("A"), "heapscim:us:a"),
            marked(an_account("B", "renamed@x.org"), "heapscim:us:b"),
            marked(an_account("L", "leaver@x.org"), "heapscim:us:l"),
        ]
    )
    plan = planned("ab", current)
    assert plan.adoptions == (
        TakeOver("A", "a", "a@x.org"),
        TakeOver("L", "l", "leaver@x.org"),
        TakeOver("B", "b", "renamed@x.org"),
    )
    assert [(conflict.kind, conflict.name) for conflict in plan.conflicts] == [("user_name_changed", "b@x.org")]
    assert [change.kind for change in plan.changes] == ["create_group", "deactivate_user"]
    assert any("3 accounts found by this ledger's marks" in notice for notice in plan.notices)


def test_a_link_decides_before_a_mark() -> None:
    current = in_heap([marked(an_account("A"), "heapscim:us:b"), an_account("B")])
    plan = planned("ab", current, links({"a": "A", "b": "B"}))
    assert not plan.adoptions
    assert {change.id: change.after for change in plan.changes if isinstance(change, UpdateUser)} == {
        "A": {EXTERNAL_ID: "heapscim:us:a"},
        "B": {EXTERNAL_ID: "heapscim:us:b"},
    }


def test_of_two_accounts_with_one_mark_the_one_of_the_name_is_linked_and_else_none() -> None:
    old, new = an_account("O", "old@x.org"), an_account("N", "a@x.org")
    both = [marked(account, "heapscim:us:a") for account in (old, new)]
    assert planned("a", in_heap(both)).adoptions == (TakeOver("N", "a", "a@x.org"),)
    third = marked(an_account("M", "third@x.org"), "heapscim:us:a")
    plan = planned("a", in_heap([both[0], third]))
    assert (plan.adoptions, plan.changes) == ((), ())
    (conflict,) = plan.conflicts
    assert conflict.kind == "ambiguous"
    assert conflict.message.startswith("2 accounts bear this ledger's mark of one person")


@pytest.mark.parametrize(("kept", "word"), [("auto", "--write-probe"), ("ignored", "unset"), ("refused", "unset")])
def test_why_accounts_are_not_marked_is_said(kept: str, word: str) -> None:
    (notice,) = why_unmarked(kept)  # type: ignore[arg-type]
    assert word in notice
    assert why_unmarked("kept") == ()
