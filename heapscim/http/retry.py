"""Sends a request again if that is safe, until its response is understood or the limits are reached.

Knows no HTTP library.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from heapscim import errors
from heapscim.http.auth import Endpoint
from heapscim.http.rate_limit import Limiter, RequestLimits, ThrottleBudget
from heapscim.http.responses import JsonResponse, Response, error_from, wrong_protocol

_log = logging.getLogger(__name__)

_TOO_MANY, _UNAVAILABLE, _SERVER_ERROR = 429, 503, 500
_OVER = frozenset({500, 501, 503, 505, 506, 507, 508, 510, 511})
"""Statuses that mean the service has finished with the request: nothing of it happens afterwards.

With 500, 501, 505 to 508 and 510 (RFC 9110 §15.6, RFC 4918, 5842, 2295, 2774) the service reports its own failure. 503
says that it didn't accept the request, and 511 (RFC 6585) that the request never left the network. Any other status
may come from a gateway while the service behind it is still working: 502 (the gateway couldn't read the response), 504
and 408 (the gateway stopped waiting; some say 408 when the service, not the client, was slow), 520 to 527, 598 and 599
(the same from content networks), and numbers that no RFC defines.
"""


async def send_until_understood(
    once: Callable[[], Awaitable[JsonResponse]], request: str, *, limiter: Limiter, limits: RequestLimits
) -> JsonResponse:
    """Sends a request, again if that is safe; raises RequestError.

    A POST that may have been carried out is never sent again: it raises ResponseLost.
    """
    is_post = request.startswith("POST ")
    tries = 0
    budget = ThrottleBudget(limits)
    while True:
        try:
            return await once()
        except _Throttled as error:
            if not budget.allows(limiter.throttle(error.seconds, budget.waits)):
                raise
            continue
        except errors.ResponseLost:
            tries += 1
            if is_post or tries > limits.retries:
                raise
        except errors.Unavailable as error:
            tries += 1
            if is_post and error.status is not None:
                over = error.status in _OVER
                raise errors.ResponseLost(error.message, hint=error.hint, status=error.status, is_over=over) from error
            if tries > limits.retries:
                raise
        _log.debug("%s: try %d of %d failed", request, tries, limits.retries + 1)
        await limiter.back_off(tries)


def check_accepted(response: Response, request: str, *, endpoint: Endpoint, limiter: Limiter) -> None:
    """Raises RequestError for a refusal, with the pause that the server asks for."""
    error = None if response.succeeded else _error_of(response, request, endpoint)
    if response.status in (_TOO_MANY, _UNAVAILABLE):
        seconds = limiter.retry_after(response.headers.get("retry-after"))
        if seconds is None and response.status == _TOO_MANY:
            seconds = limiter.reset_after(response.headers)
        if error is not None and (response.status == _TOO_MANY or seconds is not None):
            raise _Throttled(error, seconds)
    if response.status < _SERVER_ERROR:
        limiter.note_success()
    if error is not None:
        raise error


def parsed(response: Response, request: str, *, endpoint: Endpoint) -> JsonResponse:
    """Returns the JSON of a response; raises RequestError if it has none."""
    try:
        document = response.without(endpoint.auth.secrets).document()
    except ValueError as error:
        if response.looks_like_html:
            raise wrong_protocol(request, response.status, endpoint.service) from None
        raise errors.ResponseLost(
            f"The response to {request} isn't complete JSON ({response.status}).",
            hint="Try again later.",
            is_over=True,
        ) from error
    return JsonResponse(document, response.headers, len(response.body))


def was_cut_by_the_server(error: BaseException) -> bool:
    """Returns whether the other end closed a broken connection, rather than the network going away."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause is None or isinstance(cause, ConnectionError)


def unsent(error: errors.Unavailable) -> errors.Unavailable:
    """Returns the error for a request that was never sent because its token couldn't be had.

    It has no status, and is never a lost response. A pause that the token service asked for is kept.
    """
    return error if isinstance(error, _Throttled) else errors.Unavailable(error.message, hint=error.hint)


def _error_of(response: Response, request: str, endpoint: Endpoint) -> errors.RequestError:
    return error_from(response, request=request, service=endpoint.service, secrets=endpoint.auth.secrets)


class _Throttled(errors.Unavailable):
    """The server refused the request for now; ``seconds`` is the pause it asked for, None if it didn't say."""

    def __init__(self, error: errors.RequestError, seconds: float | None) -> None:
        super().__init__(error.message, hint=error.hint, status=error.status)
        self.seconds = seconds
