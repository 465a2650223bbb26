"""Opens connections: straight or through an HTTP proxy, in TLS with the system's trust store.

Whatever fails here, nothing of a request has left: ConnectError, ConnectTimeout or ProxyError.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Collection
from functools import cached_property
from itertools import zip_longest

import httpx

from heapscim.http.connection import Connection
from heapscim.http.response_reader import ResponseReader

_PORTS = {"http": 80, "https": 443}
_NEXT_ADDRESS_AFTER = 0.25
"""Seconds after which the next address of a host is tried while the first one still doesn't answer (RFC 8305 §5)."""
_SUCCESS = range(200, 300)


class Connector:
    """Opens connections to any origin, by way of one proxy if there is one."""

    def __init__(self, proxy: str | None) -> None:
        self._proxy = None if proxy is None else httpx.Proxy(proxy)
        name = None if self._proxy is None else self._proxy.raw_auth
        self._proxy_line = b"" if name is None else b"Proxy-Authorization: Basic %s\r\n" % b64encode(b":".join(name))

    def head(self, request: httpx.Request) -> bytes:
        """Returns a request's first line and headers as they are sent; raises LocalProtocolError if one holds a break.

        A proxy that reads the request is given the whole URL (RFC 9112 §3.2.2), and our name to it.
        """
        url, method = request.url, request.method.encode("ascii")
        target, more = url.raw_path, b""
        if self._proxy is not None and url.scheme == "http":
            target, more = b"http://" + url.netloc + target, self._proxy_line
        headers = request.headers.raw
        lines = b"".join([b"%s: %s\r\n" % header for header in headers])
        if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers) or b"\0" in lines:
            raise httpx.LocalProtocolError("A header holds a line break.")
        return b"%s %s HTTP/1.1\r\n%s%s\r\n" % (method, target, lines, more)

    async def connect(self, url: httpx.URL, seconds: float | None) -> Connection:
        """Returns a new connection for requests to a URL; raises ConnectError, ConnectTimeout or ProxyError."""
        connection: Connection | None = None
        try:
            async with asyncio.timeout(seconds):
                connection = await (_dial(url) if self._proxy is None else self._dial_through(self._proxy, url))
                if url.scheme == "https":
                    await connection.start_tls(self._tls, _host(url), seconds)
                return connection
        except TimeoutError as error:
            waited = _words(error) if error.errno else f"no response within {seconds:g} seconds"
            words = waited if connection is None else f"it doesn't answer in TLS ({waited})"
            raise httpx.ConnectTimeout(words) from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(_words(error)) from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The system's trust store. Reading it takes a while, so it waits for the first host that needs it."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def _dial_through(self, proxy: httpx.Proxy, url: httpx.URL) -> Connection:
        """Connects to a proxy, and for TLS through it to the host of a URL."""
        try:
            connection = await _dial(proxy.url)
            if proxy.url.scheme == "https":
                await connection.start_tls(self._tls, _host(proxy.url), None)
            if url.scheme == "https":
                await self._tunnel(connection, url)
        except httpx.ProxyError:
            raise
        except (OSError, UnicodeError, httpx.TransportError) as error:
            reason = _words(error)
        else:
            return connection
        # Raised without a cause, so that the service's own certificate isn't blamed for the proxy's. The proxy isn't
        # named, since a setting that makes no sense may hold a secret in the place of its host.
        raise httpx.ProxyError(f"the proxy can't be used: {reason}")

    async def _tunnel(self, connection: Connection, url: httpx.URL) -> None:
        """Asks a proxy for a tunnel (RFC 9110 §9.3.6). It learns the service's host, and nothing of the request."""
        host = url.raw_host if b":" not in url.raw_host else b"[%s]" % url.raw_host
        address = b"%s:%d" % (host, _port(url))
        head = b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (address, address, self._proxy_line)
        reader = ResponseReader("CONNECT", 0)
        await connection.exchange(head, b"", reader, {})
        if reader.status not in _SUCCESS:
            connection.abort()
            raise httpx.ProxyError(f"{reader.status} {reader.reason.decode('latin-1')}".strip())


async def _dial(url: httpx.URL) -> Connection:
    """Connects to the host of a URL, without TLS, at the first of its addresses that takes a connection."""
    host, port = _host(url), _port(url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        by_family = [
            [str(one[4][0]) for one in found if one[0] == family] for family in dict.fromkeys(i[0] for i in found)
        ]
        turns = zip_longest(*by_family)
        return await _first_connected([address for turn in turns for address in turn if address is not None], port)
    return await _connected(host, port)


async def _first_connected(addresses: Collection[str], port: int) -> Connection:
    """Returns the first connection that is made; tries the next address if one fails or takes long (RFC 8305).

    asyncio can do this, too, but leaves a socket open if it is cancelled at the wrong moment.
    """
    tries: list[asyncio.Task[Connection]] = []
    failures: list[BaseException] = []
    winner: asyncio.Task[Connection] | None = None
    left = deque(addresses)
    pending: set[asyncio.Task[Connection]] = set()
    try:
        while left or pending:
            if left:
                tries.append(asyncio.create_task(_connected(left.popleft(), port)))
                pending.add(tries[-1])
            wait = _NEXT_ADDRESS_AFTER if left else None
            done, pending = await asyncio.wait(pending, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if (failure := task.exception()) is None:
                    winner = task
                    return task.result()
                failures.append(failure)
    finally:
        for task in tries:
            if task is not winner:
                task.cancel()
                task.add_done_callback(_abandon)
    raise OSError(", ".join(dict.fromkeys(map(_words, failures))) or "it has no address")


async def _connected(address: str, port: int) -> Connection:
    return (await asyncio.get_running_loop().create_connection(Connection, address, port))[1]


def _abandon(task: asyncio.Task[Connection]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().abort()


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _port(url: httpx.URL) -> int:
    return url.port or _PORTS[url.scheme]


def _words(error: BaseException) -> str:
    """Returns what the system says of a failure, without the number and the address that Python adds."""
    if isinstance(error, ssl.SSLError):
        return getattr(error, "verify_message", "") or error.reason or str(error)
    if isinstance(error, OSError) and error.errno and not isinstance(error, socket.gaierror):
        return os.strerror(error.errno)
    return (isinstance(error, OSError) and error.strerror) or str(error) or "the connection was closed"
