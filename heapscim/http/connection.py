"""Holds one connection, which carries one request at a time, and reports what became of a request that failed.

Before the first byte of a request is written, a failure is a ConnectError: the request certainly never left. Afterwards
nothing is guessed: ReadError, WriteError, RemoteProtocolError and timeouts mean that it may have been carried out.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import httpx

from heapscim.http.response_reader import ResponseReader

if TYPE_CHECKING:
    import ssl

Timeouts = Mapping[str, float | None]
"""Seconds by httpx's names: ``connect``, ``read``, ``write``, ``pool``. None, or no value, means no limit."""
_PIECE = 64 * 2**10
"""Bytes of a body that are written at a time; more wait until the other end takes them."""


class Connection(asyncio.Protocol):
    """Holds one connection; the pool decides which requests it carries."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost = self._loop.create_future()
        """Is done once the connection is closed at this end."""
        self._transport: asyncio.Transport | None = None
        self._reader: ResponseReader | None = None
        self._failure: httpx.TransportError | httpx.DecodingError | None = None
        self._is_full = False
        self._waiter: asyncio.Future[None] | None = None
        self._limit: asyncio.Timeout | None = None
        self._seconds: float | None = None

    async def exchange(self, head: bytes, body: bytes, reader: ResponseReader, timeouts: Timeouts) -> None:
        """Sends a request and lets ``reader`` read the response; raises httpx's errors.

        A response that comes before the whole request is sent counts; the connection can't be used again then.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise httpx.ConnectError("the connection was closed before the request was sent")
        self._reader = reader
        try:
            if len(body) <= _PIECE:
                transport.write(head + body)
            else:
                await self._write(transport, reader, head, body, timeouts.get("write"))
            while not reader.is_complete:  # news may be that the system has taken the rest of the request
                await self._news(timeouts.get("read"), httpx.ReadTimeout)
            if transport.get_write_buffer_size():  # the server may never read the rest
                reader.is_last = True
        except BaseException:
            self.abort()
            raise
        finally:
            self._reader = None

    def is_usable(self) -> bool:
        """Returns whether the other end still keeps the connection open and has sent nothing that wasn't asked for."""
        transport = self._transport
        return transport is not None and not transport.is_closing() and not _is_readable(transport)

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float | None) -> None:
        """Encrypts a connection to a proxy from here on; raises OSError, above all SSLError."""
        transport = cast("asyncio.Transport", self._transport)
        encrypted: asyncio.Transport | None = None
        try:
            if not transport.is_closing():
                encrypted = await self._loop.start_tls(
                    transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
                )
        except TypeError as error:
            # Python before 3.13 mistakes the arguments of a function of its own when TLS within TLS fails.
            raise error.__context__ if isinstance(error.__context__, OSError) else error from None
        finally:
            if encrypted is None:
                self.abort()
        if encrypted is None:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        self._transport = encrypted

    def certificate_ends(self) -> float | None:
        """Returns until when the other end's certificate is valid (seconds since 1970); None without TLS."""
        found = None if self._transport is None else self._transport.get_extra_info("peercert")
        if not found:
            return None
        import ssl

        return float(ssl.cert_time_to_seconds(found["notAfter"]))

    def abort(self) -> None:
        """Closes the connection at once. Nothing is flushed, since nobody would read the response."""
        if self._transport is not None:
            with suppress(AttributeError):  # in Python 3.11.2, a TLS transport that is closed has lost what it aborts
                self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes the open connection from asyncio."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hands what arrives to the response that is waited for; what nobody asked for ends the connection."""
        reader = self._reader
        if reader is None or reader.is_complete:
            self.abort()
            return
        try:
            reader.feed(data)
        except (httpx.TransportError, httpx.DecodingError) as error:
            self._failure = error
            self._wake()
            return
        if reader.is_complete:
            self._wake()
        elif self._limit is not None and self._seconds is not None:
            self._limit.reschedule(self._loop.time() + self._seconds)

    def eof_received(self) -> None:
        """Takes the end of what the other end sends. The connection is closed then."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Takes the end of the connection, and the reason if there is one."""
        self._end(exc)
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        """Stops writing until the other end has taken more."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Goes on with writing."""
        self._is_full = False
        self._wake()

    async def _write(
        self, transport: asyncio.Transport, reader: ResponseReader, head: bytes, body: bytes, seconds: float | None
    ) -> None:
        """Writes a large request as fast as the other end takes it, until a response comes before its end."""
        transport.write(head)
        for at in range(0, len(body), _PIECE):
            while self._is_full and not reader.is_complete:
                await self._news(seconds, httpx.WriteTimeout)
            if reader.is_complete:
                reader.is_last = True
                return
            transport.write(body[at : at + _PIECE])

    async def _news(self, seconds: float | None, late: type[httpx.TimeoutException]) -> None:
        """Waits until the response is complete, the request failed, or more can be written.

        ``seconds`` are counted from the last byte that arrived. Raises the failure.
        """
        if self._failure is None:
            self._waiter = self._loop.create_future()
            self._seconds = seconds
            try:
                async with asyncio.timeout(seconds) as self._limit:
                    await self._waiter
            except TimeoutError:
                raise late(f"no news for {seconds:g} seconds") from None
            finally:
                self._waiter = self._limit = None
        if self._failure is not None:
            raise self._failure

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self, cause: Exception | None) -> None:
        if self._reader is not None and not self._reader.is_complete and self._failure is None:
            try:
                self._reader.end(cause)
            except httpx.TransportError as error:
                self._failure = error
        self._wake()


def _is_readable(transport: asyncio.Transport) -> bool:
    """Returns whether something arrived, above all the end, which the event loop hasn't seen yet."""
    handle = transport.get_extra_info("socket").fileno()
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([handle], [], [], 0)[0])
