"""Usernames that JumpCloud takes, made from e-mail addresses of any kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.directory.jumpcloud.usernames import with_usernames
from heapscim.model.directory import Added, NewPerson, Person
from heapscim.model.state import match_key
from heapscim.sandbox.jumpcloud.store import JumpCloudStore

RULE = re.compile(r"[a-z][a-z0-9._-]{0,29}")


def usernames(*accounts: str, held: tuple[str, ...] = ()) -> list[str]:
    people = [Person(name, {"username": name}) for name in held]
    found = with_usernames([NewPerson({"username": account}) for account in accounts], people)
    return [entry.user_name for entry in found]


@pytest.mark.parametrize(
    ("account", "username"),
    [
        ("ada@example.com", "ada"),
        ("Ada.Lovelace-King_2@example.com", "ada.lovelace-king_2"),
        ("ada+heap@example.com", "ada"),
        ("+heap@example.com", "heap"),
        ("Zo\u00eb.\u00d8rsted@example.com", "zoe.orsted"),
        ("ren\u0065\u0301.stra\u00dfe@example.com", "rene.strasse"),
        ("\u674e\u56db@example.com", "user"),
        ("42.ada@example.com", "user42.ada"),
        ("_ada.@example.com", "ada"),
        ("o'hara!x@example.com", "oharax"),
        ("a.very.long.name.that.never.comes.to.an.end@example.com", "a.very.long.name.that.never.co"),
        ("a.very.long.name.that.never.c.d@example.com", "a.very.long.name.that.never.c"),
        (" ada@example.com ", "ada"),
    ],
)
def test_a_username_is_made_from_the_local_part(account: str, username: str) -> None:
    assert usernames(account) == [username]


def test_a_username_is_nobody_elses_in_any_case() -> None:
    assert usernames("ada@x.org", "ADA@y.org", "ada+b@x.org", held=("Ada", "ada3")) == ["ada2", "ada4", "ada5"]
    long = "a" * 40
    assert usernames(f"{long}@x.org", f"{long}@y.org", held=()) == ["a" * 30, "a" * 29 + "2"]


def test_a_username_of_the_mapping_is_kept_and_the_address_is_written_as_email() -> None:
    (person,) = with_usernames([NewPerson({"username": "Ada Lovelace", "firstname": "Ada"}, account="ada@x.org")], [])
    attributes = {"username": "ada.lovelace", "firstname": "Ada", "email": "ada@x.org"}
    assert person == NewPerson(attributes, account="ada@x.org")
    (mapped,) = with_usernames([NewPerson({"username": "ada", "email": "a@y.org"}, account="ada")], [])
    assert mapped == NewPerson({"username": "ada", "email": "a@y.org"})


@pytest.mark.parametrize("account", ["ada", "ada@", "@x.org", "a b@x.org", " "])
def test_a_person_without_an_e_mail_address_is_refused_and_takes_no_username(account: str) -> None:
    refused, taken = with_usernames([NewPerson({"username": account}), NewPerson({"username": "ada@x.org"})], [])
    assert refused == Added(
        account, "failed", message="JumpCloud needs an e-mail address, and Heap has none: the userName isn't one."
    )
    assert taken.user_name == "ada"


NAMES = st.text(
    st.characters(blacklist_characters="@", blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1
)
LOCALS = st.one_of(NAMES, st.sampled_from(["ada", "Ada", "ada+1", "ada2", "\u00e4da", "a" * 40, "a" * 29 + ".x"]))


@given(st.lists(LOCALS, max_size=12), st.lists(st.sampled_from(["ada", "Ada2", "user", "a" * 30])))
def test_every_username_is_one_that_jumpcloud_takes_and_unique(locals_: list[str], held: list[str]) -> None:
    store = JumpCloudStore()
    names = usernames(*(f"{local}@{number}.org" for number, local in enumerate(locals_)), held=tuple(held))
    assert all(map(RULE.fullmatch, names))
    assert len({match_key(name) for name in (*names, *set(map(str.lower, held)))}) == len(names) + len(
        {*map(str.lower, held)}
    )
    for number, name in enumerate(names):
        store.create_user({"username": name, "email": f"{number}@x.org"})
