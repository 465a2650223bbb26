"""Mails a summary over SMTP. Knows nothing of what it is about; headers hold nothing that a header couldn't.

TLS is checked against the system's trust store. A password never goes over an open line.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Literal, TypeAlias

from pydantic import SecretStr

from heapscim.errors import MailError

Tls: TypeAlias = Literal["starttls", "tls", "none"]

_PORTS: dict[Tls, int] = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server and how to speak to it."""

    host: str
    port: int | None = None
    """None: the usual one of its kind of TLS."""
    tls: Tls = "starttls"
    username: str | None = None
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """One message in plain text."""

    sender: str
    recipients: Sequence[str]
    subject: str
    lines: Sequence[str]


def send(mail: Mail, server: MailServer) -> None:
    """Sends a message; raises MailError, which never holds the password, where any recipient doesn't get it."""
    if server.username is not None and server.tls == "none" and server.host not in _LOOPBACK:
        raise MailError(
            f"The password for {server.host} would go over an open line; nothing was mailed.",
            hint="Set tls to starttls or tls in [notify].",
        )
    where = f"{server.host}:{server.port or _PORTS[server.tls]}"
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
    """Speaks to the server; answers the recipients that it refused."""
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


def _message(mail: Mail) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.recipients)
    message["Subject"] = mail.subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: nobody's holiday notice answers
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
