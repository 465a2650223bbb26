"""What the composition root lends to a directory that is a service: its settings, its secrets, its connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pydantic import BaseModel, SecretStr

    from heapscim.http.auth import Endpoint
    from heapscim.http.rate_limit import Timing
    from heapscim.http.responses import JsonResponse


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a directory's secret is kept."""

    account: str
    """In the keyring, after the profile's name and a colon; in systemd's credentials, after a dot."""
    variables: tuple[str, ...]
    """Environment variables, if any; where there are several, all are needed, and a colon joins their values."""


class RestSession(Protocol):
    """An HTTP session, as a directory sees it."""

    @property
    def base_url(self) -> str:
        """Where every path that is asked for begins."""
        ...

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] = ...,
    ) -> JsonResponse:
        """Sends one request and answers its JSON and headers; raises RequestError."""
        ...


class Connect(Protocol):
    """Opens a session with somebody."""

    def __call__(
        self, party: Endpoint, *, max_in_flight: int | None = None, retries: int | None = None
    ) -> AbstractAsyncContextManager[RestSession]:
        """The profile's pace holds where nothing else is said."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryContext:
    """All that a directory may use of the world."""

    settings: BaseModel | None
    """The profile's table for this kind of directory, as its own model; None where the kind has no settings."""
    secret: Callable[[SecretPlace], SecretStr | None]
    """Reads a secret, None where there is none; raises CredentialError."""
    connect: Connect
    timing: Timing
    """Where a directory that waits gets its clock and its sleep from."""


@runtime_checkable
class Authenticated(Protocol):
    """A directory that needs a secret of its own."""

    @property
    def secret_prompt(self) -> str:
        """How a person is asked for it."""
        ...

    @property
    def secret_places(self) -> tuple[SecretPlace, ...]:
        """Where it may be, the first one found counts."""
        ...

    def place_of(self, secret: str) -> SecretPlace:
        """Where a secret of this form is kept; raises UsageError where it can't be one."""
        ...

    async def verify(self) -> str:
        """Asks the directory something real; answers what was found, in words. Raises DirectoryError."""
        ...
