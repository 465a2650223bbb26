"""What a profile's mapping makes of a person: attributes, templates, constants; and which mappings make no sense."""

import pytest

from heapscim.model.attribute_mapping import DEFAULT_MAPPING, Rule, mapping_problems, source_attributes
from heapscim.model.directory import Person
from heapscim.planning.mapping import mapped

ADA = Person(
    "ada", {"username": "ada@x.org", "firstname": "Ada", "lastname": " Lovelace ", "attributes.heapRole": "Admin"}
)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("firstname", "Ada"),
        ("lastname", "Lovelace"),
        ("attributes.heapRole", "Admin"),
        ("{firstname} {lastname}", "Ada Lovelace"),
        ("{firstname} {middlename} {lastname}", "Ada Lovelace"),
        ("{ firstname }", "Ada"),
        ("{middlename} {company}", None),
        ("Dr. {middlename}", None),
        ("middlename", None),
        ("{{{firstname}}}", "{Ada}"),
        ("{{as is}}", "{as is}"),
        ({"constant": " Analyst "}, "Analyst"),
    ],
)
def test_a_rule_has_a_value_or_asks_for_nothing(rule: Rule, value: str | None) -> None:
    _, attributes = mapped(ADA, {"userName": "username", "role": rule})
    assert attributes == ({} if value is None else {"role": value})


def test_a_person_without_a_user_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'ada' has no value for userName"):
        mapped(ADA, {"userName": "email"})


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"role": "role"}, "userName: it must be mapped"),
        ({"userName": "username", "active": "state"}, "active: it can't be mapped"),
        ({"userName": "username", "meta.created": "created"}, "meta.created: it can't be mapped"),
        ({"userName": "username", "emails[primary eq true].value": "email"}, "no attribute path"),
        ({"userName": "username", "emails": "email", "emails.value": "email"}, "it means the same as emails"),
        ({"userName": "username", "addresses": "location"}, "addresses: it has entries: write addresses.formatted"),
        ({"userName": "username", "roles": "role"}, "roles: it can't be mapped, map role"),
        ({"userName": "{username"}, "userName: '{username' has a '{' without its partner"),
        ({"userName": "username}"}, "without its partner; '}}' stands for one"),
        ({"userName": "{}"}, "empty placeholder"),
        ({"userName": " "}, "the source attribute is empty"),
        ({"userName": {"constant": ""}}, "a table is a constant"),
        ({"userName": {"value": "x"}}, "a table is a constant"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_by_its_target(mapping: dict[str, Rule], words: str) -> None:
    (problem,) = mapping_problems(mapping)
    assert words in problem


def test_targets_may_be_nested_or_of_an_extension() -> None:
    assert [*mapping_problems({**DEFAULT_MAPPING, "title": "jobTitle", "urn:heap:2.0:User:role": "role"})] == []
    entries = {**DEFAULT_MAPPING, "emails": "email", 'emails[type eq "home"].value': "alternateEmail"}
    assert [*mapping_problems(entries)] == []


def test_every_source_attribute_of_a_mapping_is_named() -> None:
    rules: dict[str, Rule] = {"userName": "email", "displayName": "{firstname} {lastname}", "role": {"constant": "x"}}
    assert list(source_attributes(rules)) == ["email", "firstname", "lastname"]
