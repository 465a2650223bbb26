"""Proves who sends a request: with a bearer token, an API key, or a token bought with a client id and secret.

Knows no HTTP library. Secrets leave ``SecretStr`` only in the header.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pydantic import SecretStr

from heapscim import errors
from heapscim.http.responses import Response, Service

Fetch: TypeAlias = Callable[[str, Mapping[str, str], Mapping[str, str]], Awaitable[Response]]
"""POSTs a form (second) with headers (third) to a URL and returns the response; raises RequestError for an error."""

_RENEW_BEFORE = 60.0
_LIFE_UNLESS_TOLD = 3600.0


class Auth(Protocol):
    """Makes the headers that prove who sends a request."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns what must never be shown."""
        ...

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:
        """Returns the headers of one request; raises RequestError if it can't get them."""
        ...

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Reports whether fresh credentials may help after a 401."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Says which service is asked: its address, its auth, and its name in errors."""

    base_url: str
    authority: Auth
    service: Service


@dataclass(frozen=True, slots=True)
class BearerToken:
    """Sends a token as it was pasted."""

    token: SecretStr

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns the token."""
        return (self.token.get_secret_value(),)

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002 - nothing has to be fetched
        """Returns the Authorization header (RFC 6750 §2.1)."""
        return {"Authorization": f"Bearer {self.token.get_secret_value()}"}

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Returns False: another attempt would send the same token."""
        return False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Sends a key in a header of its own."""

    header: str
    key: SecretStr

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns the key."""
        return (self.key.get_secret_value(),)

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002
        """Returns the header with the key."""
        return {self.header: self.key.get_secret_value()}

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Returns False: another attempt would send the same key."""
        return False


class ClientCredentials:
    """Buys bearer tokens with OAuth client credentials (RFC 6749 §4.4).

    Renews a token before it expires, and once after a 401.
    """

    def __init__(self, url: str, client: SecretStr, *, scope: str, clock: Callable[[], float]) -> None:
        self._url = url
        self._client = client
        self._scope = scope
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._bought: list[str] = []
        self._renew_at = 0.0

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns the client id and secret, as stored and as sent, and the tokens bought with them."""
        whole = self._client.get_secret_value()
        return tuple(filter(None, (*self._bought, whole.partition(":")[2], whole, self._basic())))

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:
        """Returns the header with a token that stays valid for a while."""
        async with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                await self._buy(fetch)
        return {"Authorization": f"Bearer {self._token}"}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Returns True once for each token, since it may have been withdrawn before it expired."""
        if headers.get("Authorization") == f"Bearer {self._token}":
            self._token = ""
        return True

    async def _buy(self, fetch: Fetch) -> None:
        form = {"grant_type": "client_credentials", "scope": self._scope}
        began = self._clock()
        try:
            answer = await fetch(self._url, form, {"Authorization": f"Basic {self._basic()}"})
        except errors.Rejected as error:  # RFC 6749 §5.2: a wrong client may be a 400
            raise errors.Unauthenticated(error.message, hint=error.hint, status=error.status) from error
        document = answer.document()
        token = document.get("access_token") if isinstance(document, dict) else None
        if not isinstance(token, str) or not token:
            raise errors.WrongProtocol(
                "The token service answered without a token.", hint="Check the client id and secret."
            )
        self._token = token
        self._bought = [*self._bought[-1:], token]  # a server may still speak of the one before
        life = _seconds(document.get("expires_in"))
        self._renew_at = began + max(life - _RENEW_BEFORE, life / 2)

    def _basic(self) -> str:
        return base64.b64encode(self._client.get_secret_value().encode()).decode("ascii")


def _seconds(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float | str) else _LIFE_UNLESS_TOLD
    except ValueError:
        return _LIFE_UNLESS_TOLD
