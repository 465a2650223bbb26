"""Opens a session with Heap, and says what the service is called and what to do if it declines."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from heapscim.http.auth import BearerToken, Endpoint
from heapscim.http.rate_limit import RequestLimits, Timing
from heapscim.http.responses import Service
from heapscim.http.session import HttpSession, session_with
from heapscim.http.transport import Transport
from heapscim.model.secret import SecretStr
from heapscim.scim import urns

HEAP = Service(
    name="Heap",
    secret="token",  # noqa: S106 - what it is called
    protocol="SCIM",
    media_type=urns.MEDIA_TYPE,
    on_refused="Run `heapscim activate` again with a fresh token from Heap's account settings.",
    on_forbidden="The token must belong to an administrator, with SCIM provisioning enabled.",
    on_nothing_there="Check the Base URL: it ends in /scim/v2/ and the number of the tenant.",
    address="the Base URL",
    says_malformed="invalid bearer token header",
    on_not_acceptable='Try `heapscim activate --set dialect.media_type="application/json"`.',
)
BASE_URL_HINT = "It looks like https://heapanalytics.com/scim/v2/1234567 and stands where Heap shows the Bearer Token."
"""The next step after a Base URL that can't be Heap's."""


def endpoint_of(base_url: str, token: SecretStr, service: Service = HEAP) -> Endpoint:
    """Returns Heap at a Base URL, with its bearer token; ``service`` may say in messages where the token is from."""
    return Endpoint(base_url, BearerToken(token), service)


def open_session(
    base_url: str,
    token: SecretStr,
    limits: RequestLimits = RequestLimits(),  # noqa: B008 - a frozen value
    *,
    timing: Timing,
    transport: Transport | None = None,
) -> AbstractAsyncContextManager[HttpSession]:
    """Opens a session with Heap: a Base URL and its bearer token."""
    return session_with(endpoint_of(base_url, token), limits, timing=timing, transport=transport)
