"""One request over the wire: what it carries, where it may go, and what each failure is called."""

import asyncio
import gzip
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from pytest_httpx import HTTPXMock

from heapscim import errors
from heapscim.cli.root import TIMING
from heapscim.heap.connection import HEAP, open_session
from heapscim.http import transport
from heapscim.http.rate_limit import RequestLimits
from heapscim.model.secret import SecretStr
from tests.asking import BASE, EMPTY_LIST, TOKEN, ask
from tests.fakes.patience import PATIENCE
from tests.fakes.ports import free_port
from tests.fakes.sockets import answer, raw_server


def test_a_request_carries_token_and_media_types(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=201, json={"id": "1"}, headers={"content-type": "application/scim+json"})
    assert ask("POST", document={"userName": "a\u00e9"}) == {"id": "1"}
    sent = httpx_mock.get_requests()[0]
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"
    assert sent.headers["accept"] == "application/scim+json, application/json"
    assert sent.headers["content-type"] == "application/scim+json"
    assert json.loads(sent.content) == {"userName": "aé"}


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_media_type_that_is_refused_gives_way_to_plain_json(httpx_mock: HTTPXMock, method: str) -> None:
    httpx_mock.add_response(status_code=415)
    httpx_mock.add_response(json={"id": "1"})
    assert ask(method, document={}) == {"id": "1"}
    sent = [(one.headers["content-type"], one.headers["accept"]) for one in httpx_mock.get_requests()]
    both = "application/scim+json, application/json"
    assert sent == [("application/scim+json", both), ("application/json", "application/json")]


def test_a_media_type_that_nothing_replaces_is_refused_once_for_each(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=415, is_reusable=True)
    with pytest.raises(errors.Rejected, match="415"):
        ask("POST", document={})
    assert len(httpx_mock.get_requests()) == 2


def test_a_post_whose_answer_could_not_be_shown_is_not_sent_again(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=406)
    with pytest.raises(errors.ResponseLost, match="406") as raised:
        ask("POST", document={})
    assert (raised.value.hint, len(httpx_mock.get_requests())) == (HEAP.on_not_acceptable, 1)


def test_filters_and_ids_arrive_as_they_are(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=EMPTY_LIST, is_reusable=True)
    ask(path="/Users/a%2Fb%20c%C3%A9", query={"filter": 'userName eq "a+b&c d%"', "count": 1})
    sent = httpx_mock.get_requests()[0]
    assert sent.url.raw_path.startswith(b"/scim/v2/1/Users/a%2Fb%20c%C3%A9?")
    assert sent.url.params["filter"] == 'userName eq "a+b&c d%"'


@pytest.mark.parametrize(
    ("status", "location", "words"),
    [
        (301, "https://other.example/scim", "heap.example redirects to other.example (301)"),
        (302, "http://heap.example/scim/v2/1/Users", "heap.example redirects to heap.example (302)"),
        (307, "https://heap.example:8443/", "heap.example redirects to heap.example:8443 (307)"),
        (308, "https://user:pass@other.example/", "heap.example redirects to other.example (308)"),
        (302, "//other.example/", "heap.example redirects to other.example (302)"),
        (302, "https://heap.example:99999/", "heap.example redirects to an address that isn't one (302)"),
        (302, "mailto:admin@other.example", "GET /Users is redirected to an invalid address"),
    ],
)
def test_a_redirect_to_another_origin_is_refused_and_the_token_stays(
    httpx_mock: HTTPXMock, status: int, location: str, words: str
) -> None:
    httpx_mock.add_response(status_code=status, headers={"location": location})
    with pytest.raises(errors.RedirectRefused, match=re.escape(words)):
        ask()
    assert len(httpx_mock.get_requests()) == 1


def test_a_redirect_to_nonsense_is_no_answer(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=302, headers={"location": "https://[::1"}, is_reusable=True)
    with pytest.raises(errors.ResponseLost):
        ask()


def test_a_redirect_within_the_origin_is_followed(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=302, headers={"location": "/scim/v2/1/Users/?count=1"})
    httpx_mock.add_response(url=f"{BASE}/Users/?count=1", json=EMPTY_LIST)
    assert ask(query={"count": 1}) == EMPTY_LIST


def test_a_write_follows_only_a_redirect_that_keeps_it_a_write(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=308, headers={"location": f"{BASE}/Users/"})
    httpx_mock.add_response(url=f"{BASE}/Users/", method="POST", match_json={"a": 1}, status_code=201, json={"id": "1"})
    assert ask("POST", document={"a": 1}) == {"id": "1"}
    httpx_mock.add_response(status_code=302, headers={"location": f"{BASE}/login"})
    with pytest.raises(errors.RedirectRefused, match="only a read may follow it"):
        ask("POST", document={"a": 1})


@pytest.mark.parametrize("location", ["", f"{BASE}/Users"])
def test_a_circle_of_redirects_ends(httpx_mock: HTTPXMock, location: str) -> None:
    httpx_mock.add_response(status_code=302, headers={"location": location}, is_reusable=True)
    with pytest.raises(errors.RedirectRefused, match="in a circle"):
        ask()
    assert len(httpx_mock.get_requests()) == 4


@pytest.mark.parametrize("type", ["text/html", "application/json"])
def test_a_web_page_is_a_wrong_base_url(httpx_mock: HTTPXMock, type: str) -> None:
    httpx_mock.add_response(html="<!doctype html><title>Heap</title>", headers={"content-type": type})
    with pytest.raises(errors.WrongProtocol, match="it may be a web page"):
        ask()


def test_half_a_character_is_refused_before_anything_is_sent(httpx_mock: HTTPXMock) -> None:
    with pytest.raises(errors.Rejected, match="half a character"):
        ask("POST", document={"userName": "\ud800"})
    assert not httpx_mock.get_requests()


def test_half_a_character_in_a_filter_is_refused_before_anything_is_sent(httpx_mock: HTTPXMock) -> None:
    with pytest.raises(errors.Rejected, match="half a character"):
        ask(query={"filter": 'userName eq "\ud800"'})
    assert not httpx_mock.get_requests()


def test_a_redirect_to_a_url_with_control_characters_is_refused(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=302, headers={"location": "/scim/v2/1/\x7f"})
    with pytest.raises(errors.RedirectRefused, match="GET /Users is redirected to an invalid address"):
        ask()


def closes_after_each(stream: socket.socket, _request: bytes) -> bool:
    """Promises to keep the connection, then closes it."""
    stream.sendall(answer(b'{"id": "1"}', "201 Created"))
    return False


def test_connections_the_server_closed_meanwhile_lose_no_create() -> None:
    async def whole(base_url: str) -> None:
        async with open_session(
            base_url, SecretStr(TOKEN), RequestLimits(retries=0, max_in_flight=2), timing=TIMING
        ) as session:
            for _ in range(10):
                assert await session.send("POST", "/Users", document={}) == {"id": "1"}
                await asyncio.sleep(0.02)

    with raw_server(closes_after_each) as server:
        asyncio.run(whole(server.url))
    assert len(server.requests) == 10


@pytest.mark.parametrize(("method", "sent_before"), [("GET", [2, 3, 3]), ("PATCH", [1, 2, 3])])
def test_the_next_request_leaves_before_a_page_is_looked_at(method: str, sent_before: list[int]) -> None:
    """What a write brought is looked at first, so that it is recorded at once."""

    async def whole(base_url: str) -> list[int]:
        async with open_session(base_url, SecretStr(TOKEN), RequestLimits(max_in_flight=1), timing=TIMING) as session:

            async def send() -> int:
                await session.send(method, "/Users")
                return session.sent.total()

            return list(await asyncio.gather(send(), send(), send()))

    with raw_server(answers_at_once) as server:
        assert asyncio.run(whole(server.url)) == sent_before


def hangs_up(_stream: socket.socket, _request: bytes) -> bool:
    return False


def announces_more_than_it_sends(stream: socket.socket, _request: bytes) -> bool:
    stream.sendall(answer(b'{"id": "1"}').replace(b"Length: 11", b"Length: 99"))
    return False


def answers_garbage(stream: socket.socket, _request: bytes) -> bool:
    stream.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    return False


def stalls(stream: socket.socket, _request: bytes) -> bool:
    stream.recv(1)
    return False


def drips(stream: socket.socket, _request: bytes) -> bool:
    """Sends a byte now and then, so that no single read ever times out."""
    import time

    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1_000):
        stream.sendall(b" ")
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("behave", [hangs_up, announces_more_than_it_sends, answers_garbage, stalls, drips])
def test_an_answer_that_never_comes_whole_is_a_lost_one(behave: Callable[[socket.socket, bytes], bool]) -> None:
    limits = RequestLimits(retries=1, timeout=PATIENCE / 90)
    with raw_server(behave) as server, pytest.raises(errors.ResponseLost, match="No response to POST /Users arrived"):
        ask("POST", base_url=server.url, document={}, limits=limits, real=True)
    assert len(server.requests) == 1
    with raw_server(behave) as server, pytest.raises(errors.ResponseLost):
        ask("GET", base_url=server.url, limits=limits, real=True)
    assert len(server.requests) == 2


def answers_at_once(stream: socket.socket, _request: bytes) -> bool:
    stream.sendall(answer())
    return True


@pytest.mark.parametrize("twice", [False, True])
def test_a_request_cut_off_in_any_moment_blocks_none_that_come_later(*, twice: bool) -> None:
    async def whole(base_url: str) -> None:
        async with open_session(
            base_url, SecretStr(TOKEN), RequestLimits(retries=0, max_in_flight=1, timeout=PATIENCE), timing=TIMING
        ) as session:
            for moment in range(60):
                cut_off = asyncio.create_task(session.send("GET", "/Users"))
                for _ in range(moment):
                    await asyncio.sleep(0)
                cut_off.cancel()
                if twice:
                    await asyncio.sleep(0)
                    cut_off.cancel()
                await asyncio.wait({cut_off})
                assert await session.send("GET", "/Users") == {}

    with raw_server(answers_at_once) as server:
        asyncio.run(whole(server.url))


def gzip_bomb(stream: socket.socket, _request: bytes) -> bool:
    stream.sendall(answer(gzip.compress(bytes(2**21)), "200 OK", "Content-Encoding: gzip"))
    return True


def test_a_body_beyond_all_measure_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 2**20)
    with raw_server(gzip_bomb) as server, pytest.raises(errors.WrongProtocol, match="larger than 1 MB"):
        ask(base_url=server.url, real=True)
    assert len(server.requests) == 1
    with raw_server(gzip_bomb) as server, pytest.raises(errors.ResponseLost, match="larger than 1 MB"):
        ask("POST", base_url=server.url, document={}, real=True)


@pytest.mark.parametrize("packing", ["gzip, gzip", "br"])
def test_an_answer_packed_in_a_way_that_was_not_asked_for_is_refused(packing: str) -> None:
    def packed(stream: socket.socket, request: bytes) -> bool:
        assert b"accept-encoding: gzip, deflate\r\n" in request.lower()
        stream.sendall(answer(gzip.compress(gzip.compress(b"{}")), "200 OK", f"Content-Encoding: {packing}"))
        return True

    with (
        raw_server(packed) as server,
        pytest.raises(errors.WrongProtocol, match="packed in a way that wasn't asked for"),
    ):
        ask(base_url=server.url, real=True)
    assert len(server.requests) == 1


def with_a_charset_for_an_encoding(stream: socket.socket, _request: bytes) -> bool:
    stream.sendall(answer(b'{"totalResults": 0}', "200 OK", "Content-Encoding: UTF-8"))
    return True


def in_gzip(stream: socket.socket, _request: bytes) -> bool:
    stream.sendall(answer(gzip.compress(b'{"totalResults": 0}'), "200 OK", "Content-Encoding: gzip"))
    return True


@pytest.mark.parametrize("behave", [in_gzip, with_a_charset_for_an_encoding])
def test_compressed_answers_are_read(behave: Callable[[socket.socket, bytes], bool]) -> None:
    with raw_server(behave) as server:
        assert ask(base_url=server.url, real=True) == EMPTY_LIST


def test_a_closed_port_is_said_to_be_out_of_reach() -> None:
    port = free_port()
    with pytest.raises(errors.Unavailable, match=rf"127.0.0.1:{port} can't be reached"):
        ask(base_url=f"http://127.0.0.1:{port}", real=True)


def greets(stream: socket.socket, _request: bytes) -> bool:
    stream.sendall(answer(b'{"totalResults": 0}'))
    return True


def a_certificate(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str, trusted: bool = True) -> ssl.SSLContext:
    """A server's context with a certificate for ``names``, whose root the system trusts or not."""
    authority = trustme.CA()
    trusted_ones = folder / "roots.pem"
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(trusted_ones)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted_ones))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_a_certificate_the_system_trusts_is_good_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(greets, tls=a_certificate(tmp_path, monkeypatch, "127.0.0.1")) as server:
        assert ask(base_url=server.url.replace("http:", "https:"), real=True) == EMPTY_LIST


@pytest.mark.parametrize(
    ("name", "trusted", "words"),
    [("127.0.0.1", False, "unable to get local issuer certificate"), ("other.example", True, "IP address mismatch")],
)
def test_a_certificate_that_cannot_be_trusted_is_refused_before_the_token_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, name: str, trusted: bool, words: str
) -> None:
    context = a_certificate(tmp_path, monkeypatch, name, trusted=trusted)
    with raw_server(greets, tls=context) as server, pytest.raises(errors.CertificateRefused, match=words):
        ask(base_url=server.url.replace("http:", "https:"), real=True)
    assert (server.requests, server.connections) == ([], 1)


def test_a_port_without_tls_is_out_of_reach_and_no_certificate_is_blamed() -> None:
    with raw_server(greets) as server, pytest.raises(errors.Unavailable) as caught:
        ask(base_url=server.url.replace("http:", "https:"), real=True, limits=RequestLimits(retries=0, timeout=1))
    assert caught.value.message.startswith(f"127.0.0.1:{server.port} can't be reached: it doesn't answer in TLS (")


def test_a_tls_handshake_that_is_cut_off_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = a_certificate(tmp_path, monkeypatch, "127.0.0.1")
    with raw_server(greets, tls=context) as server, socket.create_server(("127.0.0.1", 0)) as listener:

        def cuts_the_first_off() -> None:
            stream, _ = listener.accept()
            stream.recv(65536)
            stream.close()
            stream, _ = listener.accept()
            with stream, socket.create_connection(("127.0.0.1", server.port)) as onward:
                _pump(stream, onward)

        threading.Thread(target=cuts_the_first_off, daemon=True).start()
        assert ask(base_url=f"https://127.0.0.1:{listener.getsockname()[1]}", real=True) == EMPTY_LIST


def test_a_proxy_of_the_system_is_used_and_never_sees_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with raw_server(greets, tls=a_certificate(tmp_path, monkeypatch, "heap.example")) as server:

        def tunnels(stream: socket.socket, _request: bytes) -> bool:
            with socket.create_connection(("127.0.0.1", server.port)) as onward:
                stream.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pump(stream, onward)
            return False

        with raw_server(tunnels) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
            assert ask(real=True) == EMPTY_LIST
            monkeypatch.setenv("NO_PROXY", "heap.example")
            with pytest.raises(errors.Unavailable):
                ask(real=True)
    assert [request.split(b"\r\n")[0] for request in proxy.requests] == [b"CONNECT heap.example:443 HTTP/1.1"]
    assert TOKEN.encode() not in proxy.requests[0]
    assert TOKEN.encode() in server.requests[0]


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(stream: socket.socket, _request: bytes) -> bool:
        stream.sendall(answer(b"", "407 Proxy Authentication Required"))
        return False

    with raw_server(refuses) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(errors.Unavailable, match=r"heap\.example can't be reached: 407"):
            ask(real=True, limits=RequestLimits(retries=0))
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(errors.UsageError, match="HTTPS_PROXY can't be used: it names no http proxy"):
        ask(real=True)


def _pump(one: socket.socket, other: socket.socket) -> None:
    import selectors

    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                part = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not part:
                    return
                key.data.sendall(part)
