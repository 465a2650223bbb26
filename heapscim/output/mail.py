"""Sends a mail over SMTP; knows nothing of what it is about.

TLS is checked against the system's trust store. A password is never sent unencrypted. No server delays a command for
longer than ``MOST_SECONDS``.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from threading import Thread
from typing import Literal, TypeAlias

from heapscim.errors import MailError
from heapscim.model.secret import SecretStr

Tls: TypeAlias = Literal["starttls", "tls", "none"]

_PORTS: dict[Tls, int] = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_SECONDS = 120.0
"""The limit of a whole delivery: each of its steps may be slow, and a slow server can need any number of them."""
_SECONDS = 30.0
"""The limit of one step."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Holds a mail server's address and how to connect to it."""

    host: str
    port: int | None = None
    """None: the usual port for its kind of TLS."""
    tls: Tls = "starttls"
    username: str | None = None
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """Holds one message in plain text."""

    sender: str
    recipients: Sequence[str]
    subject: str
    lines: Sequence[str]


async def send_in_time(mail: Mail, server: MailServer, seconds: float = MOST_SECONDS) -> None:
    """Sends a message as ``send`` does; raises MailError after ``seconds``, and ends at once if it is cancelled.

    The sending thread is then left behind: neither the end of the loop nor that of the process waits for it.
    """
    sent: Future[None] = Future()
    sent.set_running_or_notify_cancel()
    Thread(target=_send_into, args=(sent, mail, server), daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            await asyncio.wrap_future(sent)
    except TimeoutError:
        raise MailError(
            f"{_place(server)} didn't take the mail within {seconds:g} s.", hint="Check [notify] in the profile."
        ) from None


def _send_into(sent: Future[None], mail: Mail, server: MailServer) -> None:
    try:
        send(mail, server)
    except Exception as error:  # noqa: BLE001 - the caller that waits gets it
        sent.set_exception(error)
    else:
        sent.set_result(None)


def send(mail: Mail, server: MailServer) -> None:
    """Sends a message; raises MailError, never with the password in it, unless every recipient is accepted."""
    if server.username is not None and server.tls == "none" and server.host not in _LOOPBACK:
        raise MailError(
            f"The password for {server.host} would go over an open line; nothing was mailed.",
            hint="Set tls to starttls or tls in [notify].",
        )
    where = _place(server)
    try:
        refused = _deliver(_message(mail), server)
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(
            f"{where} doesn't take the password of {server.username} ({error.smtp_code}).",
            hint="Set HEAPSCIM_SMTP_PASSWORD, or store it again with `heapscim activate --smtp-password-stdin`.",
        ) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise MailError(f"{where} took no mail: {_words(error)}.", hint="Check [notify] in the profile.") from None
    if refused:
        raise MailError(f"{where} refused {', '.join(sorted(refused))}.", hint="Check recipients in [notify].")


def _deliver(message: EmailMessage, server: MailServer) -> Sequence[str]:
    """Delivers a message; returns the recipients that the server refused."""
    context = ssl.create_default_context()
    with _connected(server, context) as smtp:
        if server.tls == "starttls":
            smtp.starttls(context=context)
        if server.username is not None:
            smtp.login(server.username, server.password.get_secret_value() if server.password else "")
        return tuple(smtp.send_message(message))


def _connected(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    port = server.port or _PORTS[server.tls]
    if server.tls == "tls":
        return smtplib.SMTP_SSL(server.host, port, timeout=_SECONDS, context=context)
    return smtplib.SMTP(server.host, port, timeout=_SECONDS)


def _place(server: MailServer) -> str:
    return f"{server.host}:{server.port or _PORTS[server.tls]}"


def _message(mail: Mail) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.recipients)
    message["Subject"] = mail.subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no automatic reply comes back
    message.set_content("\n".join(mail.lines) + "\n")
    return message


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate can't be trusted ({error.verify_message})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
