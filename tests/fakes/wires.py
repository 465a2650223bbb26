"""Servers for which each byte counts: a coroutine talks to each connection, in the event loop of the test."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET

import httpx

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Talks to one connection, which is closed afterwards."""


@dataclass
class Wire:
    """Where a server listens, and what came in."""

    port: int = 0
    connections: int = 0
    open: int = 0
    most_open: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/Users"

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        """Reads one whole request and keeps it; nothing at the end of the connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = [line.lower().partition(b":") for line in head.split(b"\r\n")]
            length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
            self.requests.append(head + await reader.readexactly(length))
            return self.requests[-1]
        return b""


@asynccontextmanager
async def wire(
    talk: Callable[[Wire], Talk], *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Wire]:
    """Serves until the end of the block."""
    served = Wire()
    tasks: set[asyncio.Task[None]] = set()
    each = talk(served)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        served.connections += 1
        served.open += 1
        served.most_open = max(served.open, served.most_open)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await each(reader, writer)
        finally:
            served.open -= 1
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for _ in range(5):  # what was closed just now is gone some turns of the loop later
            await asyncio.sleep(0)


def answering(*answers: bytes) -> Callable[[Wire], Talk]:
    """Answers each request of a connection with the next of these, the last of them again and again."""

    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            left = list(answers)
            while await served.request(reader):
                writer.write(left.pop(0) if len(left) > 1 else left[0])

        return each

    return talk


def cut(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    """Ends a connection: with RST, or with FIN once everything is sent."""
    if reset:
        writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()


def a_request(url: str, method: str = "GET", body: bytes = b"", **timeouts: float) -> httpx.Request:
    """A request, with time limits by httpx's names."""
    return httpx.Request(method, url, content=body or None, extensions={"timeout": timeouts})


async def until(condition: Callable[[], object]) -> None:
    """Lets the event loop go on until something is so."""
    while not condition():  # noqa: ASYNC110 - what is waited for happens inside the code under test
        await asyncio.sleep(0)
