"""Sends a request until its response is understood, for as long as that is safe.

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

_TOO_MANY, _UNAVAILABLE = 429, 503
_OVER = frozenset({500, 501, 503, 505, 506, 507, 508, 510, 511})
"""Statuses that mean that the service has ended the request: nothing of it happens afterwards.

500, 501, 505 to 508 and 510 (RFC 9110 §15.6, RFC 4918, 5842, 2295, 2774) come from the service itself. 503 says that it
didn't accept the request, and 511 (RFC 6585) that the request never left the network. Any other status may come from a
gateway while the service behind it goes on working: 502 (the gateway couldn't read the response), 504 and 408 (it
stopped waiting; some gateways use 408 for the service, not for the client), 520 to 527, 598 and 599 (content delivery
networks), and numbers that no RFC defines.
"""


async def send_until_understood(
    once: Callable[[], Awaitable[JsonResponse]], request: str, *, limiter: Limiter, pace: RequestLimits
) -> JsonResponse:
    """Sends a request, and sends it again if that is safe; raises RequestError.

    A POST that may have been carried out is never sent again: it raises ResponseLost.
    """
    is_post = request.startswith("POST ")
    tries = 0
    patience = ThrottleBudget(pace)
    while True:
        try:
            return await once()
        except _ToldToWait as error:
            if not patience.allows(limiter.told_to_wait(error.seconds, patience.waits)):
                raise
            continue
        except errors.ResponseLost:
            tries += 1
            if is_post or tries > pace.retries:
                raise
        except errors.Unavailable as error:
            tries += 1
            if is_post and error.status is not None:
                over = error.status in _OVER
                raise errors.ResponseLost(error.message, hint=error.hint, status=error.status, is_over=over) from error
            if tries > pace.retries:
                raise
        _log.debug("%s: try %d of %d failed", request, tries, pace.retries + 1)
        await limiter.back_off(tries)


def understood(answer: Response, request: str, *, party: Endpoint, limiter: Limiter) -> JsonResponse:
    """Returns the JSON of a response; raises RequestError, with any pause that is asked for, if it declined."""
    error = None if answer.succeeded else _error_of(answer, request, party)
    if answer.status in (_TOO_MANY, _UNAVAILABLE):
        seconds = limiter.asked_pause(answer.headers.get("retry-after"))
        if error is not None and (answer.status == _TOO_MANY or seconds is not None):
            raise _ToldToWait(error, seconds)
    if error is not None:
        raise error
    try:
        reply = JsonResponse(answer.without(party.authority.secrets).document(), answer.headers, len(answer.body))
    except ValueError as error:
        if answer.looks_like_html:
            raise wrong_protocol(request, answer.status, party.service) from None
        raise errors.ResponseLost(
            f"The answer to {request} is no whole JSON document ({answer.status}).",
            hint="Try again later.",
            is_over=True,
        ) from error
    limiter.went_well()
    return reply


def was_cut_by_the_server(error: BaseException) -> bool:
    """Returns whether the other end closed a connection, rather than the network going away."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause is None or isinstance(cause, ConnectionError)


def unsent(error: errors.Unavailable) -> errors.Unavailable:
    """Returns the error for a request that never left, since the token that it needs couldn't be had.

    It has no status, and is never a lost response. Where the token service said when to come back, that holds.
    """
    return error if isinstance(error, _ToldToWait) else errors.Unavailable(error.message, hint=error.hint)


def _error_of(answer: Response, request: str, party: Endpoint) -> errors.RequestError:
    return error_from(answer, request=request, service=party.service, secrets=party.authority.secrets)


class _ToldToWait(errors.Unavailable):
    """Says that the server declined for now; ``seconds`` is when to come back, None if it didn't say."""

    def __init__(self, error: errors.RequestError, seconds: float | None) -> None:
        super().__init__(error.message, hint=error.hint, status=error.status)
        self.seconds = seconds
