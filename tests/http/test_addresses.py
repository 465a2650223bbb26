"""Hosts with several addresses, with IPv6 and with letters beyond ASCII, and what is said of one that isn't there."""

import asyncio
import socket
from typing import Any

import httpx
import pytest

from heapscim.http import connecting
from heapscim.http.connection import Connection
from heapscim.http.transport import ConnectionPool
from tests.fakes.sockets import answer
from tests.fakes.wires import a_request, answering, until, wire

OK = answer(b'{"id": "1"}')


def test_a_server_is_reached_by_ipv6() -> None:
    async def whole() -> None:
        async with wire(answering(OK), host="::1") as served, ConnectionPool(1, proxy=None) as pool:
            url = f"http://[::1]:{served.port}/"
            assert (await pool.handle_async_request(a_request(url))).status_code == 200
            assert f"\r\nHost: [::1]:{served.port}\r\n".encode() in served.requests[0]

    asyncio.run(whole())


def addresses(monkeypatch: pytest.MonkeyPatch, *found: str) -> list[Any]:
    """Lets any name have these addresses; returns the names that were looked up."""
    asked: list[Any] = []

    async def getaddrinfo(_loop: object, host: str, port: int, **_more: object) -> list[Any]:
        asked.append(host)
        families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in found]
        return [(family, socket.SOCK_STREAM, 6, "", (one, port)) for family, one in zip(families, found, strict=True)]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


def test_the_next_address_is_tried_when_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = addresses(monkeypatch, "127.0.0.2", "127.0.0.3", "127.0.0.1")

    async def whole() -> None:
        async with wire(answering(OK)) as served, ConnectionPool(1, proxy=None) as pool:
            url = f"http://b\u00fccher.example:{served.port}/"
            assert (await pool.handle_async_request(a_request(url))).status_code == 200
            assert f"\r\nHost: xn--bcher-kva.example:{served.port}\r\n".encode() in served.requests[0]

    asyncio.run(whole())
    assert asked == ["xn--bcher-kva.example"]


def test_the_next_address_is_tried_while_one_is_silent_and_the_loser_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses(monkeypatch, "::2", "127.0.0.2", "127.0.0.1")
    tried: list[str] = []
    connected = connecting._connected

    async def silent(address: str, port: int) -> Connection:
        tried.append(address)
        if address != "127.0.0.1":
            await asyncio.Event().wait()
        return await connected(address, port)

    monkeypatch.setattr(connecting, "_connected", silent)
    monkeypatch.setattr(connecting, "_NEXT_ADDRESS_AFTER", 0.001)

    async def whole() -> None:
        async with wire(answering(OK)) as served, ConnectionPool(1, proxy=None) as pool:
            await pool.handle_async_request(a_request(f"http://heap.example:{served.port}/"))

    asyncio.run(whole())
    assert tried == ["::2", "127.0.0.2", "127.0.0.1"]


def test_of_two_connections_that_are_made_at_once_one_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses(monkeypatch, "127.0.0.1", "127.0.0.1")
    connected, both, lost = connecting._connected, asyncio.Event(), []

    async def together(address: str, port: int) -> Connection:
        connection = await connected(address, port)
        lost.append(connection.lost)
        if len(lost) == 2:
            both.set()
        await both.wait()
        return connection

    monkeypatch.setattr(connecting, "_connected", together)
    monkeypatch.setattr(connecting, "_NEXT_ADDRESS_AFTER", 0.001)

    async def whole() -> None:
        async with wire(answering(OK)) as served, ConnectionPool(1, proxy=None) as pool:
            await pool.handle_async_request(a_request(f"http://heap.example:{served.port}/"))
            await until(lambda: served.open == 1)
            assert sorted(one.done() for one in lost) == [False, True]

    asyncio.run(whole())


@pytest.mark.parametrize("found", [("127.0.0.2",), ("127.0.0.2", "127.0.0.3")])
def test_a_host_that_refuses_is_told_in_the_systems_words(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...]
) -> None:
    addresses(monkeypatch, *found)

    async def whole() -> None:
        async with ConnectionPool(1, proxy=None) as pool:
            with pytest.raises(httpx.ConnectError, match=r"^Connection refused$"):
                await pool.handle_async_request(a_request("http://heap.example:1/"))

    asyncio.run(whole())


def test_a_name_that_nobody_knows_is_told_in_the_systems_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)

    async def whole() -> None:
        async with ConnectionPool(1, proxy=None) as pool:
            with pytest.raises(httpx.ConnectError, match=r"^Name or service not known$"):
                await pool.handle_async_request(a_request("http://heap.example/"))

    asyncio.run(whole())
