"""A way to PostgreSQL that is cut off after a number of messages: of those that leave, or of those that come back."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from tests.fakes.patience import PATIENCE

Way = Literal["to the server", "to the client"]
_SSL_REQUEST = 80_877_103
_HEADER = 5


class CutOff(Exception):
    """This message was the last one."""


@dataclass
class Cutter:
    """Passes connections on to a server of PostgreSQL, message by message."""

    target: int
    port: int = 0
    way: Way | None = None
    after: int = 0
    passed: dict[Way, int] = field(default_factory=dict)
    was_cut: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _open: list[socket.socket] = field(default_factory=list)
    _passing: list[threading.Thread] = field(default_factory=list)

    def cut(self, way: Way, after: int) -> None:
        """Cuts all connections off behind so many further messages of one way. Later connections pass."""
        with self._turn:
            self.way, self.after, self.was_cut = way, self.passed.get(way, 0) + after, False

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += [client, server]
                pipes: tuple[tuple[Way, socket.socket, socket.socket], ...] = (
                    ("to the server", client, server),
                    ("to the client", server, client),
                )
                for way, source, sink in pipes:
                    passing = threading.Thread(target=self._pass, args=(way, source, sink), daemon=True)
                    self._passing.append(passing)
                    passing.start()

    def wait(self) -> None:
        """Waits until all connections have ended: a last message may still count, and cut the next ones."""
        while self._passing:
            passing = self._passing.pop()
            passing.join(PATIENCE)
            assert not passing.is_alive(), "a connection goes on"

    def close(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _pass(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        try:
            with suppress(OSError, EOFError):
                for message in _messages(source, way):
                    self._count(way)
                    sink.sendall(message)
        except CutOff:
            self.close()
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _count(self, way: Way) -> None:
        with self._turn:
            if self.way == way and self.passed.get(way, 0) >= self.after:
                self.way, self.was_cut = None, True
                raise CutOff
            self.passed[way] = self.passed.get(way, 0) + 1


def _messages(source: socket.socket, way: Way) -> Iterator[bytes]:
    """The first messages of a connection have no type: a question for TLS, its answer, and the start."""
    if way == "to the server":
        while True:
            size = _exactly(source, 4)
            rest = _exactly(source, struct.unpack("!I", size)[0] - 4)
            yield size + rest
            if struct.unpack("!I", rest[:4])[0] != _SSL_REQUEST:
                break
    else:
        yield _exactly(source, 1)
    while True:
        header = _exactly(source, _HEADER)
        yield header + _exactly(source, struct.unpack("!I", header[1:])[0] - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        some = source.recv(size - len(found))
        if not some:
            raise EOFError
        found += some
    return found


@contextmanager
def a_cutter(target: int) -> Iterator[Cutter]:
    """A way to the server on this port, at a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cutter = Cutter(target, listener.getsockname()[1])
        threading.Thread(target=cutter.serve, args=(listener,), daemon=True).start()
        yield cutter
        listener.shutdown(socket.SHUT_RDWR)
        cutter.close()
