"""What one small POST costs the client, by transport: the ground of the choice in ``heapscim/http/transport.py``.

Our pool costs twice what aiohttp or pyreqwest do beneath httpx's API, and a quarter of httpx's own pool at 32 in
flight.
It stays, since at the pace a profile allows by default the tenant's latency decides, and since

- httpx-aiohttp (0.2.0) reports a connection lost after the request left as ``ConnectTimeout``, which means that it
  never left: a create that was carried out would be sent twice. It doubles the start-up of every command, too;
- pyreqwest (0.15.1) brings a TLS stack, a trust store and a reading of proxies of its own in place of Python's, and its
  errors don't carry the certificate's fault, which a person needs to be told.
"""

import asyncio
import json
from collections.abc import Callable
from typing import TypeAlias

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pyreqwest.compatibility.httpx import HttpxTransport

from heapscim.cli.root import TIMING
from heapscim.heap.connection import open_session
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.transport import ConnectionPool
from heapscim.model.secret import SecretStr
from tests.benchmarks.serving import user_name

Make: TypeAlias = Callable[[], httpx.AsyncBaseTransport]

BODIES = [
    {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name(number),
        "active": True,
        "name": {"givenName": "Ada", "familyName": f"Lovelace {number}"},
        "role": "Analyst",
    }
    for number in range(2000)
]
TOKEN = "token-for-benchmarks"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}


def transports(count: int) -> dict[str, Make]:
    """Makers of each transport that speaks httpx's API, for so many requests in flight."""
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=count)
    return {
        "httpx, its own pool": lambda: httpx.AsyncHTTPTransport(limits=limits, verify=False),
        "httpx, our pool": lambda: ConnectionPool(count, verify=False, proxy=None),
        "httpx over aiohttp": lambda: AiohttpTransport(limits=limits),
        "httpx over pyreqwest": HttpxTransport,
    }


def raw_posts(origin: str, in_flight: int, bodies: list[dict[str, object]]) -> None:
    """Sends bodies with aiohttp alone and reads each answer as JSON: nothing can do with less."""

    async def post() -> None:
        queue = iter(bodies)
        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:

            async def work() -> None:
                for body in queue:
                    async with session.post(f"{origin}/Users", data=json.dumps(body)) as response:
                        await response.json(content_type=None)

            await asyncio.gather(*(work() for _ in range(in_flight)))

    asyncio.run(post())


def session_posts(origin: str, in_flight: int, make: Make, posts: int) -> None:
    """Sends bodies through our session over some transport."""

    async def post() -> None:
        queue = iter(BODIES[:posts])
        limits = RequestLimits(max_in_flight=in_flight)
        async with open_session(origin, SecretStr(TOKEN), limits, timing=TIMING, transport=make()) as session:

            async def work() -> None:
                for body in queue:
                    await session.send("POST", "/Users", document=body)

            await asyncio.gather(*(work() for _ in range(in_flight)))

    asyncio.run(post())


def bare_posts(origin: str, in_flight: int, make: Make, posts: int) -> None:
    """Sends bodies with an httpx client over some transport, without our session."""

    async def post() -> None:
        queue = iter(BODIES[:posts])
        async with httpx.AsyncClient(transport=make(), headers=HEADERS, trust_env=False) as client:

            async def work() -> None:
                for body in queue:
                    (await client.post(f"{origin}/Users", json=body)).json()

            await asyncio.gather(*(work() for _ in range(in_flight)))

    asyncio.run(post())
