"""Carries requests over the network: connections through the system's proxy, and bodies of limited size.

This is the only place that chooses a transport. It speaks httpx's API over asyncio's own connections, with httptools
(llhttp, the parser of Node.js) to read responses, which costs a fifth of the processor time of httpx's own transport.
aiohttp needs 0.1 s more to import at each start, and pyreqwest has a TLS stack and a trust store of its own in place of
Python's. The ready-made transports over them cost more than this one. Above all, both report a connection that was lost
after the request had left as one that was never made, so a create could be sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from heapscim.http.connecting import Connector
from heapscim.http.connection import Connection, Timeouts
from heapscim.http.known_secrets import url_secrets
from heapscim.http.proxies import proxy_for, unusable_proxy
from heapscim.http.response_reader import ResponseReader

MOST_BYTES = 64 * 2**20
"""The largest body, unpacked."""

Transport: TypeAlias = httpx.AsyncBaseTransport
"""Sends requests; tests bring their own."""


@dataclass(slots=True, eq=False)
class _Slot:
    """Holds at most one connection, and the scheme, host and port that it leads to."""

    origin: tuple[str, bytes] = ("", b"")
    connection: Connection | None = None


class ConnectionPool(httpx.AsyncBaseTransport):
    """Holds at most ``count`` connections, each of which carries one request at a time."""

    def __init__(self, count: int, *, proxy: str | None) -> None:
        self._connector = Connector(proxy)
        self._slots = [_Slot() for _ in range(count)]
        self._free: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()
        self._certificate_ends: float | None = None
        for slot in self._slots:
            self._free.put_nowait(slot)
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request, which must name the length of its body, and returns the response with its whole body.

        A connection whose request failed, or was cut off at any moment, is closed, so no later one waits for it.
        """
        timeouts: Timeouts = request.extensions.get("timeout", {})
        head = self._connector.head(request)
        reader = ResponseReader(request.method, MOST_BYTES)
        slot = await self._take(timeouts.get("pool"))
        try:
            connection = await self._connected(slot, request.url, timeouts.get("connect"))
            await connection.exchange(head, await request.aread(), reader, timeouts)
            if reader.is_last:
                connection.abort()
        finally:
            self._free.put_nowait(slot)
        body = reader.body()
        headers = [(name, value) for name, value in reader.headers if name.lower() != b"content-encoding"]
        return httpx.Response(reader.status, headers=headers, content=body, request=request)

    def certificate_ends(self) -> float | None:
        """Returns until when the server's certificate is valid (seconds since 1970); None if none was shown."""
        return self._certificate_ends

    async def aclose(self) -> None:
        """Closes every connection; one that is still being made is closed as soon as it is there."""
        self._is_closed = True
        connections = [slot.connection for slot in self._slots if slot.connection is not None]
        for connection in connections:
            connection.abort()
        if connections:
            await asyncio.wait([connection.lost for connection in connections])

    async def _take(self, seconds: float | None) -> _Slot:
        """Returns the slot that was used last, since its connection is the least likely to be closed meanwhile."""
        try:
            return self._free.get_nowait()
        except asyncio.QueueEmpty:
            pass
        try:
            async with asyncio.timeout(seconds):
                return await self._free.get()
        except TimeoutError:
            raise httpx.PoolTimeout(f"no connection was free for {seconds:g} seconds") from None

    async def _connected(self, slot: _Slot, url: httpx.URL, seconds: float | None) -> Connection:
        """Returns the slot's connection, or a new one if the server has closed it or it leads somewhere else."""
        origin = (url.scheme, url.netloc)
        connection = slot.connection
        if connection is not None:
            if slot.origin == origin and connection.is_usable():
                return connection
            connection.abort()
            await asyncio.wait([connection.lost])  # so that there are never more connections than slots
        connection = await self._connector.connect(url, seconds)
        if self._is_closed:  # of two reads side by side, one has failed and so ended the session of both
            connection.abort()
            raise httpx.ConnectError("the session has ended")
        # Kept now, since a server may close each connection after one response.
        self._certificate_ends = connection.certificate_ends()
        slot.connection, slot.origin = connection, origin
        return connection


def system_transport(base_url: str, connections: int) -> tuple[Transport, Collection[str]]:
    """Returns a transport that uses the system's trust store and proxy, and the secrets in the proxy's address.

    Raises UsageError if the proxy's setting makes no sense.
    """
    proxy = proxy_for(base_url)
    try:
        return ConnectionPool(connections, proxy=proxy), url_secrets(proxy or "")
    except (httpx.InvalidURL, ValueError) as error:
        if proxy is None:
            raise
        raise unusable_proxy(base_url, "it isn't a URL") from error
