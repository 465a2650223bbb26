"""What servers get wrong on the wire is understood; what can't be is refused in words."""

import re
from functools import partial

import pytest

from heapscim.errors import WrongProtocol
from heapscim.scim import messages
from heapscim.scim.resources import Group, User, created_at, read_resource, text_at

rows_of = partial(messages.list_rows, provider="Acme")


def test_a_sloppy_user_is_understood() -> None:
    document = {"ID": 7, "UserName": "ada", "active": "False", "name": {"GIVENNAME": "Ada", "formatted": "A"}, "x": [1]}
    user = read_resource(User, document, provider="Acme")
    assert (user.id, user.user_name, user.active) == ("7", "ada", False)
    assert text_at(user.to_wire(), "name.givenName") == "Ada"
    assert user.to_wire()["x"] == [1]
    assert user.to_wire()["name"]["formatted"] == "A"


@pytest.mark.parametrize("shown", [{}, {"active": None}])
def test_a_user_that_does_not_say_so_is_neither_active_nor_inactive(shown: dict[str, object]) -> None:
    assert read_resource(User, {"id": "1", "userName": "a", **shown}, provider="Acme").active is None


def test_members_left_out_differ_from_no_members() -> None:
    assert not read_resource(Group, {"id": "1", "displayName": "a"}, provider="Acme").shows_members
    empty = read_resource(Group, {"id": "1", "displayName": "a", "members": None}, provider="Acme")
    assert empty.shows_members
    assert empty.members == ()
    one = read_resource(Group, {"id": "1", "displayName": "a", "members": {"value": 3}}, provider="Acme")
    assert [member.value for member in one.members] == ["3"]


def test_values_are_found_in_lists_and_extensions() -> None:
    user = read_resource(
        User, {"id": "1", "userName": "a", "roles": [{"value": "Admin"}], "urn:h:User": {"role": "x"}}, provider="Acme"
    )
    assert text_at(user.to_wire(), "roles") == "Admin"
    assert text_at(user.to_wire(), "urn:h:User:role") == "x"
    assert text_at(user.to_wire(), "title") is None


@pytest.mark.parametrize(
    "document",
    [
        {"userName": "a"},
        [],
        "x",
        None,
        {"id": "1"},
        *({"id": id, "userName": "a"} for id in (None, "", ".", "..", True, 1.5, ["1"])),
    ],
)
def test_what_is_no_user_is_refused(document: object) -> None:
    with pytest.raises(WrongProtocol, match="can't be understood"):
        read_resource(User, document, provider="Acme")


def test_list_answers_come_in_many_forms() -> None:
    assert rows_of({"totalResults": 0}) == ([], 0)
    assert rows_of({"totalresults": "2", "resources": [1, 2]}) == ([1, 2], 2)
    assert rows_of({"totalResults": "many", "Resources": [1]}) == ([1], -1)
    assert rows_of({"totalResults": 2.0, "Resources": [1]}) == ([1], 2)
    assert rows_of({"totalResults": " 2 ", "Resources": [1]}) == ([1], 2)
    for odd in (-2, "-2", 1.5, True, [2], "9" * 5000):
        assert rows_of({"totalResults": odd, "Resources": [1]}) == ([1], -1)
    assert rows_of({"Resources": [1]}) == ([1], -1)
    nonsense: tuple[object, ...] = ([], {}, {"Resources": 3}, "x")
    for wrong in nonsense:
        with pytest.raises(WrongProtocol, match="Acme's response is JSON but not a SCIM list"):
            rows_of(wrong)


def test_member_changes_are_operations_and_never_bare_removals() -> None:
    changes: list[messages.MemberChange] = [("add", "a"), ("add", "b"), ("add", "c"), ("remove", "d"), ("remove", 'e"')]
    requests = [messages.member_operations(changes[start : start + 2]) for start in (0, 2, 4)]
    assert requests == [
        [{"op": "add", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}],
        [
            {"op": "add", "path": "members", "value": [{"value": "c"}]},
            {"op": "remove", "path": 'members[value eq "d"]'},
        ],
        [{"op": "remove", "path": 'members[value eq "e\\""]'}],
    ]


def test_features_are_claimed_or_unknown() -> None:
    config = {"patch": {"supported": "true"}, "filter": {"supported": False}, "bulk": {}, "sort": 1}
    assert [messages.supports(config, name) for name in ("patch", "filter", "bulk", "sort", "etag")] == [
        True,
        False,
        None,
        None,
        None,
    ]
    assert messages.supports("no config", "patch") is None


def test_what_nobody_asks_for_may_look_like_anything() -> None:
    document = {"id": "1", "userName": "a", "meta": "yesterday", "name": "Ada L.", "schemas": "urn:x", "x": {"y": None}}
    user = read_resource(User, document, provider="Acme")
    assert user.to_wire() == {**document, "schemas": ["urn:x"]}
    assert text_at(user.to_wire(), "name.givenName") is None


@pytest.mark.parametrize(
    ("row", "id"),
    [
        ({"$ref": "https://heap.example/scim/v2/1/Users/a%2Fb"}, "a/b"),
        ({"$REF": "../Users/7", "value": None}, "7"),
        ({"$ref": "../Users/7", "Value": "8"}, "8"),
        ({"$ref": "../Users/"}, None),
        ({"$ref": 7}, None),
    ],
)
def test_a_member_without_a_value_is_who_its_reference_names(row: dict[str, object], id: str | None) -> None:
    group = read_resource(Group, {"id": "1", "displayName": "a", "members": [row]}, provider="Acme")
    assert [member.value for member in group.members] == [id]


def test_what_cannot_be_understood_is_named_by_its_id() -> None:
    with pytest.raises(
        WrongProtocol,
        match=re.escape("Acme sent a group (id 7) that can't be understood: displayName: input should"),
    ):
        read_resource(Group, {"id": 7, "displayName": None}, provider="Acme")


def test_members_may_stand_bare_or_without_an_id() -> None:
    group = read_resource(
        Group,
        {"id": "1", "displayName": "a", "members": ["2", 3, None, {"display": "?", "$ref": "u"}]},
        provider="Acme",
    )
    assert [member.value for member in group.members] == ["2", "3", None]
    assert group.to_wire()["members"] == [{"value": "2"}, {"value": "3"}, {"display": "?", "$ref": "u"}]


def test_a_document_nested_beyond_all_measure_is_kept() -> None:
    deep: dict[str, object] = {}
    for _ in range(500):
        deep = {"in": deep}
    document = {"id": "1", "userName": "a", "x": deep}
    assert read_resource(User, document, provider="Acme").to_wire() == document


def test_a_value_of_an_extension_is_never_taken_from_the_top() -> None:
    document = {"id": "1", "userName": "a", "role": "Admin"}
    assert text_at(document, "urn:heap:2.0:User:role") is None
    assert text_at(document, "urn:ietf:params:scim:schemas:core:2.0:User:role") == "Admin"


@pytest.mark.parametrize(
    ("meta", "moment"),
    [
        ({"created": "2023-11-14T22:13:20Z"}, 1_700_000_000.0),
        ({"Created": "2023-11-14T23:13:20.500+01:00"}, 1_700_000_000.5),
        ({"created": "2023-11-14T22:13:20"}, 1_700_000_000.0),
        ({"created": "yesterday"}, None),
        ({"created": 1_700_000_000}, None),
        ({}, None),
        ("today", None),
    ],
)
def test_when_a_resource_was_made_is_read_where_it_says_so(meta: object, moment: float | None) -> None:
    assert created_at(read_resource(User, {"id": "1", "userName": "a", "meta": meta}, provider="Acme")) == moment
    assert created_at(read_resource(Group, {"id": "1", "displayName": "a", "META": meta}, provider="Acme")) == moment
