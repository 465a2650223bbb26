"""Rehearsal tenants for tests, over real sockets."""

from collections.abc import Iterator
from contextlib import contextmanager

from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox, SandboxOptions, running

TOKEN = "token-for-tests"


@contextmanager
def running_sandbox(latency: float = 0.0, /, **behaviour: object) -> Iterator[Sandbox]:
    """A sandbox with the given switches; each answer waits ``latency`` seconds."""
    switches = parse_behaviour(f"{key}={value}" for key, value in behaviour.items())
    with running(SandboxOptions(token=TOKEN, behaviour=switches, latency=latency), Store()) as sandbox:
        yield sandbox
