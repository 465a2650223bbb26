"""What may be tried again: a request is sent until its answer is understood, for as long as that is safe.

Knows nothing of HTTP libraries.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from heapscim import errors
from heapscim.http.auth import Endpoint
from heapscim.http.rate_limit import Limiter, RequestLimits, ThrottleBudget
from heapscim.http.responses import JsonResponse, Response, error_from, wrong_protocol

_log = logging.getLogger(__name__)

_TOO_MANY, _UNAVAILABLE = 429, 503
_OVER = frozenset({500, 501, 503, 505, 506, 507, 508, 510, 511})
"""Statuses that a service gives about a request once it has ended it: nothing of it happens afterwards.

500, 501, 505 to 508 and 510 (RFC 9110 §15.6, RFC 4918, 5842, 2295, 2774) tell what the service itself ran into. 503
says that it didn't take the request on, and 511 (RFC 6585) that the request never got out of the network. Every other
status may come from a gateway while the service behind it works on: 502 (the gateway couldn't read the answer), 504 and
408 (it stopped waiting; some gateways say 408 of the service, not of the client), 520 to 527, 598 and 599 (content
networks, likewise), and numbers that no RFC defines.
"""


async def send_until_understood(
    once: Callable[[], Awaitable[JsonResponse]], request: str, *, limiter: Limiter, limits: RequestLimits
) -> JsonResponse:
    """Sends a request, again where that is safe; raises RequestError.

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


def understood(response: Response, request: str, *, endpoint: Endpoint, limiter: Limiter) -> JsonResponse:
    """Returns the JSON of a response; raises RequestError, with any pause that is asked for, if it declined."""
    error = None if response.succeeded else _error_of(response, request, endpoint)
    if response.status in (_TOO_MANY, _UNAVAILABLE):
        seconds = limiter.retry_after(response.headers.get("retry-after"))
        if error is not None and (response.status == _TOO_MANY or seconds is not None):
            raise _Throttled(error, seconds)
    if error is not None:
        raise error
    try:
        parsed = JsonResponse(response.without(endpoint.auth.secrets).document(), response.headers, len(response.body))
    except ValueError as error:
        if response.looks_like_html:
            raise wrong_protocol(request, response.status, endpoint.service) from None
        raise errors.ResponseLost(
            f"The answer to {request} is no whole JSON document ({response.status}).",
            hint="Try again later.",
            is_over=True,
        ) from error
    limiter.note_success()
    return parsed


def was_cut_by_the_server(error: BaseException) -> bool:
    """Whether a broken connection was closed at the other end, and the network hasn't just gone away."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause is None or isinstance(cause, ConnectionError)


def unsent(error: errors.Unavailable) -> errors.Unavailable:
    """Returns the error for a request that never left, since the token that it needs couldn't be had.

    It has no status, and is never a lost response. Where the token service said when to come back, that holds.
    """
    return error if isinstance(error, _Throttled) else errors.Unavailable(error.message, hint=error.hint)


def _error_of(response: Response, request: str, endpoint: Endpoint) -> errors.RequestError:
    return error_from(response, request=request, service=endpoint.service, secrets=endpoint.auth.secrets)


class _Throttled(errors.Unavailable):
    """The server declined the request for now; ``seconds`` is when to come back, None if it didn't say."""

    def __init__(self, error: errors.RequestError, seconds: float | None) -> None:
        super().__init__(error.message, hint=error.hint, status=error.status)
        self.seconds = seconds
