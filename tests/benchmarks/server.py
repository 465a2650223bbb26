"""A SCIM server that is quick enough not to be what a benchmark measures, in a process of its own.

``python -m tests.benchmarks.server`` prints its port. It speaks just enough HTTP for the clients of the benchmark,
keeps what is written, and answers after a latency. ``GET /counts`` shows what it was sent since the last time that
this was asked, and ``GET /world`` what it holds.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from tests.benchmarks.discovery import DOCUMENTS
from tests.benchmarks.tenant import RefusedError, Table, Tenant, patched
from tests.benchmarks.world import World

BASE = "/scim/v2/1"


@dataclass(frozen=True, slots=True)
class Options:
    """How the server behaves."""

    latency: float = 0.0
    """Seconds between a request and its response."""
    page: int = 100
    """The most resources on one page."""
    rate: float = 0.0
    """The requests that a second allows, 0 for any number; others get a 429."""
    burst: int = 1
    """How many requests may come at once after a rest."""


class Counts:
    """What was asked of the server in some time."""

    def __init__(self) -> None:
        self.refused = 0
        self._requests: Counter[str] = Counter()
        self._body_bytes = 0
        self._first = self._last = 0.0
        self._busy_before = time.process_time()

    def note(self, method: str, body: bytes, now: float) -> None:
        """Counts a request that is carried out."""
        self._requests[method] += 1
        self._body_bytes += len(body)
        self._first, self._last = self._first or now, now

    def summary(self) -> dict[str, float]:
        """Returns the numbers; the seconds are those between the first request and the last one."""
        return {
            "requests": self._requests.total(),
            "writes": self._requests.total() - self._requests["GET"],
            "refused": self.refused,
            "body_bytes": self._body_bytes,
            "seconds": self._last - self._first,
            "processor": time.process_time() - self._busy_before,
        }


class Bucket:
    """A rate limit: a bucket that holds a burst, and fills again at a rate."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at = 0.0

    def wait(self, now: float) -> int:
        """Takes a token; returns 0, or the whole seconds until there is one."""
        if not self._rate:
            return 0
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return math.ceil((1 - self._tokens) / self._rate)
        self._tokens -= 1
        return 0


class Server:
    """Carries out requests on a tenant."""

    def __init__(self, world: World, options: Options) -> None:
        self.options = options
        self._tenant = Tenant(world)
        self._counts = Counts()
        self._bucket = Bucket(options.rate, options.burst)

    def carry_out(self, method: str, target: str, body: bytes) -> bytes:
        """Returns the whole HTTP response to a request."""
        path, _, query = target.removeprefix(BASE).lstrip("/").partition("?")
        if path == "counts":
            summary, self._counts = self._counts.summary(), Counts()
            return _response(200, json.dumps(summary).encode())
        if path == "world":
            return _response(200, json.dumps(self._tenant.summary()).encode())
        now = time.monotonic()
        if wait := self._bucket.wait(now):
            self._counts.refused += 1
            return _response(429, b"{}", f"Retry-After: {wait}\r\n")
        kind, _, id = path.partition("/")
        self._counts.note(method, body, now)
        try:
            return self._on_table(method, kind, unquote(id), query, body)
        except RefusedError as refusal:
            return _response(refusal.status, json.dumps(refusal.document).encode())

    def _on_table(self, method: str, kind: str, id: str, query: str, body: bytes) -> bytes:
        if method == "GET" and kind in DOCUMENTS and not id:
            return _response(200, json.dumps(DOCUMENTS[kind]).encode())
        table: Table | None = {"Users": self._tenant.users, "Groups": self._tenant.groups}.get(kind)
        if table is None:
            raise RefusedError(404, f"Nothing is at /{kind}.")
        match method, bool(id):
            case "GET", False:
                return _response(200, table.page(dict(parse_qsl(query)), self.options.page))
            case "GET", True:
                return _response(200, table.get(id))
            case "POST", False:
                return _response(201, table.create(json.loads(body)))
            case "PUT", True:
                return _response(200, table.change(id, json.loads(body)))
            case "PATCH", True:
                document = patched(json.loads(table.get(id)), json.loads(body)["Operations"])
                return _response(200, table.change(id, document))
            case "DELETE", True:
                table.delete(id)
                return _response(204, b"")
        raise RefusedError(405, f"{method} isn't known here.")


class Connection(asyncio.Protocol):
    """One connection that is kept open; parses as much HTTP as it takes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport to write to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Carries out each request that has arrived as a whole; a client sends the next one after the response."""
        self._received += data
        while True:
            head, mark, rest = self._received.partition(b"\r\n\r\n")
            if not mark or len(rest) < (length := _length(head)):
                return
            self._received = rest[length:]
            method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
            response = self._server.carry_out(method, target, rest[:length])
            asyncio.get_running_loop().call_later(self._server.options.latency, self._transport.write, response)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _response(status: int, body: bytes, headers: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/scim+json\r\n"
        f"{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


async def _serve(server: Server) -> None:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.buffer.read)  # ends with the benchmark, however that ends
    listening.close()


def main() -> None:
    """Serves until its standard input ends."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.server", description=__doc__)
    for name, value in {"people": 0, "groups": 0, "members": 0, "page": 100, "burst": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    for name in ("latency", "rate"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    asked = parser.parse_args()
    world = World(asked.people, asked.groups, asked.members)
    asyncio.run(_serve(Server(world, Options(asked.latency, asked.page, asked.rate, asked.burst))))


if __name__ == "__main__":
    main()
