"""How a request proves who sends it: a bearer token, an API key, or a token that a client id and secret buy.

Knows nothing of HTTP libraries; secrets come out of ``SecretStr`` in the header alone.
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
"""POSTs a form (second) with headers (third) to a URL and answers what came back, unless that is an error."""

_RENEW_BEFORE = 60.0
_DEFAULT_LIFE = 3600.0


class Auth(Protocol):
    """Gives requests their headers."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        ...

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:
        """The headers of one request; raises RequestError where they can't be had."""
        ...

    def invalidate(self, headers: Mapping[str, str]) -> bool:
        """Told that these headers were answered 401; whether others are worth a try."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is asked: where, in whose name, and how it is called in errors."""

    base_url: str
    auth: Auth
    service: Service


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token as it was pasted."""

    token: SecretStr

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self.token.get_secret_value(),)

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002 - nothing has to be fetched
        """RFC 6750 §2.1."""
        return {"Authorization": f"Bearer {self.token.get_secret_value()}"}

    def invalidate(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """There is no other."""
        return False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header of its own."""

    header: str
    key: SecretStr

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key."""
        return (self.key.get_secret_value(),)

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:  # noqa: ARG002
        """The one header."""
        return {self.header: self.key.get_secret_value()}

    def invalidate(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """There is no other."""
        return False


class ClientCredentials:
    """OAuth client credentials (RFC 6749 §4.4): buys a bearer token, renews it before it ends and once on a 401."""

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
        """Id and secret as they are kept and as they are sent, and the tokens they bought."""
        whole = self._client.get_secret_value()
        return tuple(filter(None, (*self._bought, whole.partition(":")[2], whole, self._basic())))

    async def headers(self, fetch: Fetch) -> Mapping[str, str]:
        """A token that is good for a while yet."""
        async with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                await self._buy(fetch)
        return {"Authorization": f"Bearer {self._token}"}

    def invalidate(self, headers: Mapping[str, str]) -> bool:
        """A token may be withdrawn before its time: one refusal is worth a new one."""
        if headers.get("Authorization") == f"Bearer {self._token}":
            self._token = ""
        return True

    async def _buy(self, fetch: Fetch) -> None:
        form = {"grant_type": "client_credentials", "scope": self._scope}
        began = self._clock()
        try:
            response = await fetch(self._url, form, {"Authorization": f"Basic {self._basic()}"})
        except errors.Rejected as error:  # RFC 6749 §5.2: a wrong client may be a 400
            raise errors.Unauthenticated(error.message, hint=error.hint, status=error.status) from error
        document = response.document()
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
        return float(value) if isinstance(value, int | float | str) else _DEFAULT_LIFE
    except ValueError:
        return _DEFAULT_LIFE
