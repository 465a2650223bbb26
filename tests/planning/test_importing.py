"""New, Imported or ImportConflict; who is chosen; and what is written of them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.errors import AmbiguousInDirectory
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.directory import NewPerson, Person
from heapscim.model.state import Link, match_key
from heapscim.planning.importing import (
    Choice,
    Finding,
    ImportConflict,
    Imported,
    New,
    SortKey,
    accounts_held,
    by_email,
    choose,
    find,
    in_order,
    known_by_email,
    leads_back,
    person_of,
)
from heapscim.planning.mapping import mapped
from tests.builders import a_person, an_account
from tests.fakes.effort import processor_seconds


def found(accounts: list[str], people: list[str], links: Mapping[str, str] | None = None) -> list[str]:
    """The status of each account; accounts are named ``id=userName``, people ``id=username``."""
    held = [a_person(*[entry.split("=")[0]], username=entry.split("=")[1]) for entry in people]
    tied = [Link(external_id, id, external_id) for external_id, id in (links or {}).items()]
    there = [an_account(*entry.split("=")) for entry in accounts]
    return [finding.status for finding in find(there, held, tied, DEFAULT_MAPPING)]


def test_an_account_nobody_has_is_new_and_a_namesakes_is_imported() -> None:
    assert found(["A=ada", "B=BOB "], ["1=bob"]) == ["New", "Imported"]


def test_a_link_tells_more_than_a_name() -> None:
    assert found(["A=old"], ["1=new"], {"1": "A"}) == ["Imported"]
    assert found(["A=two"], ["1=one", "2=two"], {"1": "A"}) == ["Imported"]


def test_a_link_to_somebody_who_has_left_the_directory_tells_nothing() -> None:
    assert found(["A=ada"], [], {"1": "A"}) == ["New"]


def test_two_accounts_of_one_name_are_a_conflict() -> None:
    assert found(["A=ada", "B=Ada"], ["1=ada"]) == ["Conflict", "Conflict"]
    assert found(["A=ada", "B=Ada"], []) == ["Conflict", "Conflict"]


def test_an_account_of_somebody_who_has_another_one_is_a_conflict() -> None:
    assert found(["A=old", "B=ada"], ["1=ada"], {"1": "A"}) == ["Imported", "Conflict"]


def test_an_account_that_two_people_could_have_is_a_conflict() -> None:
    people = [a_person("1", email="ada@x.org"), a_person("2", email="ADA@x.org")]
    mapping = {**DEFAULT_MAPPING, "userName": "email"}
    (finding,) = find([an_account("A", "ada@x.org")], people, [], mapping)
    assert finding == ImportConflict(finding.account, "ada@x.org could be any of 2 people (ids 1, 2).")


def test_an_account_named_by_somebodys_e_mail_address_is_theirs_whatever_the_mapping_says() -> None:
    people = [a_person("1", username="ada", email="ADA@x.org"), a_person("2", username="bob")]
    names = ("ada@x.org", "bob@x.org", "bob")
    findings = find([an_account(name, name) for name in names], people, [], DEFAULT_MAPPING)
    assert findings[0] == Imported(findings[0].account, people[0])
    assert [finding.status for finding in findings[1:]] == ["New", "Imported"]
    assert known_by_email(findings, DEFAULT_MAPPING) == ("ada@x.org",)
    assert known_by_email(findings, by_email(DEFAULT_MAPPING)) == ()


def test_an_e_mail_address_of_two_people_or_of_one_with_another_account_is_a_conflict() -> None:
    twins = [a_person(id, username=f"ada{id}", email="ada@x.org") for id in "12"]
    (finding,) = find([an_account("A", "ada@x.org")], twins, [], DEFAULT_MAPPING)
    assert finding == ImportConflict(finding.account, "ada@x.org could be any of 2 people (ids 1, 2).")
    accounts = [an_account("A", "old@x.org"), an_account("B", "ada@x.org")]
    one, two = find(accounts, twins[:1], [Link("1", "A", "1")], DEFAULT_MAPPING)
    assert (one.status, two.status) == ("Imported", "Conflict")


def test_people_held_by_now_are_told_by_e_mail_address_and_else_by_username() -> None:
    def new(username: str, **email: str) -> NewPerson:
        return NewPerson({"username": username, **email}, account=f"account of {username}")

    held = [
        a_person("1", username="ada2", email="Ada@x.org"),
        a_person("2", username="Bob"),
        a_person("3", username="eve", email="e@x.org"),
    ]
    people = [
        new("ada", email="ada@X.org"),
        new("bob"),
        new("BOB", email="bob@x.org"),
        new("eve", email="eve@x.org"),
        new("kim"),
    ]
    assert accounts_held(people, held) == {"account of ada", "account of bob", "account of BOB"}


def test_inactive_people_count() -> None:
    (finding,) = find([an_account("A", "ada@x.org")], [a_person("ada", active=False)], [], DEFAULT_MAPPING)
    assert isinstance(finding, Imported)


NAMES = st.sampled_from(["ada", "ADA", "bob", "Straße", "STRASSE", "e\u0301ve", "\u00c9VE"])


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[str], dict[str, str], dict[str, str]]:
    accounts = draw(st.lists(NAMES, max_size=6))
    people = draw(st.dictionaries(st.sampled_from("123456"), NAMES, max_size=6))
    ids = [str(number) for number in range(len(accounts))]
    links = draw(st.dictionaries(st.sampled_from("123456"), st.sampled_from(ids or ["0"]), max_size=4))
    unique = {id: external_id for external_id, id in links.items()}
    return accounts, people, {external_id: id for id, external_id in unique.items()}


@given(scenes())
def test_it_agrees_with_looking_at_everybody_for_every_account(
    scene: tuple[list[str], dict[str, str], dict[str, str]],
) -> None:
    names, people, links = scene
    accounts = [an_account(str(number), name) for number, name in enumerate(names)]
    held = [Person(id, {"username": name}) for id, name in people.items()]
    findings = find(accounts, held, [Link(one, other, one) for one, other in links.items()], DEFAULT_MAPPING)

    tied = {id: external_id for external_id, id in links.items() if external_id in people}
    for finding in findings:
        id, key = finding.account.id, finding.account.match_key
        same_people = [person for person in people if match_key(people[person]) == key]
        rivals = [other for other in accounts if other.match_key == key and other.id not in tied]
        taken = any(person in tied.values() and links[person] in [a.id for a in accounts] for person in same_people)
        if id in tied:
            assert finding == Imported(finding.account, Person(tied[id], {"username": people[tied[id]]}))
        elif len(same_people) > 1 or len(rivals) > 1 or taken:
            assert isinstance(finding, ImportConflict)
        elif same_people:
            assert finding == Imported(finding.account, Person(same_people[0], {"username": people[same_people[0]]}))
        else:
            assert finding == New(finding.account)
    assert [finding.account for finding in findings] == accounts


def test_matching_is_linear() -> None:
    def seconds(size: int) -> float:
        accounts = [an_account(str(number), f"u{number}@x.org") for number in range(size)]
        people = [Person(str(number), {"username": f"u{number}@x.org"}) for number in range(0, size, 2)]

        def matched() -> None:
            findings = find(accounts, people, [], DEFAULT_MAPPING)
            choose(findings, [account.user_name for account in accounts])
            in_order(findings, "status")

        return processor_seconds(matched)

    assert seconds(20_000) < 40 * max(seconds(2_000), 0.01)


ADA = New(an_account("1", "ada@x.org", given="Ada", family="Lovelace", role="Admin"))
BOB = Imported(an_account("2", "bob@x.org", given="Bob", role="analyst"), a_person("bob"))
EVE = ImportConflict(an_account("3", "eve@x.org", family="Zoe"), "")


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("status", [ADA, EVE, BOB]),
        ("userName", [ADA, BOB, EVE]),
        ("role", [EVE, ADA, BOB]),
        ("name", [ADA, BOB, EVE]),
    ],
)
def test_the_list_is_sorted(by: SortKey, expected: list[Finding]) -> None:
    assert in_order([EVE, BOB, ADA], by) == tuple(expected)


def test_people_are_chosen_by_name_or_glob_in_any_case_and_once() -> None:
    assert choose([ADA, BOB, EVE], ["ADA@x.org", "a*", "ada@x.org"]) == Choice((ADA,))
    assert choose([ADA, BOB, EVE], ["2"]) == choose([ADA, BOB, EVE], ["BOB"]) == Choice((), (BOB,))
    assert choose([ADA, BOB, EVE], ["*"]) == Choice((ADA,), (BOB,), (EVE,))
    assert choose([ADA, BOB, EVE], ["kim@x.org", "k*"]) == Choice((), unknown=("kim@x.org", "k*"))


def test_a_name_with_a_globs_characters_is_first_of_all_a_name() -> None:
    odd = New(an_account("4", "a[d]a*"))
    assert choose([ADA, odd], ["a[d]a*"]) == Choice((odd,))


def test_all_means_all_new_ones() -> None:
    assert choose([ADA, BOB, EVE], [], every=True) == Choice((ADA,))
    assert choose([ADA, BOB, EVE], ["bob@x.org"], every=True) == Choice((ADA,), (BOB,))


def test_a_person_is_the_mapping_read_backwards_without_the_role() -> None:
    names = {"username": "ada@x.org", "firstname": "Ada", "lastname": "Lovelace"}
    assert person_of(ADA.account, DEFAULT_MAPPING, with_role=False) == NewPerson(names)
    assert person_of(ADA.account, DEFAULT_MAPPING, with_role=True) == NewPerson({**names, "role": "Admin"})


def test_an_inactive_account_makes_an_inactive_person() -> None:
    assert person_of(an_account("1", "ada", active=False), DEFAULT_MAPPING, with_role=False) == NewPerson(
        {"username": "ada"}, active=False
    )


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"userName": "email"}, {"email": "ada@x.org", "username": "ada@x.org"}),
        ({"userName": "username", "role": "jobtitle"}, {"username": "ada@x.org"}),
        ({"userName": "username", "role": "jobtitle", "name.givenName": "jobtitle"}, {"username": "ada@x.org"}),
        ({"userName": "username", "name.givenName": "email", "name.familyName": "email"}, {"username": "ada@x.org"}),
        ({"userName": "username", "displayName": "{firstname} {lastname}"}, {"username": "ada@x.org"}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_backwards_stays_empty(mapping: dict[str, str], expected: dict[str, str]) -> None:
    assert person_of(ADA.account, mapping, with_role=False) == NewPerson(expected)


def test_a_user_name_that_would_not_come_back_is_noticed() -> None:
    for mapping, expected in ((DEFAULT_MAPPING, True), ({"userName": "{firstname}@x.org"}, False)):
        person = person_of(ADA.account, mapping, with_role=False)
        assert leads_back(person, mapping) is expected
    renamed = NewPerson({"username": "ada", "email": "ADA@x.org"}, account="ada@x.org")
    assert not leads_back(renamed, DEFAULT_MAPPING)
    assert leads_back(renamed, by_email(DEFAULT_MAPPING))


SOURCES = st.sampled_from(["username", "firstname", "lastname", "email", "role", "jobtitle"])
TEXTS = st.sampled_from(["", "Ada", "Analyst", "ada@x.org"])


@given(
    mapping=st.dictionaries(st.sampled_from(["name.givenName", "name.familyName", "role", "displayName"]), SOURCES),
    source=SOURCES,
    values=st.dictionaries(st.sampled_from(["name.givenName", "name.familyName", "role", "displayName"]), TEXTS),
    with_role=st.booleans(),
)
def test_what_is_written_asks_heap_for_nothing_it_does_not_have(
    mapping: dict[str, str], source: str, values: dict[str, str], *, with_role: bool
) -> None:
    whole = {"userName": source, **mapping}
    account = replace(ADA.account, attributes={path: text for path, text in values.items() if text})
    written = person_of(account, whole, with_role=with_role)
    name, asked = mapped(Person("", written.attributes), whole)
    assert name == "ada@x.org"
    for path, text in asked.items():
        fed_by_the_name = mapping[path] in (source, "username")
        assert fed_by_the_name or values.get(path) == text
        assert fed_by_the_name or with_role or path != "role"


def test_a_person_is_picked_by_each_name_and_two_people_of_one_name_are_listed() -> None:
    people = [a_person(id, username=f"{id}.name", email=email) for id, email in (("17", "x@x.org"), ("18", "X@x.org"))]
    first, second = (Imported(an_account(f"u{one.external_id}", f"{one.external_id}@x.org"), one) for one in people)
    for name in ("17", "17.NAME", "u17", "17@x.org"):
        assert choose([first, second], [name]) == Choice((), (first,)), name
    with pytest.raises(AmbiguousInDirectory) as several:
        choose([first, second], ["x@x.org"])
    assert several.value.hint == "Give the userName or the id of one of them: 17@x.org (id 17), 18@x.org (id 18)."
