"""One entry of a multi-valued attribute is found and set, whatever a tenant makes of the others."""

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.model.multi_valued import EntryPath, check_shape, entry_path, same_entries
from heapscim.model.state import CurrentUser, same_text

WORK = EntryPath("emails", "work", "value")


def text_in(path: EntryPath, entries: object) -> str | None:
    return next(iter(path.texts_in(entries)), None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("emails", WORK),
        ("emails.value", WORK),
        ('emails[type eq "work"].value', WORK),
        ('Emails[TYPE eq "work"]', WORK),
        ("urn:ietf:params:scim:schemas:core:2.0:User:emails", WORK),
        ('phoneNumbers[type eq "mobile"].value', EntryPath("phoneNumbers", "mobile", "value")),
        ("addresses.locality", EntryPath("addresses", "work", "locality")),
        ('addresses[type eq "home"].postalCode', EntryPath("addresses", "home", "postalCode")),
        ("ims", EntryPath("ims", "", "value")),
        ("displayName", None),
        ("name.givenName", None),
        ("urn:x:2.0:User:emails", None),
        ("addresses", None),
    ],
)
def test_a_path_names_an_entry(path: str, expected: EntryPath | None) -> None:
    assert entry_path(path) == expected
    if expected is not None:
        check_shape(path)


@pytest.mark.parametrize(
    "path", ["displayName", "externalId", "name.givenName", "role", "costCenter", "x.y", "urn:x:2.0:User:name"]
)
def test_other_shapes_are_left_as_they_are(path: str) -> None:
    check_shape(path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("emails.address", 'it has entries: write emails, or emails[type eq "home"].value'),
        ("addresses", "write addresses.formatted, addresses.streetAddress, addresses.locality"),
        ("name", "a name has parts: write name.formatted, name.familyName"),
        ("name.first", "a name has parts"),
        ("displayName.value", "it has no parts: write displayName"),
        ('nicknames[type eq "work"].value', "nicknames isn't a multi-valued attribute that heapscim knows: emails"),
    ],
)
def test_a_wrong_shape_is_refused_with_the_right_form(path: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        check_shape(path)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ([{"value": "a", "type": "Work"}], "a"),
        ([{"value": "h", "type": "home", "primary": True}], None),
        ([{"value": "h", "type": "home"}, {"Value": "a", "Type": "work"}], "a"),
        ([{"value": "h"}, {"value": "a", "primary": "true"}], "a"),
        ([{"value": "a"}, {"value": "h"}], "a"),
        ({"value": "a"}, "a"),
        (["a"], "a"),
        ("a", "a"),
        ([], None),
        (None, None),
        ([None, {"value": ""}], None),
    ],
)
def test_the_own_entry_is_found_in_what_a_tenant_shows(shown: object, text: str | None) -> None:
    assert text_in(WORK, shown) == text


def test_an_entry_of_another_type_never_overwrites_one_that_has_lost_its_type() -> None:
    home = EntryPath("emails", "home", "value")
    lost = [{"value": "a", "primary": True}]
    assert home.put_into(lost, "h") == [*lost, {"value": "h", "type": "home"}]
    assert text_in(home, [*lost, {"value": "h"}]) == "h"
    assert text_in(home, [{"value": "h", "primary": True}]) == "h"


TEXTS = st.sampled_from(["a", "b", "ada@x.org", "Zoë"])
OTHERS = st.lists(
    st.fixed_dictionaries(
        {"value": TEXTS, "type": st.sampled_from(["home", "other"])},
        optional={"display": TEXTS, "primary": st.sampled_from([True])},
    ),
    max_size=3,
    unique_by=lambda row: row["type"],
)


@given(OTHERS, st.none() | TEXTS, TEXTS, st.randoms(use_true_random=False))
def test_what_is_put_is_found_and_the_entries_of_others_stay(
    others: list[dict[str, Any]], before: str | None, text: str, chance: random.Random
) -> None:
    held = [*others, *([{"value": before, "type": "work", "display": before}] if before else [])]
    chance.shuffle(held)
    put = WORK.put_into(held, text)
    assert put is not None
    assert text_in(WORK, put) == text
    assert [row for row in put if row["type"] != "work"] == [row for row in held if row["type"] != "work"]
    assert sum(row["type"] == "work" for row in put) == 1
    assert "display" not in next(row for row in put if row["type"] == "work")
    shuffled = [{**row, "display": row["value"]} for row in put]
    chance.shuffle(shuffled)
    assert text_in(WORK, shuffled) == text
    assert same_entries(shuffled, put, same_text)
    assert WORK.put_into(put, None) == ([row for row in put if row["type"] != "work"] or None)
    assert any(row.get("primary") for row in put) or before


def test_entries_that_nothing_tells_apart_are_alternatives() -> None:
    assert WORK.texts_in([{"value": "h"}, {"value": "a"}]) == ("h", "a")
    assert WORK.texts_in([{"value": "h"}, {"value": "a", "primary": True}]) == ("a", "h")
    assert WORK.texts_in([{"value": "h", "type": "home"}, {"value": "a", "type": "work"}]) == ("a",)
    account = CurrentUser(
        "1", "ada", active=True, attributes={"emails": "h"}, alternatives={"emails": frozenset({"a"})}
    )
    assert account.meant_by({"emails": "a", "title": "x"}).attributes == {"emails": "a"}
    assert account.meant_by({"emails": "b"}) is account
    assert account.meant_by({"emails": None}) is account
