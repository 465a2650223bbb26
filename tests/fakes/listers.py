"""A service provider that answers lists, honestly or not, at the level of HTTP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from heapscim.heap.connection import HEAP, open_session
from heapscim.http.rate_limit import RequestLimits
from heapscim.model.secret import SecretStr
from heapscim.scim.client import USERS, ScimClient
from heapscim.scim.received import Listing
from heapscim.scim.resources import User
from tests.fakes.clocks import FakeClock

T = TypeVar("T")
Row = dict[str, Any]
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Lister:
    """Lists users; a test replaces what it wants to go wrong."""

    rows: list[Row]
    cap: int = 1000
    total: Callable[[int], object] = lambda honest: honest
    """Makes the stated total of the true one; None states none."""
    page: Callable[[int, list[Row]], list[Row]] = lambda _start, rows: rows
    """Makes an answer's rows of the honest ones."""
    refuse: Callable[[int, int], int | None] = lambda _start, _end: None
    """A status that answers a request for these rows instead."""
    requests: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(404, text="no search by POST")
        start, count = int(request.url.params["startIndex"]), int(request.url.params["count"])
        self.requests.append((start, count))
        end = start + min(count, self.cap)
        if (status := self.refuse(start, end)) is not None:
            return httpx.Response(status, text="no")
        answer: Row = {}
        if (rows := self.page(start, self.rows[start - 1 : end - 1])) or start % 2:
            answer["Resources"] = rows
        if (total := self.total(len(self.rows))) is not None:
            answer["totalResults"] = total
        return httpx.Response(200, content=json.dumps(answer))


def some_users(count: int) -> list[Row]:
    return [{"id": str(number), "userName": f"user{number}@x.org"} for number in range(1, count + 1)]


def read_from(handler: Handler, *, page_size: int = 100) -> Listing[User]:
    """Reads all users of a lister as a run would, retries included, without waiting."""
    return asking(handler, lambda client: client.read_all(USERS), page_size=page_size)


def asking(handler: Handler, work: Callable[[ScimClient], Awaitable[T]], *, page_size: int = 100) -> T:
    """Lets a client ask a handler over HTTP, without a socket."""

    async def whole() -> T:
        transport, clock = httpx.MockTransport(handler), FakeClock()
        token, limits = SecretStr("t"), RequestLimits(retries=1)
        async with open_session(
            "https://heap.example/scim", token, limits, timing=clock.timing(), transport=transport
        ) as session:
            return await work(ScimClient(session, provider=HEAP.name, page_size=page_size))

    return asyncio.run(whole())
