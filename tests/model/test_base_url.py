"""The Base URL is made uniform, and refused where a token should not go."""

import pytest

from heapscim.errors import UsageError
from heapscim.model.base_url import normalise_base_url, origin_of


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" https://HeapAnalytics.com/scim/v2/77/ ", "https://heapanalytics.com/scim/v2/77"),
        ("https://heap.example:443/x", "https://heap.example/x"),
        ("https://heap.example:8443/x", "https://heap.example:8443/x"),
        ("http://127.0.0.1:8000/scim/v2/1", "http://127.0.0.1:8000/scim/v2/1"),
        ("http://localhost/scim", "http://localhost/scim"),
        ("http://[::1]:9/scim", "http://[::1]:9/scim"),
    ],
)
def test_base_urls_are_normalised(given: str, expected: str) -> None:
    assert normalise_base_url(given) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("heapanalytics.com/scim", "not an https URL"),
        ("ftp://heap.example/", "not an https URL"),
        ("https:///scim", "not an https URL"),
        ("https://heap.example:x/", "not a URL"),
        ("http://heap.example/scim", "unprotected"),
        ("https://u:p@heap.example/", "user name or password"),
        ("https://heap.example/?a=1", "query or fragment"),
        ("https://heap.example/a b", "white space"),
    ],
)
def test_a_url_a_token_should_not_go_to_is_refused(given: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        normalise_base_url(given, hint="It looks like this.")
    assert raised.value.hint == "It looks like this."


@pytest.mark.parametrize(
    "url", ["https://u:pass@heap.example:x/", "u:pass@heap.example", "https://u:pass@heap.example/"]
)
def test_a_password_in_it_is_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        normalise_base_url(url)
    assert "pass@" not in raised.value.message


def test_the_secret_is_called_as_its_service_calls_it() -> None:
    with pytest.raises(UsageError, match="the key would travel unprotected"):
        normalise_base_url("http://api.example", secret="key")


def test_origins_compare_with_their_default_ports() -> None:
    assert origin_of("https://a.example/x") == origin_of("https://A.example:443/y")
