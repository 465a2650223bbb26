"""A bare SCIM server in a process of its own, so that what is measured is the client's work alone.

``python -m tests.benchmarks.serving PEOPLE`` prints its port. It holds that many people, and groups of twenty of them;
``?latency=`` isn't part of SCIM, so the seconds each answer waits are the first segment of the path.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from subprocess import PIPE, Popen
from typing import Any

PEOPLE_IN_A_GROUP = 20
_PAGE = 100


class _Connection(asyncio.Protocol):
    """One keep-alive connection; parses as much HTTP as a client of ours sends."""

    def __init__(self, people: int) -> None:
        self._people = people
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            head, mark, rest = self._received.partition(b"\r\n\r\n")
            length = _length(head)
            if not mark or len(rest) < length:
                return
            self._received = rest[length:]
            self._answer(head, rest[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        latency, _, path = target.lstrip("/").partition("/")
        if method == "POST":
            status, answer = b"201 Created", _created(body)
        else:
            status, answer = b"200 OK", _page(path, self._people)
        head = b"HTTP/1.1 %s\r\nContent-Type: application/scim+json\r\nContent-Length: %d\r\n\r\n" % (
            status,
            len(answer),
        )
        asyncio.get_running_loop().call_later(float(latency), self._transport.write, head + answer)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _created(body: bytes) -> bytes:
    document = json.loads(body)
    id = str(abs(hash(document.get("userName"))))
    return json.dumps({**document, "id": id, "meta": {"resourceType": "User"}}).encode()


@cache
def _page(path: str, people: int) -> bytes:
    kind, _, query = path.partition("?")
    asked = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
    rows = _users(people) if kind == "Users" else _groups(people)
    start, count = int(asked.get("startIndex", 1)), int(asked.get("count", _PAGE))
    page = rows[start - 1 : start - 1 + count]
    return json.dumps({"totalResults": len(rows), "startIndex": start, "Resources": page}).encode()


@cache
def _users(people: int) -> list[dict[str, Any]]:
    return [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": f"u{number}",
            "userName": user_name(number),
            "name": {"givenName": "Ada", "familyName": f"Lovelace {number}"},
            "active": True,
            "role": "Analyst",
            "meta": {"resourceType": "User"},
        }
        for number in range(people)
    ]


@cache
def _groups(people: int) -> list[dict[str, Any]]:
    return [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "id": f"g{first // PEOPLE_IN_A_GROUP}",
            "displayName": group_name(first),
            "members": [{"value": f"u{number}"} for number in range(first, min(first + PEOPLE_IN_A_GROUP, people))],
        }
        for first in range(0, people, PEOPLE_IN_A_GROUP)
    ]


def user_name(number: int) -> str:
    """The userName of a person by number."""
    return f"person{number}@example.org"


def group_name(number: int) -> str:
    """The name of the group that holds a person."""
    return f"Team {number // PEOPLE_IN_A_GROUP}"


@contextmanager
def serving(people: int = 0) -> Iterator[str]:
    """Runs the server until the end of the block; answers its origin, ``http://127.0.0.1:PORT``."""
    with Popen([sys.executable, "-m", __name__, str(people)], stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


async def _serve(people: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(people), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
