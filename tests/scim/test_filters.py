"""The filter language: what is built is understood, and means what the RFC says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.scim.filter_parser import parse
from heapscim.scim.filters import eq, matches

ADA: dict[str, Any] = {
    "id": "A1",
    "userName": "Ada@Example.com",
    "name": {"givenName": "Ada"},
    "active": True,
    "logins": 7,
    "emails": [{"type": "work", "value": "ada@w.example"}, {"type": "home", "value": "ada@h.example"}],
    "urn:x:1.0:User": {"role": "Admin"},
}


@given(st.text())
def test_any_value_built_by_eq_matches_itself(value: str) -> None:
    assert matches(parse(eq("userName", value)), {"userName": value})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "ada@example.COM"', True),
        ('USERNAME sw "ada"', True),
        ('userName ew ".com" and active eq true', True),
        ('userName co "bob" or name.givenName eq "ada"', True),
        ('not (userName co "ada")', False),
        ('id eq "a1"', False),
        ("logins gt 6 and logins le 7 and logins ge 7 and logins lt 8", True),
        ('emails[type eq "work" and value co "@w."]', True),
        ('emails[type eq "work" and value co "@h."]', False),
        ('emails.value eq "ada@h.example"', True),
        ('emails co "@h."', True),
        ('urn:x:1.0:User:role eq "admin"', True),
        ("title pr", False),
        ("userName pr", True),
        ("title eq null", True),
        ('title ne "x"', True),
        ("active eq True", True),
        ('active eq "true"', True),
        ('logins eq "7"', True),
        ("userName gt 3", True),
        ('name eq "Ada"', False),
        ('userName.x eq "Ada"', False),
        ('active sw "t"', False),
        ("userName sw null", False),
        ("logins co 7", False),
    ],
)
def test_filters_are_evaluated_as_the_rfc_says(text: str, expected: bool) -> None:  # noqa: FBT001
    assert matches(parse(text), ADA) is expected
