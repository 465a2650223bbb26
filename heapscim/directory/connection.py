"""Holds what a directory that is a service gets from outside: its settings, its secrets, its connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapscim.http.auth import Endpoint
    from heapscim.http.rate_limit import Timing
    from heapscim.http.responses import JsonResponse
    from heapscim.model.attribute_mapping import Rule
    from heapscim.model.secret import SecretStr


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Names the places where a directory's secret is kept."""

    account: str
    """In the keyring, after the profile's name and a colon; in systemd's credentials, after a dot."""
    variables: tuple[str, ...]
    """Environment variables, if any. If there are several, all are needed, and a colon joins their values."""


class RestSession(Protocol):
    """Describes an HTTP session as a directory sees it."""

    @property
    def base_url(self) -> str:
        """Returns the URL that every path is relative to."""
        ...

    @property
    def max_in_flight(self) -> int:
        """Returns how many requests may be under way at a time."""
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
        """Sends one request and returns the response's JSON and headers; raises RequestError."""
        ...


class Connect(Protocol):
    """Opens a session with a service."""

    def __call__(
        self, endpoint: Endpoint, *, max_in_flight: int | None = None, retries: int | None = None
    ) -> AbstractAsyncContextManager[RestSession]:
        """Opens the session; the profile's limits apply unless others are given."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryContext:
    """Holds everything that a directory may use."""

    settings: BaseModel | None
    """The profile's table for this kind of directory, as the kind's own model; None if the kind has no settings."""
    secret: Callable[[SecretPlace], SecretStr | None]
    """Returns a secret, or None if there is none; raises CredentialError."""
    connect: Connect
    timing: Timing
    """Where a directory that waits gets its clock and its sleep from."""
    mapping: Mapping[str, Rule]
    """Which of its attributes the profile sends to Heap, and as what."""
    unattended: bool = False
    """Whether runs follow each other without a person, so that one may begin while a file is being written."""


@runtime_checkable
class Authenticated(Protocol):
    """Describes a directory that needs a secret of its own."""

    @property
    def secret_prompt(self) -> str:
        """Returns the question that asks a person for the secret."""
        ...

    @property
    def secret_places(self) -> tuple[SecretPlace, ...]:
        """Returns the places of the secret; the first place that has it counts."""
        ...

    def place_of(self, secret: str) -> SecretPlace:
        """Returns the place for a secret of this form; raises UsageError if it can't be a secret."""
        ...

    async def verify(self) -> str:
        """Sends a real request; returns in words what it found. Raises DirectoryError."""
        ...
