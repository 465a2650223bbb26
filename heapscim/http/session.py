"""Sends all requests of a run to one origin, with their secret, within time limits and redirects."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx

from heapscim import __version__, errors
from heapscim.http.auth import Endpoint
from heapscim.http.connection_errors import unreachable, unreadable
from heapscim.http.rate_limit import Limiter, RequestLimits, Throttling, Timing
from heapscim.http.redaction import foreign_words, redacted
from heapscim.http.redirects import redirected
from heapscim.http.request_stats import count_request
from heapscim.http.responses import JSON, JsonResponse, Response, other_media_type
from heapscim.http.retry import send_until_understood, understood, unsent, was_cut_by_the_server
from heapscim.http.transport import PACKINGS, Transport, UnreadableBody, system_transport

_log = logging.getLogger(__name__)

_MOST_REDIRECTS = 3
_CONNECT_SHARE = 0.9
"""The share of a request's time that connecting may take: if that runs out, the request was certainly never sent."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNAUTHORIZED = 401
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.DecodingError)


@dataclass(frozen=True, slots=True)
class _Call:
    """Holds one request."""

    method: str
    url: str
    request: str
    headers: Mapping[str, str]
    query: Mapping[str, str | int] | None


class HttpSession:
    """Sends requests to one Base URL. Every request of a run goes through one session and its limiter."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        endpoint: Endpoint,
        limiter: Limiter,
        limits: RequestLimits,
        hidden: Collection[str] = (),
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._limiter = limiter
        self._limits = limits
        self._hidden = hidden
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

        async def once() -> JsonResponse:
            return await self._once(method, path, query=query, document=document, headers=headers)

        try:
            return await send_until_understood(once, f"{method} {path}", limiter=self._limiter, limits=self._limits)
        except errors.RequestError as error:  # a proxy, a redirect or a certificate may repeat a secret, too
            error.message = redacted(error.message, self._secrets)
            error.hint = None if error.hint is None else redacted(error.hint, self._secrets)
            raise

    @property
    def throttling(self) -> Throttling | None:
        """Returns what the server makes the next request wait for; None if it could be sent now."""
        return self._limiter.throttling

    @property
    def _secrets(self) -> tuple[str, ...]:
        """Returns the texts that must never be shown."""
        return (*self._endpoint.auth.secrets, *self._hidden)

    async def _once(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None,
        document: object,
        headers: Mapping[str, str],
    ) -> JsonResponse:
        request = f"{method} {path}"
        url = self.base_url + path
        known = True
        media_type = before = self.media_type
        async with self._limiter.slot():
            for _ in range(_MOST_REDIRECTS + 1):
                shown = await self._endpoint.auth.headers(self._fetch)
                call = _Call(method, url, request, {**headers, **shown}, query)
                response = await self._exchange(call, document, media_type)
                if response.status == _UNAUTHORIZED and known and self._endpoint.auth.invalidate(shown):
                    known = False
                elif other := other_media_type(response, call.request, self._endpoint.service, media_type, before):
                    media_type = other
                elif response.status in _REDIRECTS:
                    url, query = (
                        redirected(response, method, url, service=self._endpoint.service, secrets=self._secrets),
                        None,
                    )
                else:
                    if media_type != before and response.succeeded:
                        self.media_type = media_type
                    return understood(response, request, endpoint=self._endpoint, limiter=self._limiter)
        raise errors.RedirectRefused(
            f"{request} is redirected in a circle.", hint=f"Check {self._endpoint.service.address}."
        )

    async def _exchange(self, call: _Call, document: object, media_type: str) -> Response:
        headers = dict(call.headers)
        if document is not None:
            headers["Content-Type"] = media_type
        if media_type != self._endpoint.service.media_type:
            headers["Accept"] = media_type
        begun = self._limiter.clock()
        try:
            return await self._carry(call, headers, json=document)
        finally:
            count_request(call.method, self._limiter.clock() - begun)

    async def _fetch(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """POSTs a form for the auth; raises RequestError for a response that isn't a success."""
        call = _Call("POST", url, f"POST {urlsplit(url).path}", headers, None)
        try:
            response = await self._carry(call, dict(headers), data=dict(form))
            understood(response, call.request, endpoint=self._endpoint, limiter=self._limiter)
        except errors.Unavailable as error:
            raise unsent(error) from error.__cause__
        return response

    async def _carry(self, call: _Call, headers: dict[str, str], **body: Any) -> Response:  # noqa: ANN401 - httpx's own
        self.sent[call.method] += 1
        try:
            async with asyncio.timeout(self._limits.timeout):
                response = await self._client.request(call.method, call.url, params=call.query, headers=headers, **body)
        except httpx.InvalidURL as error:
            raise errors.RedirectRefused(
                f"{call.request} is redirected to an invalid address: {foreign_words(str(error), self._secrets)}",
                hint=f"Check {self._endpoint.service.address}.",
            ) from error
        except UnicodeEncodeError as error:
            raise errors.Rejected(
                f"{call.request} can't be sent: a text in it holds half a character.",
                hint="Correct the name in the directory.",
            ) from error
        except _NEVER_SENT as error:
            reason = foreign_words(str(error), self._secrets)
            raise unreachable(error, call.url, self._endpoint.service, reason or type(error).__name__) from error
        except UnreadableBody as error:
            reason = foreign_words(str(error), self._secrets)
            raise unreadable(call.method, call.request, reason, self._endpoint.service) from error
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
            over = isinstance(error, _BROKEN) and was_cut_by_the_server(error)
            message = f"No response to {call.request} arrived ({type(error).__name__})."
            raise errors.ResponseLost(message, hint="Try again later.", is_over=over) from error
        if self.clock_offset is None:
            self.clock_offset = self._limiter.clock_offset_from(response.headers.get("date"))
        _log.debug("%s answered %d", call.request, response.status_code)
        return Response(response.status_code, response.headers, response.content)


@asynccontextmanager
async def session_with(
    endpoint: Endpoint,
    limits: RequestLimits = RequestLimits(),  # noqa: B008 - a frozen value
    *,
    timing: Timing,
    transport: Transport | None = None,
) -> AsyncIterator[HttpSession]:
    """Opens a session and closes its connections at the end. Uses the system's trust store and proxies."""
    headers = {
        "Accept": ", ".join(dict.fromkeys((endpoint.service.media_type, JSON))),
        "Accept-Encoding": ", ".join(PACKINGS),
        "User-Agent": f"heapscim/{__version__}",
    }
    hidden: Collection[str] = ()
    if transport is None:
        transport, hidden = system_transport(endpoint.base_url, limits.max_in_flight)
    timeouts = httpx.Timeout(limits.timeout, connect=limits.timeout * _CONNECT_SHARE)
    async with httpx.AsyncClient(transport=transport, headers=headers, timeout=timeouts, trust_env=False) as client:
        yield HttpSession(client, endpoint, Limiter(limits, timing), limits, hidden)
