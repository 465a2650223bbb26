"""Proves to a service who sends a request: by a bearer token, an API key, a secret URL, or OAuth client credentials.

Knows no HTTP library. A secret leaves its ``SecretStr`` only in the header.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from heapscim import errors
from heapscim.http.known_secrets import address_secrets
from heapscim.http.responses import Response, Service
from heapscim.model.secret import SecretStr

Fetch: TypeAlias = Callable[[str, Mapping[str, str], Mapping[str, str]], Awaitable[Response]]
"""POSTs a form (second) with headers (third) to a URL and returns the response; raises RequestError."""

_RENEW_BEFORE = 60.0
"""Seconds before a token expires."""
_YEAR_10_000 = 253_402_300_800.0
"""The end of what a date can be, in seconds since 1970."""
_DEFAULT_LIFE = 3600.0
"""Seconds that a token is assumed to live if the token service doesn't say."""


class Auth(Protocol):
    """Gives requests the headers that prove who sends them."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns the texts that must never be shown."""
        ...

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:
        """Returns the headers of one request; raises RequestError if they can't be had."""
        ...

    def invalidate(self, headers: Mapping[str, str]) -> bool:
        """Takes back headers that the service refused (401); returns whether fresh ones may help."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Names a service: its Base URL, the auth for it, and its words for messages."""

    base_url: str
    auth: Auth
    service: Service


@dataclass(frozen=True, slots=True)
class NoAuth:
    """Sends no secret: enough to see whether a server answers."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns no text: there is no secret."""
        return ()

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002 - nothing to fetch
        """Returns no header."""
        return {}

    def invalidate(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Returns False: there is nothing to renew."""
        return False


@dataclass(frozen=True, slots=True)
class BearerToken:
    """Sends a token as the user entered it."""

    token: SecretStr

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns the token."""
        return (self.token.get_secret_value(),)

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002 - nothing to fetch
        """Returns the ``Authorization`` header (RFC 6750 §2.1)."""
        return {"Authorization": f"Bearer {self.token.get_secret_value()}"}

    def invalidate(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Returns False: there is no other token."""
        return False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Sends a key in a header of the service's own."""

    header: str
    key: SecretStr

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns the key."""
        return (self.key.get_secret_value(),)

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002
        """Returns the header that holds the key."""
        return {self.header: self.key.get_secret_value()}

    def invalidate(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Returns False: there is no other key."""
        return False


@dataclass(frozen=True, slots=True)
class SecretAddress:
    """Proves who sends a request by its URL alone, as a webhook has it."""

    url: SecretStr

    @property
    def secrets(self) -> tuple[str, ...]:
        """Returns the parts of the URL that make it a secret."""
        return tuple(address_secrets(self.url.get_secret_value()))

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002
        """Returns no header."""
        return {}

    def invalidate(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Returns False: there is no other URL."""
        return False


def secret_ends(auth: Auth) -> float | None:
    """Returns when a stored token or key ends, in seconds since 1970, if it tells: as a JWT does (RFC 7519 §4.1.4)."""
    match auth:
        case BearerToken(token=secret) | ApiKey(key=secret):
            parts = secret.get_secret_value().split(".")
        case _:  # it has no end, or is renewed by itself
            return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        ends = float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    return ends if 0 < ends < _YEAR_10_000 else None


class ClientCredentials:
    """Gets bearer tokens for a client id and secret (RFC 6749 §4.4).

    A token is renewed before it expires, and once after a 401.
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
        """Returns the tokens, and the client's id and secret as they are kept and as they are sent."""
        whole = self._client.get_secret_value()
        return tuple(filter(None, (*self._bought, whole.partition(":")[2], whole, self._basic())))

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:
        """Returns the ``Authorization`` header, with a new token if the last one is about to expire."""
        async with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                await self._buy(fetch)
        return {"Authorization": f"Bearer {self._token}"}

    def invalidate(self, headers: Mapping[str, str]) -> bool:
        """Drops a refused token and returns True: a service may withdraw a token before it expires."""
        if headers.get("Authorization") == f"Bearer {self._token}":
            self._token = ""
        return True

    async def _buy(self, fetch: Fetch) -> None:
        form = {"grant_type": "client_credentials", "scope": self._scope}
        began = self._clock()
        try:
            response = await fetch(self._url, form, {"Authorization": f"Basic {self._basic()}"})
        except errors.Rejected as error:  # a wrong client id or secret may get a 400 (RFC 6749 §5.2)
            raise errors.Unauthenticated(error.message, hint=error.hint, status=error.status) from error
        except errors.NotFound as error:  # it says nothing about a resource, so it must not look like a missing one
            raise errors.Unauthenticated(
                f"There is no token service at {self._url} ({error.status}), so no token can be had.",
                hint="Check the client id and secret, and which host they belong to.",
                status=error.status,
            ) from error
        document = response.document()
        token = document.get("access_token") if isinstance(document, dict) else None
        if not isinstance(token, str) or not token:
            raise errors.WrongProtocol(
                "The token service sent a response without a token.", hint="Check the client id and secret."
            )
        self._token = token
        self._bought = [*self._bought[-1:], token]  # the service's messages may still repeat the token before
        life = _seconds(document.get("expires_in"))
        self._renew_at = began + max(life - _RENEW_BEFORE, life / 2)

    def _basic(self) -> str:
        return base64.b64encode(self._client.get_secret_value().encode()).decode("ascii")


def _seconds(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float | str) else _DEFAULT_LIFE
    except ValueError:
        return _DEFAULT_LIFE
