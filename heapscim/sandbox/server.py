"""Serves a rehearsal tenant on 127.0.0.1, in the background for a demo or a test, or until it is stopped."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from heapscim.errors import HeapscimError
from heapscim.sandbox.heap.app import Tenant
from heapscim.sandbox.heap.service import HeapService
from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.heap.switches import Behaviour

_STARTS_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Holds the options of a sandbox."""

    port: int = 0
    """0 takes a free port."""
    tenant: str = "1234567"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    behaviour: Behaviour = Behaviour()
    latency: float = 0.0
    """Seconds that each response waits."""
    state: Path | None = None
    """The file that keeps the content between runs."""
    besides: Mapping[str, ASGIApp] = field(default_factory=dict)
    """Other applications on the same port, by the path they begin with."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Represents a running sandbox."""

    base_url: str
    token: str
    tenant: Tenant

    @property
    def store(self) -> Store:
        """Returns what the sandbox holds."""
        return self.tenant.service.store

    def behave(self, behaviour: Behaviour) -> None:
        """Changes how it behaves from now on."""
        self.tenant.service.behaviour = behaviour


@contextmanager
def running(options: SandboxOptions, store: Store | None = None) -> Iterator[Sandbox]:
    """Serves a sandbox in a thread of its own until the end of the block."""
    with listening(options.port) as listener:
        app, sandbox = _prepare(options, store or Store(), listener)
        with serving(app, listener):
            yield sandbox
    if options.state is not None:
        sandbox.store.save(options.state)


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Provides a socket on 127.0.0.1; raises HeapscimError if the port can't be used."""
    # asyncio sends at once only on sockets that name TCP; others hold each response's body back for some 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise HeapscimError(
                f"Port {port} can't be used: {error.strerror}.", hint="Give another one with --port."
            ) from error
        yield listener
    finally:
        listener.close()


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serves an application in a thread of its own until the end of the block."""
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        http="h11",
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _wait_until(server)
        yield
    finally:
        server.should_exit = True
        thread.join(_STARTS_WITHIN)


def _prepare(options: SandboxOptions, store: Store, listener: socket.socket) -> tuple[ASGIApp, Sandbox]:
    prefix = f"/scim/v2/{options.tenant}"
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}{prefix}"
    if options.state is not None and options.state.exists():
        store.load(options.state, unique=options.behaviour.unique_names == "yes")
    state = options.state
    saved = None if state is None else (lambda: store.save(state))
    tenant = Tenant(
        HeapService(store, options.behaviour, base_url), options.token, latency=options.latency, saved=saved
    )
    return _beside(options.besides, tenant.app(prefix)), Sandbox(base_url, options.token, tenant)


def _beside(others: Mapping[str, ASGIApp], main: ASGIApp) -> ASGIApp:
    """Sends each request to the application that its path begins with, and all others to the main one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for path, other in others.items():
            if scope["type"] == "http" and scope["path"].startswith(f"{path}/"):
                await other({**scope, "root_path": path}, receive, send)
                return
        await main(scope, receive, send)

    return app if others else main


def _wait_until(server: uvicorn.Server) -> None:
    waiting = threading.Event()
    for _ in range(int(_STARTS_WITHIN * 100)):
        if server.started:
            return
        waiting.wait(0.01)
    raise HeapscimError("The sandbox didn't start.", hint="Run it again with --debug.")
