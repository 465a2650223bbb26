"""A server that speaks HTTP badly on purpose, byte by byte, over a real socket."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.fakes.patience import PATIENCE

Behave = Callable[[socket.socket, bytes], bool]
"""Gets the connection and one whole request; answers whether the connection stays open."""


@dataclass
class RawServer:
    """What a raw server was sent, and where it listens."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/scim/v2/1"


@contextmanager
def raw_server(behave: Behave, *, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Serves until the end of the block; each connection in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = RawServer(listener.getsockname()[1])
    open_ones: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
            while request := _read_request(stream):
                server.requests.append(request)
                if not behave(stream, request):
                    return

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                server.connections += 1
                open_ones.append(connection)
                threads.append(threading.Thread(target=talk, args=(connection,), daemon=True))
                threads[-1].start()

    threads = [threading.Thread(target=accept, daemon=True)]
    threads[0].start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_ones:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(PATIENCE)


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str, type: str = "application/scim+json") -> bytes:
    """One whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {type}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _read_request(stream: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        part = stream.recv(65536)
        if not part:
            return b""
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        part = stream.recv(65536)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body
