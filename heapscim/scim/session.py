"""Describes what the SCIM client needs of HTTP: a session that sends its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class ScimResponse(Protocol):
    """Holds the response to a request."""

    @property
    def document(self) -> Any:  # noqa: ANN401 - any JSON
        """Returns the body as JSON, or None if it is empty."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Returns the headers; the case of their names doesn't matter."""
        ...


class RequestSender(Protocol):
    """Sends requests to one Base URL."""

    @property
    def max_in_flight(self) -> int:
        """Returns how many requests may be under way at a time."""
        ...

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] = ...,
    ) -> Any:  # noqa: ANN401
        """Sends one request and returns its JSON; raises RequestError."""
        ...

    async def ask(self, method: str, path: str, *, document: object = None) -> ScimResponse:
        """Sends a request like ``send`` and returns the JSON together with the headers."""
        ...
