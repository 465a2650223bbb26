"""A message to a secret address: sent once, its answer is only a status, and no error shows the address."""

import asyncio
import base64
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import ANY

import pytest

from heapscim import errors
from heapscim.http.auth import ApiKey, Auth, BearerToken, Endpoint, SecretAddress, secret_ends
from heapscim.http.known_secrets import address_secrets, environment_secrets
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.redaction import redacted
from heapscim.http.request_stats import Traffic, traffic
from heapscim.http.responses import JSON, Service
from heapscim.http.session import session_with
from heapscim.model.secret import SecretStr
from tests.fakes.certificates import trusted_server
from tests.fakes.clocks import HurriedClock
from tests.fakes.sockets import answer, raw_server

PATH = "/services/T0AAAAAAA/B0BBBBBBB/kx81hAbCdEfGhIjKlMnOpQr7"
SLACK = f"https://hooks.slack.com{PATH}"
TEAMS = "https://prod-1.westeurope.logic.azure.com:443/workflows/0f3ad8c2b1/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=aB3_dE6-gH9jK2mN5pQ8"
CHAT = Service("The chat", "URL", "HTTP", JSON, "Again.", "Again.", "Again.", "the URL")
LIMITS = RequestLimits(1, 5.0, retries=2)


def post(url: str, auth: Auth | None = None) -> Traffic:
    async def whole() -> None:
        endpoint = Endpoint(url, auth or SecretAddress(SecretStr(url)), CHAT)
        async with session_with(endpoint, LIMITS, timing=HurriedClock().timing()) as session:
            await session.deliver({"text": "ä"})

    with traffic() as found:
        asyncio.run(whole())
    return found


def saying(*answers: bytes) -> Callable[[socket.socket, bytes], bool]:
    left = list(answers)

    def behave(stream: socket.socket, _: bytes) -> bool:
        stream.sendall(left.pop(0))
        return True

    return behave


@pytest.mark.parametrize("accepted", [answer(b"ok", type="text/plain"), answer(b"", "202 Accepted"), answer(b"<html>")])
def test_whatever_the_words_a_success_is_one(accepted: bytes) -> None:
    with raw_server(saying(accepted)) as server:
        assert post(f"http://127.0.0.1:{server.port}{PATH}?sig=abc123def456").requests == {("The chat", "POST"): 1}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST {PATH}?sig=abc123def456 HTTP/1.1".encode())
    assert b"authorization" not in head.lower()
    assert body == '{"text":"ä"}'.encode()


def test_a_message_that_may_have_arrived_is_not_sent_again() -> None:
    with raw_server(saying(answer(b"", "500 Server Error"))) as server, pytest.raises(errors.ResponseLost):
        post(f"http://127.0.0.1:{server.port}{PATH}")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        answer(f"no hook {PATH} and {SLACK}".encode(), "404 Not Found", type="text/plain"),
        answer(b"", "302 Found", f"Location: https://evil.example{PATH}"),
        answer(b"", "302 Found", f"Location: {PATH}/x"),
        answer(b"", "303 See Other", f"Location: {PATH}/x"),
        answer(f"{PATH}".encode(), "400 Bad Request", type="text/plain"),
    ],
)
def test_no_refusal_shows_the_address(refusal: bytes) -> None:
    with raw_server(saying(refusal)) as server, pytest.raises(errors.RequestError) as raised:
        post(f"http://127.0.0.1:{server.port}{PATH}")
    said = f"{raised.value.message} {raised.value.hint}"
    assert not [piece for piece in ("T0AAAAAAA", "B0BBBBBBB", "kx81hAbC", "OpQr7") if piece in said]


@pytest.mark.parametrize("url", [SLACK, TEAMS])
def test_the_parts_of_an_address_that_are_secret_are_masked_and_words_are_not(url: str) -> None:
    for secrets in (address_secrets(url), environment_secrets({"HEAPSCIM_WEBHOOK_URL": url})):
        said = redacted(f"The services and workflows of Heap can't be invoked: see {url}", secrets)
        assert said.startswith("The services and workflows of Heap can't be invoked: see https://")
        assert not [piece for piece in ("kx81hAbC", "T0AAAAAAA", "aB3_dE6", "0f3ad8c2b1") if piece in said]


def test_when_a_certificate_ends_is_known_after_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = trusted_server(tmp_path, monkeypatch, "127.0.0.1")
    with raw_server(saying(answer(b"ok")), tls=context) as server:
        found = post(f"https://127.0.0.1:{server.port}/")
    assert found.ends == {("The chat", "certificate"): ANY, ("The chat", "token or key"): None}
    assert (found.ends["The chat", "certificate"] or 0) > time.time()


def jwt(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{body}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("secret", "ends"),
    [
        (jwt({"exp": 1_800_000_000}), 1_800_000_000.0), (jwt({"exp": "1800000000.5"}), 1_800_000_000.5),
        (jwt({"exp": -1e20}), None), (jwt({"exp": float("nan")}), None), (jwt({"exp": float("inf")}), None),
        (jwt({}), None), (jwt([1]), None), (jwt({"exp": None}), None), (jwt({"exp": "soon"}), None),
        ("a.b.c", None), ("a..c", None), ("no-token", None), ("a.\u00e9\u00e9.c", None),
    ],
)  # fmt: skip
def test_a_token_that_tells_its_end_is_believed(secret: str, ends: float | None) -> None:
    assert secret_ends(BearerToken(SecretStr(secret))) == ends
    assert secret_ends(ApiKey("x-api-key", SecretStr(secret))) == ends
    assert secret_ends(SecretAddress(SecretStr(secret))) is None
