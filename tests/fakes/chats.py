"""A chat's webhook, over a real socket."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.sockets import RawServer, answer, raw_server

SECRET = "T0AAAAAAA/B0BBBBBBB/kx81hAbCdEfGhIjKlMnOpQr7"


@dataclass
class Receiver:
    """A chat's webhook, which answers as it is told to."""

    answers: list[bytes | None] = field(default_factory=list)
    """None: the connection closes without an answer. After the last one, all is well."""
    bodies: list[Any] = field(default_factory=list)
    server: RawServer | None = None

    def behave(self, stream: socket.socket, request: bytes) -> bool:
        said = self.answers.pop(0) if self.answers else answer(b"ok", type="text/plain")
        if said is None:
            return False
        if said.startswith(b"HTTP/1.1 200"):
            self.bodies.append(json.loads(request.partition(b"\r\n\r\n")[2]))
        stream.sendall(said)
        return True

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.port}/services/{SECRET}"

    @property
    def texts(self) -> list[str]:
        return [body["text"] for body in self.bodies]


@contextmanager
def running_chat() -> Iterator[Receiver]:
    """A webhook on 127.0.0.1."""
    found = Receiver()
    with raw_server(found.behave) as found.server:
        yield found
