"""One request to Heap, sent as a run would send it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from heapscim.heap.connection import open_session
from heapscim.http.rate_limit import RequestLimits, Timing
from heapscim.model.secret import SecretStr
from tests.fakes.clocks import FakeClock

BASE = "https://heap.example/scim/v2/1"
TOKEN = "token-for-tests"
EMPTY_LIST = {"totalResults": 0}


def ask(  # noqa: PLR0913
    method: str = "GET",
    path: str = "/Users",
    *,
    base_url: str = BASE,
    document: object = None,
    query: Mapping[str, str | int] | None = None,
    limits: RequestLimits = RequestLimits(retries=2),
    timing: Timing | None = None,
    real: bool = False,
) -> Any:  # noqa: ANN401
    """Sends one request, over httpx's own transport so that pytest-httpx hears it, or with ``real`` as a run would."""

    async def whole() -> Any:  # noqa: ANN401
        transport = None if real else httpx.AsyncHTTPTransport()
        clock = timing or FakeClock().timing()
        async with open_session(base_url, SecretStr(TOKEN), limits, timing=clock, transport=transport) as session:
            return await session.send(method, path, query=query, document=document)

    return asyncio.run(whole())
