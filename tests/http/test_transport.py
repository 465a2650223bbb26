"""Connections: how many there are, when they are used again, how long they may take, and what is left of them."""

import asyncio
import gc
import select
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from heapscim.http import connecting
from heapscim.http.connection import Connection
from heapscim.http.response_reader import ResponseReader
from heapscim.http.transport import ConnectionPool
from tests.fakes.certificates import trusted_server
from tests.fakes.patience import PATIENCE
from tests.fakes.sockets import RawServer, answer, raw_server
from tests.fakes.wires import Talk, Wire, a_request, answering, cut, until, wire

OK = answer(b'{"id": "1"}')
LARGE = bytes(range(256)) * 2**16  # 16 MB: more than the buffers of a connection hold
AT_ONCE = 0.05
"""Seconds that are waited for what never comes."""


def test_a_connection_is_used_again() -> None:
    async def whole() -> int:
        async with wire(answering(OK)) as served, ConnectionPool(4, proxy=None) as pool:
            for method in ("GET", "POST", "DELETE", "GET"):
                response = await pool.handle_async_request(a_request(served.url, method))
                assert (response.status_code, response.content) == (200, b'{"id": "1"}')
            return served.connections

    assert asyncio.run(whole()) == 1


@pytest.mark.parametrize(
    ("first", "connections"),
    [
        (answer(b"{}", "200 OK", "Connection: close"), 2),
        (answer(b"{}", "200 OK", "connection: Keep-Alive, CLOSE"), 2),
        (answer(b"{}").replace(b"HTTP/1.1", b"HTTP/1.0"), 2),
        (answer(b"{}", "200 OK", "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"), 1),
        (answer(b"{}", "200 OK", "Upgrade: h2,h2c", "Connection: Upgrade, Keep-Alive"), 1),
        (answer(b"{}") + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 2),
        (answer(b"{}") + b"more than was announced", 2),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", 2),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 2),
    ],
)
def test_whether_a_connection_goes_on_is_what_the_answer_says(first: bytes, connections: int) -> None:
    """What follows an answer is never read as the next one."""

    async def whole() -> int:
        async with wire(answering(first, OK)) as served, ConnectionPool(1, proxy=None) as pool:
            await pool.handle_async_request(a_request(served.url))
            response = await pool.handle_async_request(a_request(served.url))
            assert response.content in (b'{"id": "1"}', b"", b"{}")
            return served.connections

    assert asyncio.run(whole()) == connections


def test_what_nobody_asked_for_ends_an_idle_connection() -> None:
    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await served.request(reader):
                writer.write(OK)
                if served.connections == 1:
                    await idle.wait()
                    writer.write(answer(b"evil"))
                    await reader.read()
                    gone.set()

        return each

    idle, gone = asyncio.Event(), asyncio.Event()

    async def whole() -> None:
        async with wire(talk) as served, ConnectionPool(1, proxy=None) as pool:
            await pool.handle_async_request(a_request(served.url))
            idle.set()
            await gone.wait()
            assert (await pool.handle_async_request(a_request(served.url, "POST"))).content == b'{"id": "1"}'
            assert served.connections == 2

    asyncio.run(whole())


def test_an_end_that_the_event_loop_has_not_seen_yet_is_noticed_before_anything_is_written() -> None:
    def closes(stream: socket.socket, _request: bytes) -> bool:
        stream.sendall(OK)
        return False

    async def whole(server: RawServer) -> None:
        async with ConnectionPool(1, proxy=None) as pool:
            for _ in range(20):
                assert (await pool.handle_async_request(a_request(server.url, "POST"))).status_code == 200
                transport = pool._slots[0].connection._transport  # type: ignore[union-attr]
                assert transport is not None
                select.select([transport.get_extra_info("socket").fileno()], [], [], PATIENCE)

    with raw_server(closes) as server:
        asyncio.run(whole(server))
    assert (server.connections, len(server.requests)) == (20, 20)


def test_there_are_never_more_connections_than_may_be_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    connected, lost, counted, most = connecting._connected, Connection.connection_lost, [0], [0]

    async def counting(address: str, port: int) -> Connection:
        counted[0] += 1
        most[0] = max(counted[0], most[0])
        return await connected(address, port)

    def discounting(connection: Connection, error: Exception | None) -> None:
        counted[0] -= 1
        lost(connection, error)

    monkeypatch.setattr(connecting, "_connected", counting)
    monkeypatch.setattr(Connection, "connection_lost", discounting)

    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while request := await served.request(reader):
                if b"/cut" in request:
                    return
                writer.write(OK)

        return each

    async def whole() -> None:
        async with wire(talk) as first, wire(talk) as second, ConnectionPool(3, proxy=None) as pool:
            urls = [url for served in (first, second) for url in (served.url, f"http://127.0.0.1:{served.port}/cut")]
            asked = [pool.handle_async_request(a_request(url, "POST")) for url in urls * 10]
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(one) for one in found] == [httpx.Response, httpx.RemoteProtocolError] * 20
            assert most == [3]

    asyncio.run(whole())


def test_a_connection_carries_requests_to_its_own_origin_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = trusted_server(tmp_path, monkeypatch, "localhost")

    async def whole() -> None:
        async with (
            wire(answering(answer(b"one"))) as one,
            wire(answering(answer(b"two"))) as two,
            wire(answering(answer(b"three")), tls=tls) as three,
            ConnectionPool(1, proxy=None) as pool,
        ):
            urls = [one.url, two.url, one.url, f"https://localhost:{three.port}/", f"http://localhost:{two.port}/"]
            found = [(await pool.handle_async_request(a_request(url, "POST"))).content for url in urls]
            assert found == [b"one", b"two", b"one", b"three", b"two"]

    asyncio.run(whole())


def test_who_waits_too_long_for_a_connection_has_sent_nothing() -> None:
    async def whole() -> None:
        async with wire(stalling) as served, ConnectionPool(1, proxy=None) as pool:
            first = asyncio.create_task(pool.handle_async_request(a_request(served.url)))
            await until(lambda: served.requests)
            with pytest.raises(httpx.PoolTimeout):
                await pool.handle_async_request(a_request(served.url, pool=AT_ONCE))
            first.cancel()
            await asyncio.wait([first])
            assert len(served.requests) == 1

    asyncio.run(whole())


def stalling(served: Wire) -> Talk:
    async def each(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await served.request(reader)
        await reader.read()

    return each


def test_an_answer_that_never_comes_is_a_read_that_timed_out() -> None:
    async def whole() -> None:
        async with wire(stalling) as served, ConnectionPool(1, proxy=None) as pool:
            with pytest.raises(httpx.ReadTimeout):
                await pool.handle_async_request(a_request(served.url, read=AT_ONCE))

    asyncio.run(whole())


def test_the_time_for_an_answer_is_counted_from_the_last_byte_that_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await served.request(reader)
            for place in range(0, len(OK), 10):
                writer.write(OK[place : place + 10])
                await more.wait()
                more.clear()

        return each

    more = asyncio.Event()
    fed: list[bytes] = []
    received = Connection.data_received

    def seen(connection: Connection, data: bytes) -> None:
        fed.append(data)
        received(connection, data)

    monkeypatch.setattr(Connection, "data_received", seen)

    async def whole() -> None:
        loop, passed = asyncio.get_running_loop(), 0.0
        clock = loop.time
        monkeypatch.setattr(loop, "time", lambda: clock() + passed)
        async with wire(talk) as served, ConnectionPool(1, proxy=None) as pool:
            asked = asyncio.create_task(pool.handle_async_request(a_request(served.url, read=1000.0)))
            for count in range(1, 5):
                await until(lambda count=count: len(fed) == count)  # type: ignore[misc]
                passed += 600.0
                more.set()
            await until(lambda: len(fed) == 5)
            passed += 1100.0
            with pytest.raises(httpx.ReadTimeout):
                await asked

    asyncio.run(whole())


def deaf(_served: Wire) -> Talk:
    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()
        del reader

    return each


def test_a_request_that_nobody_takes_is_a_write_that_timed_out_and_waits_outside_the_buffer() -> None:
    async def whole() -> None:
        async with wire(deaf) as served, ConnectionPool(1, proxy=None) as pool:
            asked = asyncio.create_task(pool.handle_async_request(a_request(served.url, "POST", LARGE, write=AT_ONCE)))
            slot = pool._slots[0]
            await until(lambda: slot.connection is not None and slot.connection._is_full)
            connection = slot.connection
            assert connection is not None
            assert connection._transport is not None
            assert 0 < connection._transport.get_write_buffer_size() <= 2**18
            with pytest.raises(httpx.WriteTimeout):
                await asked

    asyncio.run(whole())


def test_a_large_request_arrives_whole() -> None:
    async def whole() -> None:
        async with wire(answering(OK)) as served, ConnectionPool(1, proxy=None) as pool:
            for _ in range(2):
                assert (await pool.handle_async_request(a_request(served.url, "POST", LARGE))).status_code == 200
            assert [request.partition(b"\r\n\r\n")[2] == LARGE for request in served.requests] == [True, True]
            assert served.connections == 1

    asyncio.run(whole())


@pytest.mark.parametrize("body", [b"{}", LARGE])
def test_room_for_more_of_a_request_is_not_its_answer(body: bytes) -> None:
    may_answer = asyncio.Event()

    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await served.request(reader)
            await may_answer.wait()
            writer.write(OK)

        return each

    async def whole() -> None:
        async with wire(talk) as served, ConnectionPool(1, proxy=None) as pool:
            asked = asyncio.create_task(pool.handle_async_request(a_request(served.url, "POST", body)))
            await until(lambda: served.requests)
            connection = pool._slots[0].connection
            assert connection is not None
            connection.pause_writing()
            connection.resume_writing()
            for _ in range(10):
                await asyncio.sleep(0)
            assert not asked.done()
            may_answer.set()
            assert (await asked).status_code == 200

    asyncio.run(whole())


@pytest.mark.parametrize("stays", [False, True])
def test_an_answer_that_comes_before_the_request_is_sent_is_read(*, stays: bool) -> None:
    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if served.connections > 1:
                await answering(OK)(served)(reader, writer)
                return
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(b"{}", "413 Content Too Large"))
            await writer.drain()
            if stays:
                await asyncio.Event().wait()

        return each

    async def whole() -> None:
        async with wire(talk) as served, ConnectionPool(1, proxy=None) as pool:
            assert (await pool.handle_async_request(a_request(served.url, "POST", LARGE))).status_code == 413
            assert (await pool.handle_async_request(a_request(served.url))).status_code == 200
            assert served.connections == 2

    asyncio.run(whole())


def test_a_header_that_holds_a_line_break_is_never_sent() -> None:
    async def whole() -> None:
        async with wire(answering(OK)) as served, ConnectionPool(1, proxy=None) as pool:
            for value in (b"a\r\nX-Evil: 1", b"a\nb", b"a\rb", b"a\0b"):
                request = httpx.Request("POST", served.url, headers=[(b"Authorization", value)])
                with pytest.raises(httpx.LocalProtocolError):
                    await pool.handle_async_request(request)
            assert served.connections == 0

    asyncio.run(whole())


def test_idle_connections_end_with_the_pool() -> None:
    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await served.request(reader):
                writer.write(OK)
            ended.append(await reader.read())

        return each

    ended: list[bytes] = []

    async def whole() -> None:
        async with wire(talk) as served:
            async with ConnectionPool(3, proxy=None) as pool:
                asked = [pool.handle_async_request(a_request(served.url)) for _ in range(3)]
                await asyncio.gather(*asked)
            await until(lambda: not served.open)
        assert ended == [b""] * 3

    asyncio.run(whole())
    gc.collect()


def test_a_connection_that_is_made_after_the_end_of_the_pool_is_closed_and_carries_nothing() -> None:
    """As where one of two reads fails, and the other one is still on its way."""

    async def whole() -> None:
        async with wire(answering(OK)) as served:
            pool = ConnectionPool(2, proxy=None)
            late = asyncio.create_task(pool.handle_async_request(a_request(served.url)))
            await asyncio.sleep(0)  # it is connecting
            await pool.aclose()
            with pytest.raises(httpx.ConnectError, match="the session has ended"):
                await late
            assert served.requests == []
            await until(lambda: served.open == 0)

    asyncio.run(whole())


def test_a_request_in_flight_fails_when_the_pool_is_closed() -> None:
    async def whole() -> None:
        async with wire(stalling) as served:
            pool = ConnectionPool(1, proxy=None)
            asked = asyncio.create_task(pool.handle_async_request(a_request(served.url)))
            await until(lambda: served.requests)
            await pool.aclose()
            with pytest.raises(httpx.RemoteProtocolError):
                await asked

    asyncio.run(whole())


@pytest.mark.parametrize("way", ["plain", "by name", "tls"])
def test_a_request_that_is_cut_off_at_any_moment_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    tls = trusted_server(tmp_path, monkeypatch, "localhost") if way == "tls" else None

    async def whole() -> int:
        moment, cut_off = 0, True
        async with wire(answering(OK), tls=tls) as served, ConnectionPool(1, proxy=None) as pool:
            host = "127.0.0.1" if way == "plain" else "localhost"
            url = f"{'https' if tls else 'http'}://{host}:{served.port}/"
            while cut_off:
                async with ConnectionPool(1, proxy=None) as fresh:
                    for used in (fresh, pool):
                        asked = asyncio.create_task(used.handle_async_request(a_request(url)))
                        for _ in range(moment):
                            await asyncio.sleep(0)
                        asked.cancel()
                        await asyncio.wait([asked])
                        cut_off = asked.cancelled()
                        assert used._free.qsize() == 1
                        assert (await used.handle_async_request(a_request(url))).status_code == 200
                moment += 1
        return moment

    assert asyncio.run(whole()) > 3
    gc.collect()


def test_no_cookie_is_kept() -> None:
    async def whole() -> list[bytes]:
        with_cookie = answer(b"{}", "200 OK", "Set-Cookie: a=b; Path=/")
        async with wire(answering(with_cookie)) as served, ConnectionPool(1, proxy=None) as pool:
            for _ in range(2):
                await pool.handle_async_request(a_request(served.url))
            return served.requests

    assert not [request for request in asyncio.run(whole()) if b"cookie" in request.lower()]


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_while_a_large_request_is_written_may_have_carried_it(*, reset: bool) -> None:
    def talk(_served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(100_000)
            cut(writer, reset=reset)

        return each

    async def whole() -> None:
        async with wire(talk) as served, ConnectionPool(1, proxy=None) as pool:
            with pytest.raises((httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
                await pool.handle_async_request(a_request(served.url, "POST", LARGE))
            assert served.connections == 1

    asyncio.run(whole())


def test_a_connection_that_is_lost_before_anything_is_written_never_carried_it() -> None:
    async def whole() -> None:
        async with wire(answering(OK)) as served:
            connection = await connecting.Connector(None).connect(httpx.URL(served.url), None)
            connection.abort()
            assert not connection.is_usable()
            with pytest.raises(httpx.ConnectError):
                await connection.exchange(b"POST / HTTP/1.1\r\n\r\n", b"", ResponseReader("POST", 1), {})
            with pytest.raises(ConnectionResetError):
                await connection.start_tls(ssl.create_default_context(), "localhost", None)
            await connection.lost
            assert served.requests == []

    asyncio.run(whole())
