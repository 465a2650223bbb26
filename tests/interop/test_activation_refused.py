"""What can stand in the way of an activation has a message and an exit code of its own, and nothing is left behind."""

import re
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from tests.conftest import CommandLine, Ran
from tests.fakes.ports import free_port
from tests.fakes.sockets import answer, raw_server
from tests.fakes.tenants import TOKEN, running_sandbox

HTML = b"<!doctype html><title>Heap</title>"


def refused(heapscim: CommandLine, base_url: str, token: str = TOKEN) -> Ran:
    """Tries to activate; makes sure that nothing is left behind and the token is nowhere to be seen."""
    ran = heapscim("activate", "--base-url", base_url, "--token-stdin", "--debug", stdin=token + "\n")
    assert heapscim.keyring.kept == {}
    assert not list(heapscim.folder.rglob("*.toml"))
    assert token not in ran.stdout + ran.stderr
    return ran


@pytest.mark.parametrize(
    ("reply", "exit_code", "words"),
    [
        (
            answer(b"Invalid bearer token header.", "400 Bad Request", type="text/plain"),
            3,
            r"Heap rejected the token \(400\)",
        ),
        (
            answer(b"Invalid bearer token header.", "400 Bad Request", type="text/html"),
            3,
            r"Heap rejected the token \(400\)",
        ),
        (
            answer(b'{"detail": "Token expired"}', "401 Unauthorized", type="application/json"),
            3,
            "Heap says: Token expired",
        ),
        (answer(b"", "403 Forbidden", type="text/plain"), 4, r"The token doesn't allow GET /Users \(403\)"),
        (answer(b"", "404 Not Found", type="text/plain"), 1, r"Heap found nothing for GET /Users \(404\)"),
        (answer(HTML, "404 Not Found", type="text/html"), 1, r"Heap found nothing for GET /Users \(404\)"),
        (answer(HTML, "200 OK", type="text/html"), 1, "isn't SCIM: it may be a web page"),
        (answer(b'{"hello": "world"}', "200 OK", type="application/json"), 1, "JSON but not a SCIM list"),
        (answer(b"", "200 OK", type="application/json"), 1, "not a SCIM list"),
    ],
    ids=["malformed token", "labelled a page", "expired", "forbidden", "nothing", "no page", "page", "json", "empty"],
)
def test_an_answer_that_is_none_of_scim(heapscim: CommandLine, reply: bytes, exit_code: int, words: str) -> None:
    def behave(stream: socket.socket, _request: bytes) -> bool:
        stream.sendall(reply)
        return True

    with raw_server(behave) as server:
        ran = refused(heapscim, server.url)
    assert ran.exit_code == exit_code, ran.stderr
    assert re.search(words, ran.stderr), ran.stderr


def test_a_malformed_and_a_wrong_token(heapscim: CommandLine) -> None:
    with running_sandbox() as sandbox:
        wrong = refused(heapscim, sandbox.base_url, "some-other-token")
    assert (wrong.exit_code, "Heap rejected the token (401)" in wrong.stderr) == (3, True)
    assert "activate" in wrong.stderr


def test_a_wrong_path(heapscim: CommandLine) -> None:
    with running_sandbox() as sandbox:
        ran = refused(heapscim, sandbox.base_url + "9")
    assert (ran.exit_code, "Check the Base URL" in ran.stderr) == (1, True)


def test_a_closed_port(heapscim: CommandLine) -> None:
    port = free_port()
    ran = refused(heapscim, f"http://127.0.0.1:{port}/scim/v2/1")
    assert ran.exit_code == 5
    assert f"127.0.0.1:{port} can't be reached" in ran.stderr


def test_a_certificate_nobody_vouches_for(
    heapscim: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = tmp_path / "roots.pem"
    trustme.CA().cert_pem.write_to_path(roots)
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with raw_server(lambda _stream, _request: False, tls=context) as server:
        ran = refused(heapscim, server.url.replace("http:", "https:"))
    assert (ran.exit_code, server.requests) == (1, [])
    assert f"The TLS certificate of 127.0.0.1:{server.port} can't be trusted" in ran.stderr


def test_a_redirect_to_another_host(heapscim: CommandLine) -> None:
    def elsewhere(stream: socket.socket, _request: bytes) -> bool:
        stream.sendall(answer(b"", "302 Found", "Location: https://login.example/scim"))
        return True

    with raw_server(elsewhere) as server:
        ran = refused(heapscim, server.url)
    assert (ran.exit_code, len(server.requests)) == (1, 1)
    assert "redirects to login.example (302); the token isn't sent there" in ran.stderr
