"""A name means one person, by whatever name Heap or the directory knows them; several people are an error."""

import pytest

from heapscim.errors import AmbiguousInDirectory
from heapscim.model.directory import Person
from heapscim.model.state import CurrentUser, Link, Links
from heapscim.planning.whom import NameIndex
from tests.builders import a_person, an_account, in_heap

ADA = a_person("17", username="ada.lovelace", email="ada@x.org")
BOB = a_person("18", username="bob", email="bob@x.org", active=False)


def index(
    *people: Person, accounts: tuple[CurrentUser, ...] = (), links: tuple[Link, ...] = (), rule: str = "email"
) -> NameIndex:
    return NameIndex(in_heap(accounts), Links(links), people, {"userName": rule}, "JumpCloud (Heap)")


@pytest.mark.parametrize("rule", ["email", "username"])
@pytest.mark.parametrize("name", ["ada@x.org", "ADA@X.org", " ada.lovelace ", "Ada.Lovelace", "17"])
def test_a_person_is_found_by_each_name_before_the_first_sync(name: str, rule: str) -> None:
    assert index(ADA, BOB, rule=rule).person(name) == ADA


def test_a_person_is_found_by_the_id_and_the_name_of_their_account() -> None:
    account = an_account("1", "old@x.org")
    names = index(ADA, BOB, accounts=(account,), links=(Link("17", "1", "old@x.org"),))
    for name in ("1", "old@x.org", "17", "ada@x.org", "ada.lovelace"):
        assert (names.person(name), names.accounts(name)) == (ADA, (account,)), name


def test_an_account_that_is_not_managed_yet_is_that_of_the_mapped_user_name() -> None:
    account = an_account("1", "ada@x.org")
    names = index(ADA, BOB, accounts=(account, an_account("2", "ada.lovelace")), links=(Link("99", "2", "x"),))
    assert names.accounts("17") == (account,)
    assert names.accounts("bob") == ()
    assert names.accounts_of(ADA) == (account,)
    others = index(ADA, accounts=(account,), links=(Link("99", "1", "x"),))
    assert others.accounts("17") == (), "the account is another person's"


def test_what_an_account_is_called_counts_before_what_the_directory_calls_others() -> None:
    office = a_person("19", username="office", email="ada@x.org")
    account = an_account("1", "ada@x.org")
    names = index(office, ADA, accounts=(account,), rule="username")
    assert names.accounts("ada@x.org") == (account,)
    with pytest.raises(AmbiguousInDirectory):
        names.person("ada@x.org")


def test_two_people_of_one_name_are_both_listed() -> None:
    office = a_person("19", username="office", email="ADA@x.org")
    with pytest.raises(AmbiguousInDirectory) as several:
        index(ADA, BOB, office, rule="username").person("ada@x.org")
    assert (several.value.message, several.value.hint) == (
        "ada@x.org could be any of 2 people in JumpCloud (Heap).",
        "Give the userName or the id of one of them: ada.lovelace (id 17), office (id 19).",
    )


def test_a_user_name_counts_before_an_email_address() -> None:
    other = a_person("19", username="ada@x.org", email="other@x.org")
    assert index(ADA, other, rule="username").person("ada@x.org") == other


def test_an_id_of_heap_that_is_another_persons_id_in_the_directory_is_ambiguous() -> None:
    accounts = (an_account("17", "bob@x.org"), an_account("1", "ada@x.org"))
    names = index(ADA, BOB, accounts=accounts, links=(Link("17", "1", "ada@x.org"), Link("18", "17", "bob@x.org")))
    assert [account.id for account in names.accounts("17")] == ["1", "17"]
    with pytest.raises(AmbiguousInDirectory, match="17 could be any of 2 people"):
        names.person("17")


def test_a_stranger_is_no_one() -> None:
    names = index(ADA, BOB)
    assert (names.person("carl@x.org"), names.accounts("carl@x.org"), names.person("")) == (None, (), None)


def test_a_person_whose_user_name_cannot_be_made_is_found_by_the_username() -> None:
    nameless = Person("20", {"username": "carl"})
    assert index(ADA, nameless).person("Carl") == nameless
