"""PATCH on the sandbox's documents goes by RFC 7644 §3.5.2, single values of lists included."""

from typing import Any

import pytest

from heapscim.sandbox.heap.patch import BadPatch, apply_patch

USER: dict[str, Any] = {
    "userName": "ada",
    "name": {"givenName": "Ada"},
    "emails": [{"type": "work", "value": "w"}, {"type": "home", "value": "h"}],
}


def patched(**operation: object) -> dict[str, Any]:
    return apply_patch(USER, {"Operations": [operation]})


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "Replace", "path": "NAME.GIVENNAME", "value": "A"}, {"name": {"givenName": "A"}}),
        ({"op": "add", "path": "name", "value": {"familyName": "L"}},
         {"name": {"givenName": "Ada", "familyName": "L"}}),
        ({"op": "add", "path": "urn:x:User:team", "value": "B"}, {"urn:x:User": {"team": "B"}}),
        ({"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:title", "value": "T"}, {"title": "T"}),
        ({"op": "add", "value": {"title": "T", "name.familyName": "L"}},
         {"title": "T", "name": {"givenName": "Ada", "familyName": "L"}}),
        ({"op": "replace", "value": {"urn:x:User": {"team": "B"}}}, {"urn:x:User": {"team": "B"}}),
        ({"op": "add", "path": "emails", "value": {"type": "x"}}, {"emails": [*USER["emails"], {"type": "x"}]}),
        ({"op": "add", "path": "emails", "value": [USER["emails"][0]]}, {}),
        ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "n"},
         {"emails": [{"type": "work", "value": "n"}, USER["emails"][1]]}),
        ({"op": "replace", "path": 'emails[type eq "work"]', "value": {"value": "n"}},
         {"emails": [{"type": "work", "value": "n"}, USER["emails"][1]]}),
        ({"op": "replace", "path": 'emails[type eq "work"]', "value": "n"}, {"emails": ["n", USER["emails"][1]]}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": [USER["emails"][1]]}),
        ({"op": "remove", "path": 'emails[type eq "nothing"]'}, {}),
        ({"op": "remove", "path": 'emails[type eq "home"].value'}, {"emails": [USER["emails"][0], {"type": "home"}]}),
        ({"op": "remove", "path": "nothing.there"}, {}),
    ],
)  # fmt: skip
def test_operations_change_what_they_name(operation: dict[str, object], changed: dict[str, object]) -> None:
    before = repr(USER)
    assert patched(**operation) == {**USER, **changed}
    assert repr(USER) == before


def test_an_object_without_any_value_goes_with_its_last_one() -> None:
    assert patched(op="remove", path="name.givenName") == {"userName": "ada", "emails": USER["emails"]}


@pytest.mark.parametrize(
    ("request_", "scim_type"),
    [
        ([], "invalidSyntax"),
        ({"Operations": []}, "invalidSyntax"),
        ({"Operations": [{"op": "add", "path": 'emails[type eq "x"]', "value": 1}]}, "noTarget"),
        ({"Operations": [{"op": "remove"}]}, "noTarget"),
        ({"Operations": [{"op": "add", "path": "emails[", "value": 1}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "value": 1}]}, "invalidValue"),
    ],
)
def test_requests_that_cannot_be_carried_out_are_refused(request_: object, scim_type: str) -> None:
    with pytest.raises(BadPatch) as caught:
        apply_patch(USER, request_)
    assert caught.value.scim_type == scim_type
