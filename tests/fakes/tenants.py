"""Rehearsal tenants for tests, over real sockets."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from heapscim.sandbox.heap.app import Tenant
from heapscim.sandbox.heap.service import HeapService
from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.fakes.servers import SERVER

TOKEN = "token-for-tests"


@contextmanager
def running_sandbox(latency: float = 0.0, /, **behaviour: object) -> Iterator[Sandbox]:
    """A sandbox with the given switches; each answer waits ``latency`` seconds."""
    service = HeapService(Store(), parse_behaviour(f"{key}={value}" for key, value in behaviour.items()))
    tenant = Tenant(service, TOKEN, latency=latency)

    def app(base_url: str) -> ASGIApp:
        service.base_url = base_url
        return tenant.app("")

    with SERVER.mounted("/scim/v2", app) as base_url:
        yield Sandbox(base_url, TOKEN, tenant)
