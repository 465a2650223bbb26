"""What the SCIM client needs of HTTP: somebody who sends its requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Response(Protocol):
    """What a request was answered."""

    @property
    def document(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON, None for an empty one."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whose names are found in any case."""
        ...


class Session(Protocol):
    """Sends requests to one Base URL."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] = ...,
    ) -> Any:  # noqa: ANN401
        """Sends one request and answers its JSON; raises RequestError."""
        ...

    async def ask(self, method: str, path: str, *, document: object = None) -> Response:
        """As ``send``; the answer comes with its headers."""
        ...
