"""Reads one HTTP/1 response from bytes as they arrive, within limits. Knows no connection.

The parser is llhttp, by way of httptools. Everything that it tolerates of sloppy servers is named here.
"""

from __future__ import annotations

import httptools
import httpx

from heapscim.http.unpacking import packing_of, too_large, unpacked

_MOST_HEAD = 128 * 2**10
"""Bytes in a row that bring nothing of the body: heads, interim responses, trailers."""
_SWITCHING, _NO_CONTENT, _NOT_MODIFIED = 101, 204, 304
_LEAST_INTERIM, _LEAST_FINAL = 100, 200


class ResponseReader:
    """Reads the final response to one request; interim responses (1xx) are passed over."""

    def __init__(self, method: str, most: int) -> None:
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_complete = False
        self.is_last = True
        """Whether the connection can't carry another response after this one."""
        self._has_no_body = method in ("HEAD", "CONNECT")  # whatever its length says (RFC 9112 §6.3)
        self._most = most
        self._packing: str | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._bodiless = 0
        self._has_head = False
        self._ends_at_close = False
        self._is_ambiguous = False
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,  # folded lines and control characters
            lenient_chunked_length=True,  # a length beside chunks, which count; the connection isn't used again
            lenient_optional_cr_before_lf=True,  # lines that end with LF alone (RFC 9112 §2.2)
            lenient_spaces_after_chunk_size=True,
        )

    def feed(self, data: bytes) -> None:
        """Takes the next bytes. Raises RemoteProtocolError or UnreadableBody, which end the connection."""
        size = self._size
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if self.is_complete:  # what follows the response isn't ours to read
                self.is_last = True
            elif isinstance(error.__context__, httpx.HTTPError):  # raised by a callback below
                raise error.__context__ from None
            else:
                raise httpx.RemoteProtocolError(str(error)) from error
        if self.is_complete:
            del self._parser  # it refers to this reader, and a circle would keep the body in memory
            return
        self._bodiless = 0 if self._size > size else self._bodiless + len(data)
        if self._bodiless > _MOST_HEAD:
            raise httpx.RemoteProtocolError(f"The head is larger than {_MOST_HEAD >> 10} KB.")

    def end(self, cause: Exception | None) -> None:
        """Takes the end of the connection, which may be the end of a body; ``cause`` is None if it was closed in order.

        Raises ReadError or RemoteProtocolError if the response isn't complete.
        """
        if cause is not None:
            raise httpx.ReadError(str(cause)) from cause
        if not self._ends_at_close:
            raise httpx.RemoteProtocolError("The server disconnected before the response was complete.")
        self.is_complete = True

    def body(self) -> bytes:
        """Returns the unpacked body; raises DecodingError, UnreadableBody if it is too large."""
        whole = b"".join(self._parts)
        return unpacked(whole, self._packing, self._most) if self._packing and whole else whole

    def on_message_begin(self) -> None:
        """Ends the parsing if another response follows the one that was asked for."""
        if self.is_complete:
            raise httpx.RemoteProtocolError("The server sends a response that wasn't asked for.")

    def on_status(self, reason: bytes) -> None:
        """Takes the reason phrase, or a piece of it."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes one header. Trailers are ignored."""
        if b"\0" in value:
            raise httpx.RemoteProtocolError("A header holds a NUL.")
        if not self._has_head:
            self.headers.append((name.strip(), value.strip()))

    def on_headers_complete(self) -> None:
        """Takes the end of a head."""
        self.status = self._parser.get_status_code()
        if self.status == _SWITCHING or self.status < _LEAST_INTERIM:
            raise httpx.RemoteProtocolError(f"The server sends a status that wasn't asked for ({self.status}).")
        if self.status < _LEAST_FINAL:
            return
        self._has_head = True
        if self._has_no_body:
            self.is_complete = True
        elif self.status not in (_NO_CONTENT, _NOT_MODIFIED):
            self._prepare_body()

    def on_body(self, part: bytes) -> None:
        """Takes a part of the body."""
        if self.is_complete:
            return
        self._size += len(part)
        if self._size > self._most:
            raise too_large(self._most)
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Takes the end of a response."""
        if self._has_head:
            self.is_last = self.is_complete or self._is_ambiguous or not self._parser.should_keep_alive()
            self.is_complete = True
        else:
            self.headers.clear()
            self.reason = b""

    def _prepare_body(self) -> None:
        framing = [(name.lower(), value) for name, value in self.headers]
        codings = [value.lower() for name, value in framing if name == b"transfer-encoding"]
        has_length = any(name == b"content-length" for name, _ in framing)
        if any(coding != b"chunked" for coding in codings):
            raise httpx.RemoteProtocolError("The Transfer-Encoding isn't chunked.")
        self._ends_at_close = not codings and not has_length
        self._is_ambiguous = bool(codings) and has_length
        self._packing = packing_of(value for name, value in framing if name == b"content-encoding")
