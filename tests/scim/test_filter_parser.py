"""Filters and paths as they are written: nonsense says where, and nesting ends."""

import pytest

from heapscim.errors import UsageError
from heapscim.scim.filter_parser import parse, parse_path
from heapscim.scim.filters import Comparison, Path


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("userName", 9),
        ('userName is "x"', 10),
        ("userName eq", 12),
        ('userName eq "x" y', 16),
        ('(a eq "x"', 10),
        ('a[b eq "x"', 11),
        ("a eq [", 5),
        ("a eq word", 5),
    ],
)
def test_nonsense_says_where(text: str, column: int) -> None:
    with pytest.raises(UsageError, match=rf"column {column}:"):
        parse(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UsageError, match="nests deeper"):
        parse("(" * 60 + 'a eq "x"' + ")" * 60)


def test_patch_paths_are_parsed() -> None:
    assert parse_path('members[value eq "2819"].display') == Path(
        "members", Comparison("value", "eq", "2819"), "display"
    )
    assert parse_path("name.givenName") == Path("name.givenName")
    with pytest.raises(UsageError):
        parse_path("members[")
