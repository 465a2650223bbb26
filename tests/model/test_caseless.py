"""Names compare by lower case and NFC: what only case folding takes for one stays two."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.model.caseless import beginnings, caseless, folded, glob_matches
from heapscim.model.state import key_before, match_key
from heapscim.planning.guards import is_protected
from tests.fakes.effort import untraced

LETTERS = st.sampled_from("aZßẞſsSİIiı\u0307ΣσςµμKÅéE\u0301ﬁfŉᾳǰὒ.@ \u00ad\u0345Ａａ")
NAMES = st.text(LETTERS | st.characters(exclude_categories=["Cs"]), max_size=12)
SAME = [
    ("Ada@X.org", "ada@x.org"),
    ("STRAUẞ@x.org", "strauß@x.org"),
    ("JOSÉ@x.org", "jose\u0301@x.org"),
    ("ΝΙΚΟΣ@x.org", "νικος@x.org"),
    ("\u212aurt@x.org", "kurt@x.org"),  # the Kelvin sign is a K in NFC
    ("\u212bsa@x.org", "åsa@x.org"),
    ("İpek@x.org", "i\u0307pek@x.org"),
    (" ada@x.org\t", "ada@x.org"),
]
DIFFERENT = [
    ("strauß@x.org", "strauss@x.org"),
    ("STRAUẞ@x.org", "STRAUSS@x.org"),
    ("ﬁn@x.org", "fin@x.org"),
    ("νικος@x.org", "νικοσ@x.org"),
    ("ſam@x.org", "sam@x.org"),
    ("ŉdo@x.org", "ʼndo@x.org"),
    ("µ@x.org", "μ@x.org"),
    ("ᾳ@x.org", "αι@x.org"),
    ("ıpek@x.org", "ipek@x.org"),
    ("İpek@x.org", "ipek@x.org"),
    ("ａda@x.org", "ada@x.org"),
    ("ada＠x.org", "ada@x.org"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_case_and_composition_make_no_other_name(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_letters_make_another_name(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


@given(NAMES)
def test_what_is_compared_stays_as_it_is(name: str) -> None:
    key = match_key(name)
    assert match_key(key) == key
    assert match_key(unicodedata.normalize("NFD", name)) == key
    assert key_before(key) == key_before(name), "a ledger of 0.1 can be held against the keys of today"


def test_every_character_alone_is_compared_in_one_step() -> None:
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    with untraced():
        assert [char for char in every if caseless(caseless(char)) != caseless(char)] == []
        assert [char for char in every if folded(caseless(char)) != folded(char)] == []


@given(st.text(st.sampled_from("aΣσςẞ.@'"), max_size=6), st.integers(0, 6))
def test_a_beginning_means_whoever_goes_on_with_it(name: str, length: int) -> None:
    assert glob_matches(name, name[:length] + "*")
    assert any(caseless(name).startswith(form) for form in beginnings(name[:length]))


def test_a_protected_beginning_protects_whoever_goes_on_with_it() -> None:
    assert is_protected("ΣΣΑ@x.org", ["ΣΣ*"])
    assert is_protected("νικος@x.org", ["ΝΙΚΟΣ@*"])
    assert not is_protected("νικος@x.org", ["νικοσ@*"])
    assert not is_protected("strauß@x.org", ["strauss@*"])
