"""What `doctor` finds on the way to Heap without a token, through a proxy, and of certificates that nobody trusts."""

import selectors
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring
import pytest
import trustme

from heapscim.sandbox.server import Sandbox
from tests.cli.checkups import Found, connect, findings, healthy, serving
from tests.conftest import CommandLine
from tests.fakes.certificates import server_context, trusted_server
from tests.fakes.sockets import Behave, RawServer, answer, raw_server
from tests.fakes.tenants import TOKEN


def test_without_a_token_the_way_to_the_server_is_checked_all_the_same(
    heapscim: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = trusted_server(tmp_path, monkeypatch, "127.0.0.1")
    with raw_server(serving("Date: Sat, 01 Jan 2000 00:00:00 GMT", status="401 Unauthorized"), tls=tls) as server:
        connect(heapscim, server.url.replace("http:", "https:"))
        keyring.delete_password("heapscim", "default")
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, found["token"].state) == (3, "fail")
    assert [found[part].state for part in ("server", "certificate", "clock")] == ["pass", "pass", "warn"]
    assert found["access"] == Found("unchecked", "not checked: there is no token", None)
    assert [b"authorization" in request.lower() for request in server.requests] == [False]


def test_without_token_and_server_both_are_told(heapscim: CommandLine) -> None:
    connect(heapscim, "http://127.0.0.1:9/scim/v2/1")
    keyring.delete_password("heapscim", "default")
    found = findings(heapscim.json("doctor"))
    assert [found[part].state for part in ("token", "server", "clock", "access")] == [
        "fail", "fail", "unchecked", "unchecked",
    ]  # fmt: skip
    assert found["clock"].words == "not checked: no response came"


def test_a_certificate_of_an_unknown_authority_fails(
    heapscim: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted_server(tmp_path, monkeypatch, "127.0.0.1")
    with raw_server(serving(), tls=server_context(trustme.CA(), "127.0.0.1")) as server:
        connect(heapscim, server.url.replace("http:", "https:"))
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, found["server"].words) == (1, "it can be reached")
    assert (found["certificate"].state, "can't be trusted" in found["certificate"].words) == ("fail", True)
    assert "trust store" in str(found["certificate"].next_step)
    assert found["access"] == Found("unchecked", "not checked: there is no TLS", None)
    assert server.requests == []


def test_the_certificate_of_a_connection_that_is_closed_after_each_response_is_known(
    heapscim: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closing(stream: socket.socket, request: bytes) -> bool:
        serving("Connection: close")(stream, request)
        return False

    with raw_server(closing, tls=trusted_server(tmp_path, monkeypatch, "127.0.0.1")) as server:
        connect(heapscim, server.url.replace("http:", "https:"))
        found = findings(heapscim.json("doctor"))
    assert (found["certificate"].state, "trusted, and valid for" in found["certificate"].words) == ("pass", True)


def test_a_server_that_fails_after_tls_still_shows_its_certificate(
    heapscim: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = trusted_server(tmp_path, monkeypatch, "127.0.0.1")
    with raw_server(serving(status="503 Service Unavailable"), tls=tls) as server:
        connect(heapscim, server.url.replace("http:", "https:"))
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, found["server"].state, found["certificate"].state) == (5, "fail", "pass")
    assert found["access"].words == "not checked: Heap can't be reached"


def tunnelling(target: RawServer) -> Behave:
    """A proxy that opens tunnels, all of them to one server."""

    def behave(stream: socket.socket, request: bytes) -> bool:
        assert request.startswith(b"CONNECT ")
        stream.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", target.port)) as onward, selectors.DefaultSelector() as ready:
            ready.register(stream, selectors.EVENT_READ, onward)
            ready.register(onward, selectors.EVENT_READ, stream)
            while True:
                for key, _ in ready.select():
                    part = key.fileobj.recv(65536)  # type: ignore[union-attr]
                    if not part:
                        return False
                    key.data.sendall(part)

    return behave


def test_through_a_proxy_the_certificate_of_the_server_is_read(
    heapscim: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "roots.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    tls = server_context(authority, "heap.example")
    ends = datetime.now(UTC) + timedelta(days=9, hours=12)
    authority.issue_cert("heap.example", not_after=ends).configure_cert(tls)
    with raw_server(serving(), tls=tls) as server, raw_server(tunnelling(server)) as proxy:
        connect(heapscim, "https://heap.example/scim/v2/1")
        monkeypatch.setenv("https_proxy", f"http://user:s3cret@127.0.0.1:{proxy.port}")
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert found["proxy"].words == f"by way of http://127.0.0.1:{proxy.port}"
    assert (found["certificate"].state, "valid for 9 days" in found["certificate"].words) == ("warn", True)
    assert (found["server"].state, found["access"].state) == ("pass", "pass")
    assert "s3cret" not in ran.stdout + ran.stderr
    assert TOKEN.encode() not in b"".join(proxy.requests)


def test_a_proxy_that_refuses_is_the_reason_why_the_server_cannot_be_reached(
    heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(stream: socket.socket, _request: bytes) -> bool:
        stream.sendall(answer(b"", "407 Proxy Authentication Required"))
        return False

    with raw_server(refuses) as proxy:
        connect(heapscim, "https://heap.example/scim/v2/1")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, found["server"].state, "407" in found["server"].words) == (5, "fail", True)
    assert found["certificate"].words == "not checked: no connection was made"


def test_what_another_program_answers_fails_at_access(heapscim: CommandLine) -> None:
    def page(stream: socket.socket, _request: bytes) -> bool:
        stream.sendall(answer(b"<html>Sign in</html>", type="text/html"))
        return True

    with raw_server(page) as server:
        connect(heapscim, server.url)
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, found["server"].state, found["access"].state) == (1, "pass", "fail")
    assert found["access"].next_step is not None


def test_a_list_that_fails_later_fails_by_itself(heapscim: CommandLine) -> None:
    """The first look succeeds; the whole read doesn't."""

    def behave(stream: socket.socket, request: bytes) -> bool:
        whole = b"GET /scim/v2/1/Users" in request and b"count=1 " not in request and b"count=0 " not in request
        return serving(status="403 Forbidden" if whole else "200 OK")(stream, request)

    with raw_server(behave) as server:
        connect(heapscim, server.url)
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, found["access"].state, found["accounts and groups"].state) == (4, "pass", "fail")


def test_a_disconnected_profile_is_checked_as_far_as_it_goes(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    assert heapscim("deactivate", "--yes").exit_code == 0
    found = findings(heapscim.json("doctor"))
    assert (found["connection"].state, found["server"].state) == ("fail", "pass")
