"""Carries requests over the network: connections through the system's proxy, and bodies of limited size.

This is the only place that chooses a transport.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from typing import TypeAlias

import httpx

from heapscim.http.proxies import proxy_for, unusable_proxy
from heapscim.http.redaction import url_secrets

MOST_BYTES = 64 * 2**20
"""The largest body, unpacked."""
PACKINGS = ("gzip", "deflate")
"""The encodings a body may have, only one at a time: one read from the network then unpacks to 60 MB at most."""
_OTHER_PACKINGS = ("br", "zstd")

Transport: TypeAlias = httpx.AsyncBaseTransport
"""Sends requests; tests bring their own."""


class UnreadableBody(httpx.DecodingError):
    """The unpacked body is larger than MOST_BYTES, or its packing could make it so in a single step."""


class ConnectionPool(httpx.AsyncBaseTransport):
    """Holds one httpx transport of one connection for each request that may be in flight.

    A transport of one connection has nothing to search, so the cost of a request doesn't grow with their number. Why
    not aiohttp's or pyreqwest's transport, which cost half, stands in ``tests/benchmarks/transports.py``.
    """

    def __init__(self, count: int, *, verify: ssl.SSLContext | bool, proxy: str | None) -> None:
        self._verify = verify
        self._proxy = proxy
        self._all: set[httpx.AsyncHTTPTransport] = set()
        self._free: asyncio.LifoQueue[httpx.AsyncHTTPTransport] = asyncio.LifoQueue()
        for _ in range(count):
            self._add_connection()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request on a free connection and reads the whole response before the connection is free again.

        A connection whose request was cut off is replaced by a new one: httpcore may count it as busy for ever if a
        cancellation meets it at the wrong moment, and every later request would wait for it in vain.
        """
        connection = await self._free.get()
        try:
            response = await connection.handle_async_request(request)
            try:
                body = await _read_limited(response)
            finally:
                await response.aclose()
        except BaseException:
            self._all.discard(connection)
            self._add_connection()
            await connection.aclose()
            raise
        self._free.put_nowait(connection)
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    async def aclose(self) -> None:
        """Closes every connection."""
        for connection in self._all:
            await connection.aclose()

    def _add_connection(self) -> None:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        connection = httpx.AsyncHTTPTransport(verify=self._verify, limits=limits, proxy=self._proxy)
        self._all.add(connection)
        self._free.put_nowait(connection)


def system_transport(base_url: str, connections: int) -> tuple[Transport, Collection[str]]:
    """Returns a transport that uses the system's trust store and proxy, and the secrets in the proxy's address.

    Raises UsageError if the proxy's setting makes no sense.
    """
    verify = ssl.create_default_context() if base_url.startswith("https") else False
    proxy = proxy_for(base_url)
    try:
        return ConnectionPool(connections, verify=verify, proxy=proxy), url_secrets(proxy or "")
    except (httpx.InvalidURL, ValueError) as error:
        if proxy is None:
            raise
        raise unusable_proxy(base_url, "it isn't a URL") from error


async def _read_limited(response: httpx.Response) -> bytes:
    named = [word.strip().casefold() for word in response.headers.get("content-encoding", "").split(",")]
    packed = [word for word in named if word in (*PACKINGS, *_OTHER_PACKINGS)]  # some servers put a charset there
    if len(packed) > 1 or any(word in _OTHER_PACKINGS for word in packed):
        raise UnreadableBody(f"is packed in a way that wasn't asked for ({', '.join(packed[:3])})")
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise UnreadableBody(f"is larger than {MOST_BYTES >> 20} MB")
        parts.append(part)
    return b"".join(parts)
