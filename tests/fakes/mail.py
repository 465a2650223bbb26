"""A mail server for tests, over a real socket."""

import asyncio
import socket
import ssl
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.fakes.patience import PATIENCE

USERNAME = "heapscim"
PASSWORD = "password-for-tests"


@dataclass(frozen=True)
class Letter:
    """One mail as it came in."""

    recipients: list[str]
    content: bytes
    encrypted: bool
    username: str | None


@dataclass
class Inbox:
    """What came in."""

    refuse: str | None = None
    port: int = 0
    letters: list[Letter] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own word
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.refuse:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        transport = server.transport
        encrypted = transport is not None and transport.get_extra_info("sslcontext") is not None
        login: bytes | None = getattr(session.auth_data, "login", None)
        name = None if login is None else login.decode()
        self.letters.append(Letter(envelope.rcpt_tos, envelope.original_content or b"", encrypted, name))
        return "250 OK"


def _authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False, auth_data=data)


class _Listening(Controller):
    """A mail server on a socket that listens already: nobody can take its port in between."""

    def __init__(self, inbox: Inbox, listener: socket.socket, **options: Any) -> None:  # noqa: ANN401
        super().__init__(inbox, hostname="127.0.0.1", port=listener.getsockname()[1], ready_timeout=PATIENCE, **options)
        self._listener = listener

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listener, ssl=self.ssl_context)


@contextmanager
def running_inbox(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, refuse: str | None = None
) -> Iterator[Inbox]:
    """A mail server on 127.0.0.1; with STARTTLS it wants the one password."""
    inbox = Inbox(refuse)
    listener = socket.create_server(("127.0.0.1", 0))
    inbox.port = listener.getsockname()[1]
    controller = _Listening(
        inbox,
        listener,
        ssl_context=tls,
        tls_context=starttls,
        authenticator=_authenticate,
        auth_required=False,
        auth_require_tls=starttls is not None,
        ident="mail for tests",
    )
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()
