"""An HTTP proxy on 127.0.0.1 in front of any service provider, in which requests go wrong by chance or by design.

What happens to a request hangs on the seed, on what the request says and on how often it was said before, not on the
order in which requests arrive: so a seed replays a run.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from random import Random
from time import time
from typing import Any

from tests.fakes.patience import PATIENCE

FAULTS = (
    "429_seconds",
    "429_date",
    "500",
    "502",
    "503",
    "html",
    "reset_before",
    "reset_after",
    "truncate",
    "stall_before",
    "stall_after",
)
WORK_DONE = ("reset_after", "truncate", "stall_after")
EITHER = ("500", "502", "503", "html")
"""A gateway says these before the work is done, or after it."""
_TURNS = 10
"""How many turns of the loop without a task show that no connection is on its way."""
_CONNECTIONS = 4
"""A simple server lets hardly more than that wait for it; whoever comes then is made to wait for a second."""


@dataclass(frozen=True)
class Trouble:
    """How much goes wrong, and how long an answer stalls (seconds)."""

    rate: float
    stall: float


@dataclass(frozen=True)
class Message:
    """One HTTP message: its first line, its headers without those of a connection, and its whole body."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def method(self) -> str:
        return self.first.split()[0]

    @property
    def target(self) -> str:
        return self.first.split()[1]

    def to_wire(self, *more: str) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers), *more]
        if self.body or (self.first.startswith("HTTP/") and self.target not in ("204", "304")):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


Rewrite = Callable[[Message, Message], Message | None]
"""Makes another answer of the one to a request; with None the connection is cut."""


class Proxy:
    """What arrived, what happened to it, and what is to happen from now on."""

    def __init__(self, upstream: int, seed: int) -> None:
        self.trouble: Trouble | None = None
        self.rewrite: Rewrite | None = None
        self.arrived = 0
        self.writes = 0
        """Requests that were not reads, when they had been answered upstream."""
        self.happened: Counter[str] = Counter()
        self.port = 0
        self._upstream = upstream
        self._seed = seed
        self._said: Counter[tuple[str, bytes]] = Counter()
        self._started = threading.Event()
        self._gate = asyncio.Semaphore(_CONNECTIONS)
        self._talks: set[asyncio.Task[None]] = set()
        """Connections being served. The loop alone holds no task: when a killed client's connection has ended, the
        garbage collector would take the one that still waits for the service provider's answer."""

    async def serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        await asyncio.sleep(0)  # what was accepted just now begins; cancelled before, it would leave its socket open
        # A connection that was accepted just now begins its task only some turns of the loop later, and asyncio.run,
        # which cancels what is there, would leave that one open.
        quiet = 0
        while quiet < _TURNS:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            if others:
                await asyncio.wait(others)
            quiet = 0 if others else quiet + 1
            await asyncio.sleep(0)

    def wait_until_it_listens(self) -> None:
        assert self._started.wait(PATIENCE), "the proxy does not listen"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)

        def end(talk: asyncio.Task[None]) -> None:
            self._talks.discard(talk)
            writer.close()  # a task that is cancelled before it begins closes nothing itself

        talk.add_done_callback(end)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.arrived += 1
                if not await self._answer(request, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass

    async def _answer(self, request: Message, writer: asyncio.StreamWriter) -> bool:
        """Answers one request, well or badly; answers whether the connection goes on."""
        fault, chance = self._draw(request)
        if fault is None:
            answer: Message | None = await self._forward(request)
            if self.rewrite is not None and answer is not None:
                answer = self.rewrite(request, answer)
            return await _send(writer, None if answer is None else answer.to_wire())
        self.happened[fault] += 1
        done = fault in WORK_DONE or (fault in EITHER and chance.random() < 0.5)
        answer = await self._forward(request) if done else None
        match fault:
            case "stall_before" | "stall_after":
                await asyncio.sleep(self.trouble.stall if self.trouble else 0)
                return await _send(writer, None)
            case "truncate" if answer is not None and answer.body:
                wire = answer.to_wire()
                await _send(writer, wire[: len(wire) - len(answer.body) + chance.randrange(len(answer.body))])
                return await _send(writer, None)
            case "reset_before" | "reset_after" | "truncate":
                return await _send(writer, None)
            case _:
                return await _send(writer, _in_trouble(fault))

    def _draw(self, request: Message) -> tuple[str | None, Random]:
        said = (request.first, request.body)
        self._said[said] += 1
        chance = Random(f"{self._seed}:{self._said[said]}:{request.first}:{request.body!r}")  # noqa: S311 - to replay
        if self.trouble is None or chance.random() >= self.trouble.rate:
            return None, chance
        return chance.choice(FAULTS), chance

    async def _forward(self, request: Message) -> Message | None:
        """Lets the service provider do the work, also where nobody waits for the answer any more."""
        async with self._gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream)
            try:
                writer.write(request.to_wire("Connection: close"))
                await writer.drain()
                return await _read(reader)
            finally:
                self.writes += request.method != "GET"
                writer.close()


@contextmanager
def running_proxy(upstream: int, seed: int) -> Iterator[Proxy]:
    """Serves until the end of the block, in a thread of its own."""
    proxy = Proxy(upstream, seed)
    thread = threading.Thread(target=lambda: asyncio.run(proxy.serve()), daemon=True)
    thread.start()
    proxy.wait_until_it_listens()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(PATIENCE)


def with_document(answer: Message, document: Any) -> Message:  # noqa: ANN401 - any JSON
    """An answer that says something else."""
    return Message(answer.first, answer.headers, json.dumps(document).encode())


async def _read(reader: asyncio.StreamReader) -> Message | None:
    """One whole message; None where the connection ended before it began."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    kept = [(name, value) for name, value in headers if name.lower() not in ("connection", "content-length")]
    return Message(first, tuple(kept), await reader.readexactly(length))


async def _send(writer: asyncio.StreamWriter, wire: bytes | None) -> bool:
    """Sends an answer, or cuts the connection; answers whether it goes on."""
    if wire is None:
        writer.transport.abort()
        return False
    with suppress(OSError):
        writer.write(wire)
        await writer.drain()
    return True


def _in_trouble(fault: str) -> bytes:
    later = formatdate(time() + 1, usegmt=True)
    first, headers, body = {
        "429_seconds": ("429 Too Many Requests", [("Retry-After", "1")], b"slower"),
        "429_date": ("429 Too Many Requests", [("Retry-After", later)], b"slower"),
        "html": ("502 Bad Gateway", [("Content-Type", "text/html")], b"<!doctype html><title>trouble</title>"),
    }.get(fault, (f"{fault} Trouble", [("Content-Type", "text/plain")], b"trouble"))
    return Message(f"HTTP/1.1 {first}", tuple(headers), body).to_wire()
