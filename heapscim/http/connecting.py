"""Opens connections: straight or through an HTTP proxy, in TLS with the system's trust store.

Whatever fails here, nothing of a request has left: ConnectError, ConnectTimeout or ProxyError.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from base64 import b64encode
from functools import cached_property

import httpx

from heapscim.http.connection import Connection
from heapscim.http.response_reader import ResponseReader

_PORTS = {"http": 80, "https": 443}
_NEXT_ADDRESS_AFTER = 0.25
"""Seconds after which the next address of a host is tried while the first one still doesn't answer (RFC 8305 §5)."""
_SUCCESS = range(200, 300)
_NUMBER = re.compile(r"\[Errno (\d+)\]")


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
                connection = await (self._dial(url) if self._proxy is None else self._dial_through(self._proxy, url))
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

    async def _dial(self, url: httpx.URL) -> Connection:
        """Connects to the host of a URL, without TLS."""
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, _host(url), _port(url), happy_eyeballs_delay=_NEXT_ADDRESS_AFTER
        )
        return connection

    async def _dial_through(self, proxy: httpx.Proxy, url: httpx.URL) -> Connection:
        """Connects to a proxy, and for TLS through it to the host of a URL."""
        try:
            connection = await self._dial(proxy.url)
            if proxy.url.scheme == "https":
                await connection.start_tls(self._tls, _host(proxy.url), None)
            if url.scheme == "https":
                await self._tunnel(connection, url)
        except (TimeoutError, httpx.ProxyError):
            raise
        except (OSError, UnicodeError, httpx.TransportError) as error:
            reason = _words(error)
        else:
            return connection
        # Raised without a cause, so that the service's own certificate isn't blamed for the proxy's.
        raise httpx.ProxyError(f"the proxy {proxy.url.netloc.decode('ascii')} can't be used: {reason}")

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


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _port(url: httpx.URL) -> int:
    return url.port or _PORTS[url.scheme]


def _words(error: Exception) -> str:
    """Returns what the system says of a failure, without the numbers and addresses that Python adds."""
    if isinstance(error, ssl.SSLError):
        return getattr(error, "verify_message", "") or error.reason or str(error)
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror):
        numbers = [error.errno] if error.errno else map(int, _NUMBER.findall(str(error)))  # one for each address
        if words := ", ".join(dict.fromkeys(map(os.strerror, numbers))):
            return words
    return (isinstance(error, OSError) and error.strerror) or str(error) or "the connection was closed"
