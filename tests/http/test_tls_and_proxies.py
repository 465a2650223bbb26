"""TLS and HTTP proxies: who is trusted, who is told what, and that nothing left where a way couldn't be opened."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import trustme

from heapscim import errors
from heapscim.heap.connection import open_session
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.transport import ConnectionPool
from heapscim.model.secret import SecretStr
from tests.asking import TOKEN
from tests.fakes.certificates import server_context, trusted_server
from tests.fakes.clocks import FakeClock
from tests.fakes.patience import PATIENCE
from tests.fakes.sockets import answer
from tests.fakes.wires import Talk, Wire, a_request, answering, cut, wire

OK = answer(b'{"id": "1"}', "201 Created")
NO_ANSWER_IN = 0.05


def proxying(target: Wire, first: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> Callable[[Wire], Talk]:
    """Opens tunnels to a target."""

    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await served.request(reader)
            writer.write(first)
            await carry(reader, writer, target)

        return each

    return talk


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Wire, most: int | None = None
) -> None:
    """Carries bytes to a target and back until it ends, or ``most`` bytes came back."""
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target.port)
    there = asyncio.create_task(_pump(reader, far_writer))
    try:
        while (most is None or most > 0) and (part := await far_reader.read(65536 if most is None else most)):
            writer.write(part)
            most = None if most is None else most - len(part)
    finally:
        there.cancel()
        far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
        writer.write_eof()


async def refused(pool: ConnectionPool, url: str, **timeouts: float) -> Exception:
    with pytest.raises(httpx.TransportError) as caught:
        await pool.handle_async_request(a_request(url, "POST", b"{}", **timeouts))
    return caught.value


def test_the_host_is_named_and_checked_in_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = trusted_server(tmp_path, monkeypatch, "localhost")
    asked: list[str | None] = []
    context.sni_callback = lambda _stream, name, _context: asked.append(name)

    async def whole() -> None:
        async with wire(answering(OK), tls=context) as served, ConnectionPool(1, proxy=None) as pool:
            response = await pool.handle_async_request(a_request(f"https://localhost:{served.port}/"))
            assert response.status_code == 201
            transport = pool._slots[0].connection._transport  # type: ignore[union-attr]
            assert transport is not None
            assert transport.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
            error = await refused(pool, f"https://127.0.0.1:{served.port}/")
            assert isinstance(error, httpx.ConnectError)
            assert isinstance(error.__cause__, ssl.SSLCertVerificationError)
            assert len(served.requests) == 1

    asyncio.run(whole())
    assert asked[0] == "localhost"


def test_a_server_that_wants_a_certificate_of_ours_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = trusted_server(tmp_path, monkeypatch, "localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / "roots.pem")

    async def whole() -> None:
        async with wire(answering(OK), tls=context) as served, ConnectionPool(1, proxy=None) as pool:
            await refused(pool, f"https://localhost:{served.port}/")
            assert served.requests == []

    asyncio.run(whole())


def silent(_served: Wire) -> Talk:
    """Takes everything and says nothing."""

    async def each(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass

    return each


def test_a_handshake_that_is_not_answered_never_sent_the_request() -> None:
    async def whole() -> None:
        async with wire(silent) as served, ConnectionPool(1, proxy=None) as pool:
            error = await refused(pool, f"https://localhost:{served.port}/", connect=NO_ANSWER_IN)
            assert isinstance(error, httpx.ConnectTimeout)
            assert str(error) == "it doesn't answer in TLS (no response within 0.05 seconds)"

    asyncio.run(whole())


def test_a_request_in_plain_text_to_a_port_that_speaks_tls_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        async with (
            wire(answering(OK), tls=trusted_server(tmp_path, monkeypatch, "localhost")) as served,
            ConnectionPool(1, proxy=None) as pool,
        ):
            error = await refused(pool, f"http://localhost:{served.port}/")
            assert isinstance(error, httpx.RemoteProtocolError | httpx.ReadError)

    asyncio.run(whole())


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_tls_that_is_cut_anywhere_never_calls_a_request_unsent_that_arrived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, reset: bool
) -> None:
    context = trusted_server(tmp_path, monkeypatch, "localhost")
    found: list[type[object]] = []

    async def whole() -> None:
        async with wire(answering(OK), tls=context) as served:
            for most in range(0, 10_000, 53):
                served.requests.clear()
                async with wire(cutting(served, most, reset=reset)) as between, ConnectionPool(1, proxy=None) as pool:
                    request = a_request(f"https://localhost:{between.port}/", "POST", b"{}")
                    try:
                        found.append(type(await pool.handle_async_request(request)))
                    except httpx.TransportError as error:
                        found.append(type(error))
                    assert found[-1] is not httpx.ConnectError or served.requests == []
                    assert len(served.requests) <= 1
                if found[-1] is httpx.Response:
                    return

    asyncio.run(whole())
    assert found[0] is httpx.ConnectError
    assert found[-1] is httpx.Response
    assert set(found) <= {httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError, httpx.Response}
    assert len(set(found)) > 2


def cutting(target: Wire, most: int, *, reset: bool) -> Callable[[Wire], Talk]:
    """Carries bytes to a target and back, and cuts after ``most`` that came back."""

    def talk(_served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await carry(reader, writer, target, most)
            cut(writer, reset=reset)

        return each

    return talk


@pytest.mark.parametrize("kind", ["http", "https"])
def test_a_proxy_opens_a_tunnel_and_learns_only_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A proxy that is itself reached in TLS carries TLS in TLS."""
    context = trusted_server(tmp_path, monkeypatch, "localhost", "heap.example")

    async def whole() -> None:
        async with (
            wire(answering(OK), tls=context) as served,
            wire(proxying(served), tls=context if kind == "https" else None) as proxy,
            ConnectionPool(1, proxy=f"{kind}://us%20er:p%40ss:w@localhost:{proxy.port}") as pool,
        ):
            for _ in range(2):
                request = httpx.Request(
                    "POST", "https://heap.example/Users", headers={"Authorization": TOKEN}, content=b"{}"
                )
                assert (await pool.handle_async_request(request)).status_code == 201
            name = b64encode(b"us er:p@ss:w").decode()
            lines = [
                "CONNECT heap.example:443 HTTP/1.1",
                "Host: heap.example:443",
                f"Proxy-Authorization: Basic {name}",
            ]
            assert proxy.requests == ["\r\n".join([*lines, "", ""]).encode()]
            assert [b"Proxy" in sent for sent in served.requests] == [False, False]
            assert served.requests[0].startswith(b"POST /Users HTTP/1.1\r\n")

    asyncio.run(whole())


def test_a_proxy_that_reads_the_request_is_told_the_whole_url() -> None:
    async def whole() -> None:
        async with wire(answering(OK)) as proxy, ConnectionPool(1, proxy=f"http://a:b@127.0.0.1:{proxy.port}") as pool:
            await pool.handle_async_request(a_request("http://heap.example:8080/Users?count=1"))
            first, _, rest = proxy.requests[0].partition(b"\r\n")
            assert first == b"GET http://heap.example:8080/Users?count=1 HTTP/1.1"
            assert b"\r\nProxy-Authorization: Basic YTpi\r\n" in rest
            assert b"Host: heap.example:8080\r\n" in rest

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (answer(b"<html>", "407 Proxy Authentication Required"), "407 Proxy Authentication Required"),
        (answer(b"", "403 Forbidden"), "403 Forbidden"),
        (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\n", "502 Bad Gateway"),
        (b"HTTP/1.1 503\r\n\r\n", "503"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the proxy can't be used: "),
        (b"HTTP/1.1 200 OK\r\nX: ", "the proxy can't be used: "),
        (b"", "the proxy can't be used: "),
    ],
)
def test_a_proxy_that_refuses_says_why_and_nothing_was_sent(sent: bytes, words: str) -> None:
    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await served.request(reader)
            writer.write(sent)

        return each

    async def whole() -> None:
        async with wire(talk) as proxy, ConnectionPool(1, proxy=f"http://127.0.0.1:{proxy.port}") as pool:
            error = await refused(pool, "https://heap.example/")
            assert isinstance(error, httpx.ProxyError)
            assert str(error).startswith(words)

    asyncio.run(whole())


def test_a_proxy_that_is_not_there_or_says_nothing_was_told_nothing() -> None:
    async def whole() -> None:
        async with ConnectionPool(1, proxy="http://127.0.0.1:1") as pool:
            error = await refused(pool, "https://heap.example/")
            assert (type(error), str(error)) == (httpx.ProxyError, "the proxy can't be used: Connection refused")
        async with wire(silent) as proxy, ConnectionPool(1, proxy=f"http://127.0.0.1:{proxy.port}") as pool:
            assert isinstance(await refused(pool, "https://heap.example/", connect=NO_ANSWER_IN), httpx.ConnectTimeout)

    asyncio.run(whole())


def test_a_proxy_that_is_cut_at_any_byte_of_its_answer_sent_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = trusted_server(tmp_path, monkeypatch, "heap.example")
    established = b"HTTP/1.1 200 Connection established\r\n\r\n"

    async def whole() -> None:
        async with wire(answering(OK), tls=context) as served:
            for place in range(len(established)):
                for reset in (False, True):

                    def talk(proxied: Wire, place: int = place, reset: bool = reset) -> Talk:  # noqa: FBT001
                        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                            await proxied.request(reader)
                            writer.write(established[:place])
                            cut(writer, reset=reset)

                        return each

                    async with wire(talk) as proxy, ConnectionPool(1, proxy=f"http://127.0.0.1:{proxy.port}") as pool:
                        error = await refused(pool, "https://heap.example/")
                        assert isinstance(error, httpx.ProxyError), place
            async with (
                wire(proxying(served, established)) as proxy,
                ConnectionPool(1, proxy=f"http://127.0.0.1:{proxy.port}") as pool,
            ):
                assert (await pool.handle_async_request(a_request("https://heap.example/"))).status_code == 201

    asyncio.run(whole())


@pytest.mark.parametrize("whose", ["the proxy's", "the service's"])
def test_the_certificate_that_is_not_trusted_is_blamed_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    trusted, foreign = trustme.CA(), trustme.CA()
    trusted.cert_pem.write_to_path(tmp_path / "roots.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    for_proxy = server_context(foreign if whose == "the proxy's" else trusted, "localhost")
    for_service = server_context(trusted if whose == "the proxy's" else foreign, "heap.example")

    async def whole() -> errors.RequestError:
        async with wire(answering(OK), tls=for_service) as served, wire(proxying(served), tls=for_proxy) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{proxy.port}")
            limits = RequestLimits(retries=0, timeout=PATIENCE)
            clock = FakeClock().timing()
            async with open_session("https://heap.example", SecretStr(TOKEN), limits, timing=clock) as session:
                with pytest.raises(errors.RequestError) as caught:
                    await session.send("POST", "/Users", document={})
                assert served.requests == []
                return caught.value

    error = asyncio.run(whole())
    if whose == "the proxy's":
        reason = "the proxy can't be used: unable to get local issuer certificate"
        assert (type(error), error.message) == (errors.Unavailable, f"heap.example can't be reached: {reason}.")
    else:
        assert isinstance(error, errors.CertificateRefused)
        assert error.message.startswith("The TLS certificate of heap.example can't be trusted: ")


def test_a_tunnel_that_is_cut_off_at_any_moment_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = trusted_server(tmp_path, monkeypatch, "heap.example", "localhost")

    async def whole() -> None:
        async with (
            wire(answering(OK), tls=context) as served,
            wire(proxying(served), tls=context) as proxy,
            ConnectionPool(1, proxy=f"https://localhost:{proxy.port}") as pool,
        ):
            for moment in range(40):
                async with ConnectionPool(1, proxy=f"https://localhost:{proxy.port}") as fresh:
                    asked = asyncio.create_task(fresh.handle_async_request(a_request("https://heap.example/")))
                    for _ in range(moment):
                        await asyncio.sleep(0)
                    asked.cancel()
                    await asyncio.wait([asked])
                    assert (await fresh.handle_async_request(a_request("https://heap.example/"))).status_code == 201
            assert (await pool.handle_async_request(a_request("https://heap.example/"))).status_code == 201

    asyncio.run(whole())


@pytest.mark.parametrize("token", ["a\r\nb", "t\u00f6ken", "a\udcffb"])
def test_a_token_that_no_header_may_hold_is_refused_before_anything_is_sent(token: str) -> None:
    async def whole() -> None:
        async with wire(answering(OK)) as served:
            clock = FakeClock().timing()
            async with open_session(served.url, SecretStr(token), timing=clock) as session:
                with pytest.raises(errors.Unauthenticated, match="can't be sent: it holds a line break") as caught:
                    await session.send("POST", "/Users", document={})
                assert token not in f"{caught.value.message} {caught.value.hint}"
            assert served.connections == 0

    asyncio.run(whole())
