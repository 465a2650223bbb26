"""Sends all requests of a run to one origin, with their secret, within time limits and redirects."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from heapscim import __version__, errors
from heapscim.http.auth import Endpoint, secret_ends
from heapscim.http.connection_errors import unreachable, unreadable
from heapscim.http.rate_limit import Limiter, RequestLimits, Throttling, Timing
from heapscim.http.redaction import foreign_words, redacted
from heapscim.http.redirects import redirected
from heapscim.http.request_body import encoded, half_a_character
from heapscim.http.request_stats import CERTIFICATE, SECRET, count_request, note_end, note_request
from heapscim.http.responses import JSON, JsonResponse, Response, other_media_type
from heapscim.http.retry import check_accepted, parsed, send_until_understood, unsent, was_cut_by_the_server
from heapscim.http.transport import ConnectionPool, Transport, system_transport
from heapscim.http.unpacking import PACKINGS, UnreadableBody

_log = logging.getLogger(__name__)

_MOST_REDIRECTS = 3
_CONNECT_SHARE = 0.9
"""The share of a request's time that connecting may take: if that runs out, the request was certainly never sent."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNAUTHORIZED = 401
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.DecodingError)


_parsed = lru_cache(maxsize=64)(httpx.URL)
"""Parses a URL. Those of creates and lists come again and again."""


@dataclass(slots=True)
class _Call:
    """Holds one request."""

    method: str
    url: str
    request: str
    headers: Mapping[str, str]
    query: Mapping[str, str | int] | None = None
    body: bytes | None = None


class HttpSession:
    """Sends requests to one Base URL. Every request of a run goes through one session and its limiter."""

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        limiter: Limiter,
        limits: RequestLimits,
        hidden: Collection[str] = (),
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._limiter = limiter
        self._limits = limits
        self._hidden = hidden
        timeouts = httpx.Timeout(limits.timeout, connect=limits.timeout * _CONNECT_SHARE)
        self._extensions = {"timeout": timeouts.as_dict()}
        self._headers = {
            "Accept": ", ".join(dict.fromkeys((endpoint.service.media_type, JSON))),
            "Accept-Encoding": ", ".join(PACKINGS),
            "User-Agent": f"heapscim/{__version__}",
        }
        self.base_url = endpoint.base_url
        self.sent: Counter[str] = Counter()
        """Requests by method. Each try counts, as it does for a tenant's limit."""
        self.media_type = endpoint.service.media_type
        """The content type of requests: application/json once the service refused its own."""
        self.clock_offset: float | None = None
        """Seconds that the server's clock is ahead of ours, by its first Date header; None if it sent none."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Sends one request, again if that is safe, and returns its JSON (None for an empty body).

        Raises RequestError. A POST that may have been carried out is never sent again: it raises ResponseLost.
        """
        return (await self.ask(method, path, query=query, document=document, headers=headers)).document

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> JsonResponse:
        """Sends a request like ``send`` and returns the JSON together with the response's headers."""
        request = f"{method} {path}"
        body = None if document is None else encoded(document, request)

        async def once() -> JsonResponse:
            return await self._once(_Call(method, self.base_url + path, request, headers, query, body))

        return await self._understood(once, request)

    async def deliver(self, document: object) -> None:
        """POSTs a document to the Base URL itself; of the response only the status counts. Raises RequestError."""
        request = "POST message"
        body = encoded(document, request)

        async def once() -> JsonResponse:
            response = await self._accepted(_Call("POST", self.base_url, request, _NO_HEADERS, body=body))
            return JsonResponse(None, response.headers)

        await self._understood(once, request)

    async def _understood(self, once: Callable[[], Awaitable[JsonResponse]], request: str) -> JsonResponse:
        try:
            return await send_until_understood(once, request, limiter=self._limiter, limits=self._limits)
        except errors.RequestError as error:  # a proxy, a redirect or a certificate may repeat a secret, too
            error.message = redacted(error.message, self._secrets)
            error.hint = None if error.hint is None else redacted(error.hint, self._secrets)
            raise

    @property
    def max_in_flight(self) -> int:
        """Returns how many requests may be under way at a time."""
        return self._limits.max_in_flight

    @property
    def certificate_ends(self) -> float | None:
        """Returns until when the server's certificate is valid (seconds since 1970); None if none was shown."""
        return self._transport.certificate_ends() if isinstance(self._transport, ConnectionPool) else None

    @property
    def throttling(self) -> Throttling | None:
        """Returns what the server makes the next request wait for; None if it could be sent now."""
        return self._limiter.throttling

    @property
    def _secrets(self) -> tuple[str, ...]:
        """Returns the texts that must never be shown."""
        return (*self._endpoint.auth.secrets, *self._hidden)

    async def _once(self, call: _Call) -> JsonResponse:
        response = await self._accepted(call)
        if call.method == "GET":
            # A page takes a while to look at: the next request leaves first. What a write brought is recorded at once.
            await self._limiter.give_way()
        return parsed(response, call.request, endpoint=self._endpoint)

    async def _accepted(self, call: _Call) -> Response:
        async with self._limiter.slot(writes=call.method != "GET"):
            response = await self._followed(call)
            check_accepted(response, call.request, endpoint=self._endpoint, limiter=self._limiter)
        return response

    async def _followed(self, call: _Call) -> Response:
        """Returns the response to a request: sent again to another address, in another media type, with a new token."""
        service, own = self._endpoint.service, call.headers
        known = True
        media_type = before = self.media_type
        for _ in range(_MOST_REDIRECTS + 1):
            shown = await self._endpoint.auth.headers(self._fetch)
            call.headers = {**own, **shown, **self._media_headers(call, media_type)}
            response = await self._exchange(call)
            if response.status == _UNAUTHORIZED and known and self._endpoint.auth.invalidate(shown):
                known = False
            elif other := other_media_type(response, call.request, service, media_type, before):
                media_type = other
            elif response.status in _REDIRECTS:
                call.url = redirected(response, call.request, call.url, service=service, secrets=self._secrets)
                call.query = None
            else:
                if media_type != before and response.succeeded:
                    self.media_type = media_type
                return response
        raise errors.RedirectRefused(f"{call.request} is redirected in a circle.", hint=f"Check {service.address}.")

    def _media_headers(self, call: _Call, media_type: str) -> dict[str, str]:
        headers = {} if call.body is None else {"Content-Type": media_type}
        return headers if media_type == self._endpoint.service.media_type else {**headers, "Accept": media_type}

    async def _exchange(self, call: _Call) -> Response:
        begun = self._limiter.clock()
        try:
            return await self._carry(call)
        finally:
            count_request(call.method, self._limiter.clock() - begun)

    async def _fetch(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """POSTs a form for the auth; raises RequestError for a response that isn't a success."""
        headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        call = _Call("POST", url, f"POST {urlsplit(url).path}", headers, body=urlencode(form).encode())
        try:
            response = await self._carry(call)
            check_accepted(response, call.request, endpoint=self._endpoint, limiter=self._limiter)
            parsed(response, call.request, endpoint=self._endpoint)
        except errors.Unavailable as error:
            raise unsent(error) from error.__cause__
        return response

    async def _carry(self, call: _Call) -> Response:
        self.sent[call.method] += 1
        note_request(self._endpoint.service.name, call.method)
        try:
            request = self._built(call)
            async with asyncio.timeout(self._limits.timeout):
                response = await self._transport.handle_async_request(request)
                try:
                    body = await response.aread()
                finally:
                    await response.aclose()
        except (httpx.RequestError, httpx.InvalidURL, UnicodeEncodeError, TimeoutError) as error:
            raise self._explained(error, call) from error
        if self.clock_offset is None:
            self.clock_offset = self._limiter.clock_offset_from(response.headers.get("date"))
        _log.debug("%s answered %d", call.request, response.status_code)
        return Response(response.status_code, response.headers, body)

    def _built(self, call: _Call) -> httpx.Request:
        """Returns the request for httpx, with the headers that it would work out itself at three times the cost."""
        url = httpx.URL(_parsed(call.url), params=call.query) if call.query else _parsed(call.url)
        host = {"Host": url.netloc.decode("ascii")}
        length = (
            {}
            if call.body is None and call.method not in _WITH_BODY
            else {"Content-Length": str(len(call.body or b""))}
        )
        try:
            headers = httpx.Headers({**host, **self._headers, **call.headers, **length})
        except UnicodeEncodeError:
            raise httpx.LocalProtocolError("A header holds a character outside ASCII.") from None
        stream = httpx.ByteStream(call.body or b"")
        return httpx.Request(call.method, url, headers=headers, stream=stream, extensions=self._extensions)

    def _explained(self, error: Exception, call: _Call) -> errors.RequestError:
        """Returns the error for a request without a response: it tells if the request may have been carried out."""
        service = self._endpoint.service
        reason = foreign_words(str(error), self._secrets)
        match error:
            case httpx.InvalidURL():
                message = f"{call.request} is redirected to an invalid address: {reason}"
                return errors.RedirectRefused(message, hint=f"Check {service.address}.")
            case UnicodeEncodeError():
                return half_a_character(call.request)
            case httpx.LocalProtocolError():
                message = f"The {service.secret} can't be sent: it holds a line break, or a character outside ASCII."
                return errors.Unauthenticated(message, hint=service.on_refused)
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ProxyError():
                return unreachable(error, call.url, service, reason or type(error).__name__)
            case UnreadableBody():
                return unreadable(call.method, call.request, reason, service)
            case _:
                over = isinstance(error, _BROKEN) and was_cut_by_the_server(error)
                message = f"No response to {call.request} arrived ({type(error).__name__})."
                return errors.ResponseLost(message, hint="Try again later.", is_over=over)


@asynccontextmanager
async def session_with(
    endpoint: Endpoint,
    limits: RequestLimits = RequestLimits(),  # noqa: B008 - a frozen value
    *,
    timing: Timing,
    transport: Transport | None = None,
) -> AsyncIterator[HttpSession]:
    """Opens a session and closes its connections at the end. Uses the system's trust store and proxies."""
    hidden: Collection[str] = ()
    if transport is None:
        transport, hidden = system_transport(endpoint.base_url, limits.max_in_flight)
    async with transport:
        session = HttpSession(transport, endpoint, Limiter(limits, timing), limits, hidden)
        try:
            yield session
        finally:
            if (ends := session.certificate_ends) is not None:  # otherwise none was seen
                note_end(endpoint.service.name, CERTIFICATE, ends)
            note_end(endpoint.service.name, SECRET, secret_ends(endpoint.auth))
