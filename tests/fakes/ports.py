"""Ports for servers that are told theirs by number, and for addresses where nobody listens."""

import socket
from contextlib import suppress
from random import SystemRandom


def free_port() -> int:
    """A port that nobody uses, and that the system gives nobody who asks for any port: those begin at 32768."""
    for port in SystemRandom().sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("a hundred ports are all in use")
