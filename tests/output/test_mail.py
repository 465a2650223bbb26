"""Mail over a real SMTP server, with and without TLS and a password."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Literal

import pytest
import trustme

from heapscim.errors import MailError
from heapscim.model.secret import SecretStr
from heapscim.output.mail import Mail, MailServer, send, send_in_time
from tests.fakes.mail import PASSWORD, USERNAME, Inbox, running_inbox
from tests.fakes.patience import PATIENCE

MAIL = Mail("heapscim@x.org", ("it@x.org", "ops@x.org"), "Import: 2 added", ("2 people were added.", "Grüße"))


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def server_side(authority: trustme.CA, host: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


def signed_in(inbox: Inbox, *, password: str = PASSWORD, host: str = "localhost") -> MailServer:
    return MailServer(host, inbox.port, "starttls", USERNAME, SecretStr(password))


def test_a_mail_is_delivered_to_every_recipient() -> None:
    with running_inbox() as inbox:
        send(MAIL, MailServer("127.0.0.1", inbox.port, "none"))
    (letter,) = inbox.letters
    assert letter.recipients == ["it@x.org", "ops@x.org"]
    message = message_from_bytes(letter.content, policy=default)
    assert (message["From"], message["To"], message["Subject"]) == (
        "heapscim@x.org", "it@x.org, ops@x.org", "Import: 2 added"
    )  # fmt: skip
    assert message["Message-ID"].endswith("@x.org>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().splitlines() == ["2 people were added.", "Grüße"]


def test_starttls_and_a_password_are_used(authority: trustme.CA) -> None:
    with running_inbox(starttls=server_side(authority)) as inbox:
        send(MAIL, signed_in(inbox))
    assert [(letter.encrypted, letter.username) for letter in inbox.letters] == [(True, USERNAME)]


def test_tls_from_the_first_byte_is_used(authority: trustme.CA) -> None:
    with running_inbox(tls=server_side(authority)) as inbox:
        send(MAIL, MailServer("localhost", inbox.port, "tls"))
    assert [letter.encrypted for letter in inbox.letters] == [True]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_of_somebody_else_is_refused(authority: trustme.CA, tls: Literal["starttls", "tls"]) -> None:
    theirs = server_side(authority, "elsewhere.example")
    with running_inbox(starttls=theirs) if tls == "starttls" else running_inbox(tls=theirs) as inbox:
        server = MailServer("localhost", inbox.port, tls)
        with pytest.raises(MailError, match="its certificate can't be trusted"):
            send(MAIL, server)
    assert inbox.letters == []


def test_a_wrong_password_is_explained_and_never_shown(authority: trustme.CA) -> None:
    with running_inbox(starttls=server_side(authority)) as inbox, pytest.raises(MailError) as caught:
        send(MAIL, signed_in(inbox, password="wrong-secret"))
    assert "doesn't take the password of heapscim (535)" in caught.value.message
    assert "wrong-secret" not in str(caught.value) + str(caught.value.hint)


def test_a_server_without_starttls_gets_nothing() -> None:
    with running_inbox() as inbox, pytest.raises(MailError, match="STARTTLS extension not supported"):
        send(MAIL, MailServer("localhost", inbox.port, "starttls"))
    assert inbox.letters == []


def test_a_password_never_goes_over_an_open_line() -> None:
    server = MailServer("mail.example", 25, "none", USERNAME, SecretStr(PASSWORD))
    with pytest.raises(MailError, match="would go over an open line"):
        send(MAIL, server)


def test_a_refused_recipient_is_named_and_the_others_get_it() -> None:
    with running_inbox(refuse="ops@x.org") as inbox, pytest.raises(MailError, match=r"refused ops@x\.org\."):
        send(MAIL, MailServer("localhost", inbox.port, "none"))
    assert [letter.recipients for letter in inbox.letters] == [["it@x.org"]]


def test_nobody_listening_is_explained() -> None:
    with running_inbox() as inbox:
        port = inbox.port
    with pytest.raises(MailError, match="took no mail: Connection refused"):
        send(MAIL, MailServer("127.0.0.1", port, "none"))


def test_a_line_break_never_becomes_a_header() -> None:
    mail = Mail("heapscim@x.org", ("it@x.org",), "Import\r\nBcc: eve@x.org", ("text",))
    with running_inbox() as inbox, pytest.raises(MailError, match="took no mail"):
        send(mail, MailServer("localhost", inbox.port, "none"))
    assert inbox.letters == []


@contextmanager
def a_server_that_drips() -> Iterator[int]:
    """Begins a greeting and goes on with it, a byte at a time, for as long as anybody listens; answers its port."""

    def drip() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                while not over.wait(0.02):
                    connection.sendall(b"2")

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            over.set()
            thread.join()


def test_a_mail_that_gets_through_in_time_is_all_there_is_to_it() -> None:
    with running_inbox() as inbox:
        asyncio.run(send_in_time(MAIL, MailServer("127.0.0.1", inbox.port, "none")))
    assert len(inbox.letters) == 1


def test_what_keeps_a_mail_from_being_sent_is_told() -> None:
    server = MailServer("mail.example", 25, "none", USERNAME, SecretStr(PASSWORD))
    with pytest.raises(MailError, match="would go over an open line"):
        asyncio.run(send_in_time(MAIL, server))


def test_a_server_that_drips_holds_nobody_up() -> None:
    begun = time.monotonic()
    with a_server_that_drips() as port, pytest.raises(MailError, match=r"didn't take the mail within 0\.2 s"):
        asyncio.run(send_in_time(MAIL, MailServer("127.0.0.1", port, "none"), 0.2))
    assert time.monotonic() - begun < PATIENCE


def test_who_stops_a_mail_waits_for_no_server() -> None:
    async def stopped(port: int) -> None:
        sending = asyncio.create_task(send_in_time(MAIL, MailServer("127.0.0.1", port, "none"), 2 * PATIENCE))
        await asyncio.sleep(0.1)
        sending.cancel()
        await asyncio.wait({sending})
        assert sending.cancelled()

    begun = time.monotonic()
    with a_server_that_drips() as port:
        asyncio.run(stopped(port))
    assert time.monotonic() - begun < PATIENCE
