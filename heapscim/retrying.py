"""What may be tried again: a request is sent until its answer is understood, for as long as that is safe.

Knows nothing of HTTP libraries.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from heapscim import errors
from heapscim.answers import Answer, Reply, error_of, not_scim
from heapscim.authority import Party
from heapscim.pacing import Limiter, Pace, Patience

_log = logging.getLogger(__name__)

_TIMED_OUT, _TOO_MANY, _UNAVAILABLE = 408, 429, 503


async def persist(once: Callable[[], Awaitable[Reply]], request: str, *, limiter: Limiter, pace: Pace) -> Reply:
    """Sends a request, again where that is safe; raises TargetError.

    A POST that may have been carried out is never sent again: it raises AnswerLost.
    """
    is_post = request.startswith("POST ")
    tries = 0
    patience = Patience(pace)
    while True:
        try:
            return await once()
        except _ToldToWait as error:
            if not patience.allows(limiter.told_to_wait(error.seconds, patience.waits)):
                raise
            continue
        except errors.AnswerLost:
            tries += 1
            if is_post or tries > pace.retries:
                raise
        except errors.Unavailable as error:
            tries += 1
            if is_post and _may_be_done(error):
                raise errors.AnswerLost(error.message, hint=error.hint, status=error.status) from error
            if tries > pace.retries:
                raise
        _log.debug("%s: try %d of %d failed", request, tries, pace.retries + 1)
        await limiter.back_off(tries)


def understood(answer: Answer, request: str, *, party: Party, limiter: Limiter) -> Reply:
    """What a party answered; raises TargetError where it declined, and tells ``persist`` where it said when to come."""
    error = None if answer.succeeded else _error_of(answer, request, party)
    if answer.status in (_TOO_MANY, _UNAVAILABLE):
        seconds = limiter.asked_pause(answer.headers.get("retry-after"))
        if error is not None and (answer.status == _TOO_MANY or seconds is not None):
            raise _ToldToWait(error, seconds)
    if error is not None:
        raise error
    try:
        reply = Reply(answer.without(party.authority.secrets).document(), answer.headers)
    except ValueError as error:
        if answer.looks_like_html:
            raise not_scim(request, answer.status, party.service) from None
        raise errors.AnswerLost(
            f"The answer to {request} is no whole JSON document ({answer.status}).", hint="Try again later."
        ) from error
    limiter.went_well()
    return reply


def _error_of(answer: Answer, request: str, party: Party) -> errors.TargetError:
    return error_of(answer, request=request, service=party.service, secrets=party.authority.secrets)


def _may_be_done(error: errors.Unavailable) -> bool:
    """Whether a server in trouble may have carried a request out all the same."""
    return error.status is not None and error.status != _TIMED_OUT


class _ToldToWait(errors.Unavailable):
    """The server declined the request for now; ``seconds`` where it said when to come back."""

    def __init__(self, error: errors.TargetError, seconds: float | None) -> None:
        super().__init__(error.message, hint=error.hint, status=error.status)
        self.seconds = seconds
