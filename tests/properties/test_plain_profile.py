"""A profile that is made without pydantic is the one that pydantic makes of the same table, or none."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from heapscim.config.plain_profile import plain_profile
from heapscim.config.profile import Profile

URL = "https://heap.example/scim/v2/42"
_URLS = st.sampled_from(
    [URL, URL + "/", "HTTPS://Heap.Example/scim", "http://127.0.0.1:8/x", "http://heap.example", "x", ""]
)
_RULES = st.sampled_from(
    ["username", "email", "{firstname} {lastname}", "{", "{}", "", " ", {"constant": "Analyst"}, 3]
)
_TARGETS = st.sampled_from(
    ["userName", "role", "name.givenName", "title", "active", 'emails[type eq "work"].value', "emails", "a b", "TITLE"]
)
_ODD = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4) | st.just("yes")
_ANY = _ODD | st.lists(_ODD, max_size=2) | st.dictionaries(st.text(max_size=3), _ODD, max_size=2)
_HTTP = st.sampled_from(["max_in_flight", "timeout", "retries", "late_margin", "longest_pause", "proxy"])
TABLES = st.fixed_dictionaries(
    {},
    optional={
        "base_url": _URLS | _ODD,
        "directory": st.text(max_size=4) | _ANY,
        "manage_groups": st.booleans() | _ANY,
        "scope": st.sampled_from(["all", "groups", "none"]) | _ANY,
        "protect": st.lists(st.text(max_size=3), max_size=2) | _ANY,
        "admin_role": st.text(max_size=4) | _ANY,
        "mapping": st.dictionaries(_TARGETS, _RULES, max_size=3) | _ANY,
        "dialect": st.dictionaries(st.text(max_size=3), _ANY, max_size=2) | _ANY,
        "disconnected": st.booleans() | _ANY,
        "limits": st.just({}) | st.just({"min_population": 3}) | _ANY,
        "http": st.dictionaries(_HTTP, st.integers(-1, 300) | _ODD, max_size=3) | _ANY,
        "unknown": _ANY,
    },
)
"""What a TOML file may hold, right or wrong."""


def _settings(profile: Any) -> dict[str, Any]:  # noqa: ANN401 - either kind
    """Every setting that a profile has, those of its tables too."""
    tables = {name: getattr(profile, name) for name in ("limits", "http", "history", "ledger", "ends")}
    inner = {
        f"{name}.{key}": getattr(table, key)
        for name, table in tables.items()
        for key in type(Profile(base_url=URL).__getattribute__(name)).model_fields
    }
    return inner | {name: getattr(profile, name) for name in Profile.model_fields if name not in tables}


@example({"base_url": URL})
@given(TABLES)
def test_it_has_the_same_settings_or_is_none(table: dict[str, Any]) -> None:
    plain = plain_profile(table)
    try:
        whole = Profile.model_validate(table)
    except ValidationError:
        assert plain is None
        return
    assert plain is None or _settings(plain) == _settings(whole)


def test_plain_settings_are_taken() -> None:
    table = {"base_url": URL + "/", "directory": "people.csv", "protect": ["ada@x.org"], "mapping": {"role": ""}}
    plain = plain_profile({**table, "scope": "all", "manage_groups": False, "dialect": {"page_size": 50}})
    assert plain is not None
    assert (plain.base_url, plain.protect, plain.limits.min_population) == (URL, ("ada@x.org",), 10)
    assert plain.mapping.keys() == {"userName", "name.givenName", "name.familyName"}


def test_numbers_of_http_are_taken() -> None:
    plain = plain_profile({"base_url": URL, "http": {"max_in_flight": 32, "timeout": 10}})
    assert plain is not None
    assert (plain.http.max_in_flight, plain.http.timeout, plain.http.retries) == (32, 10, 5)


def test_what_else_is_asked_of_it_is_what_pydantic_makes() -> None:
    table = {"base_url": URL, "admin_role": "Owner"}
    plain, whole = plain_profile(table), Profile.model_validate(table)
    assert plain is not None
    assert plain.model_dump() == whole.model_dump()
    assert plain.model_copy(update={"scope": "all"}) == whole.model_copy(update={"scope": "all"})
    assert plain.http.model_copy(update={"retries": 1}) == whole.http.model_copy(update={"retries": 1})
    assert plain.model_fields_set == {"base_url", "admin_role"}
