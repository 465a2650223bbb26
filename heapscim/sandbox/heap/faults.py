"""Makes requests and responses go wrong: by named faults, with a random choice that can be repeated."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from html import escape
from random import Random
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heapscim.sandbox.heap.switches import Behaviour, Echo

_ECHOES: Mapping[Echo, Callable[[str], str]] = {
    "no": lambda _: "",
    "whole": str,
    "upper": str.upper,
    "folded": lambda text: "\r\n ".join(text[at : at + 6] for at in range(0, len(text), 6)),
    "spread": "\u200b".join,
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "double_percent": lambda text: quote("".join(f"%{byte:02X}" for byte in text.encode())),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "escaped": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "entities": lambda text: "".join(f"&#x{ord(char):X};" for char in escape(text)),
    "cut": lambda text: text[:-3] + "...",
}


class Faults:
    """Lets a ratio of requests go wrong."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - rehearsed faults need no secrecy
        self.sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
        """Holds a request for some seconds; a test holds it until it lets it go."""
        self.happened = 0
        self.late: set[asyncio.Task[None]] = set()
        """Requests that were given up and are still to be carried out."""

    async def serve(self, behaviour: Behaviour, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request through ``app``, or lets it go wrong."""
        if not self._goes_wrong(behaviour, scope):
            await app(scope, receive, send)
            return
        self.happened += 1
        fault = self._chance.choice(behaviour.faults.split(","))
        match fault:
            case "stall":
                await self.sleep(behaviour.stall_seconds)
                await app(scope, receive, send)
            case "504_late" | "stall_late":
                await self._do_later(behaviour.late_commit, app, scope, receive)
                if fault == "504_late":
                    await _trouble("504")(scope, receive, send)
                else:
                    await self.sleep(behaviour.stall_seconds)
                    _cut(send)
            case "reset_before":
                _cut(send)
            case "reset_after" | "truncate":
                await _answer_partly(app, scope, receive, send, half=fault == "truncate")
            case _:
                await _trouble(fault)(scope, receive, send)

    def _goes_wrong(self, behaviour: Behaviour, scope: Scope) -> bool:
        method, _, path = behaviour.fault_on.partition(" ")
        if scope["method"] != (method or scope["method"]) or path.casefold() not in scope["path"].casefold():
            return False
        if behaviour.most_faults and self.happened >= behaviour.most_faults:
            return False
        return self._chance.random() < behaviour.fault_rate

    async def _do_later(self, seconds: float, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Accepts a request and carries it out a while later, when the client has given up."""
        messages: list[Message] = []
        while not messages or messages[-1].get("more_body"):
            messages.append(await receive())
        waiting = iter(messages)

        async def again() -> Message:
            return next(waiting, {"type": "http.disconnect"})

        async def nobody(_message: Message) -> None:
            return

        async def work() -> None:
            await self.sleep(seconds)
            await app(scope, again, nobody)

        task = asyncio.create_task(work())
        self.late.add(task)
        task.add_done_callback(self.late.discard)


def echoed(form: Echo, header: str) -> str:
    """Returns the addition to an error text: nothing, or an ``Authorization`` header in the given form."""
    return f" You sent: {_ECHOES[form](header)}" if form != "no" else ""


def _trouble(fault: str) -> Response:
    match fault:
        case "html":
            return Response("<html>trouble</html>", 502, media_type="text/html")
        case "429_seconds":
            return Response("slower", 429, headers={"Retry-After": "1"}, media_type="text/plain")
        case "429_date":
            later = formatdate(time.time() + 1, usegmt=True)
            return Response("slower", 429, headers={"Retry-After": later}, media_type="text/plain")
        case _:
            return Response("trouble", int(fault), media_type="text/plain")


async def _answer_partly(app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, half: bool) -> None:
    """Carries the request out, then cuts the connection: before the response, or in the middle of it."""
    kept: list[Message] = []

    async def keep(message: Message) -> None:
        kept.append(message)

    await app(scope, receive, keep)
    if half:
        for message in kept:
            if message["type"] == "http.response.body":
                body = message.get("body", b"")
                await send({**message, "body": body[: len(body) // 2], "more_body": True})
            else:
                await send(message)
        await asyncio.sleep(0.01)
    _cut(send)


def _cut(send: Send) -> None:
    """Drops the connection; uvicorn has no function for that."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]
