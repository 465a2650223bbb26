"""What an answer means, in whichever words a server says it."""

import json

import pytest

from heapscim import errors
from heapscim.heap.connection import HEAP
from heapscim.http.responses import Response, error_from, error_words

SECRET = "secret-token"


def an_error(status: int, body: bytes = b"", type: str = "application/json") -> errors.RequestError:
    return error_from(
        Response(status, {"content-type": type}, body), request="POST /Users", service=HEAP, secrets=(SECRET,)
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (410, errors.NotFound),
        (409, errors.Taken),
        (405, errors.NotImplementedByService),
        (501, errors.NotImplementedByService),
        (400, errors.Rejected),
        (413, errors.Rejected),
        (408, errors.Unavailable),
        (429, errors.Unavailable),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
        (304, errors.WrongProtocol),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[errors.RequestError]) -> None:
    error = an_error(status)
    assert (type(error), error.status) == (kind, status)


@pytest.mark.parametrize("request_", ["DELETE /Groups/7", "GET /Users"])
def test_a_conflict_where_no_name_is_given_is_a_refusal_and_not_a_name_that_is_taken(request_: str) -> None:
    answer = Response(409, {"content-type": "text/plain"}, b"The team owns reports")
    error = error_from(answer, request=request_, service=HEAP, secrets=(SECRET,))
    assert type(error) is errors.Rejected
    assert error.message == f"Heap refused {request_} (409). Heap says: The team owns reports"


@pytest.mark.parametrize("label", ["text/plain", "text/html; charset=utf-8", "application/json"])
@pytest.mark.parametrize(
    "body", [b"Invalid bearer token header.", b'{"detail": "Invalid bearer token header. Spaces."}']
)
def test_a_malformed_token_is_unauthenticated_in_heaps_own_words(body: bytes, label: str) -> None:
    error = an_error(400, body, label)
    assert isinstance(error, errors.Unauthenticated)
    assert "activate" in (error.hint or "")


@pytest.mark.parametrize(
    ("body", "type", "words", "scim_type"),
    [
        (
            {"detail": "No such role", "scimType": "invalidValue"},
            "application/scim+json",
            "No such role",
            "invalidValue",
        ),
        ({"Detail": "No such role"}, "application/json", "No such role", None),
        ({"error": {"message": "No such role"}}, "application/json", "No such role", None),
        ({"message": "No such role"}, "text/html", "No such role", None),
        ({"detail": [{"msg": "No such role"}]}, "application/json", "No such role", None),
        ({"errors": ["No such role", "twice"]}, "application/json", "No such role", None),
        ({"Errors": [{"description": "No such role", "code": 400}]}, "application/json", "No such role", None),
    ],
)
def test_the_servers_words_are_found_in_scim_and_other_json(
    body: object, type: str, words: str, scim_type: str | None
) -> None:
    error = an_error(400, json.dumps(body).encode(), type)
    assert (error.message, error.scim_type) == (f"Heap refused POST /Users (400). Heap says: {words}", scim_type)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"<html>Bad gateway</html>", ""),
        (b"plain \x1b[31mred\x00 words", " Heap says: plain [31mred words"),
        (b"the token was secret-token", " Heap says: the token was ***"),
        (b"\xff\xfe not text", " Heap says: �� not text"),
        (b"[1, 2]", ""),
        (b"x" * 999, f" Heap says: {'x' * 199}…"),
    ],
)
def test_other_bodies_are_shown_short_and_harmless(body: bytes, words: str) -> None:
    assert an_error(400, body).message == f"Heap refused POST /Users (400).{words}"


@pytest.mark.parametrize(
    ("body", "label", "document"),
    [
        (b"", "", None),
        (b" \r\n", "", None),
        (b"null", "application/json", None),
        (b'\xef\xbb\xbf{"a": 1}', "application/json", {"a": 1}),
        ('{"a": "Gödel"}'.encode(), "application/scim+json;charset=utf-8", {"a": "Gödel"}),
        ('{"a": "Gödel"}'.encode("latin-1"), 'application/json; charset="ISO-8859-1"', {"a": "Gödel"}),
        (b'{"a": "\\ud800 \\ud83d\\ude00"}', "application/json", {"a": "� 😀"}),
    ],
)
def test_documents_are_read_in_the_encodings_servers_send(body: bytes, label: str, document: object) -> None:
    assert Response(200, {"content-type": label}, body).document() == document


@pytest.mark.parametrize(
    ("body", "label"),
    [
        (b'{"a": "G\xf6del"}', "application/json"),
        (b'{"a": "G\xf6del"}', "application/json; charset=klingon"),
        (b'{"a": "G\xf6del"}', "application/json; charset=ascii"),
        (b"[" * 200_000, "application/json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "application/json"),
        (b'{"a": 1', "application/json"),
        (b"OK", "text/plain"),
    ],
)
def test_what_is_no_json_is_refused_in_one_way(body: bytes, label: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words differ
        Response(200, {"content-type": label}, body).document()


def test_error_answers_come_in_many_forms() -> None:
    assert error_words({"detail": "no", "scimType": "uniqueness"}) == ("no", "uniqueness")
    assert error_words({"error": {"message": "no"}}) == ("no", None)
    assert error_words({"error": "no", "scimType": 3}) == ("no", None)
    assert error_words([]) == (None, None)
    assert error_words({}) == (None, None)
