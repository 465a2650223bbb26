"""Mails lines of text as the settings of a profile say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapscim.errors import MailError
from heapscim.model.secret import SecretStr
from heapscim.output.mail import Mail, MailServer, send_in_time

if TYPE_CHECKING:
    from heapscim.config.profile import NotifySettings

NO_PASSWORD = "There is no password for the mail server: set HEAPSCIM_SMTP_PASSWORD."  # noqa: S105 - says that it is missing


@dataclass(frozen=True, slots=True)
class Mailing:
    """Holds where mail goes, and the mail server's password."""

    settings: NotifySettings
    password: SecretStr | None
    trouble: str | None = None
    """Why there is no password."""

    @property
    def who(self) -> str:
        """Returns the recipients, for messages."""
        return ", ".join(self.settings.recipients)

    async def send(self, subject: str, lines: Iterable[str]) -> None:
        """Sends one mail; raises MailError unless every recipient is accepted."""
        settings = self.settings
        if (
            settings.smtp_host is None or settings.sender is None
        ):  # the settings themselves refuse one without the other
            raise MailError("The profile names no mail server.", hint="Set smtp_host and sender in [notify].")
        mail = Mail(settings.sender, settings.recipients, subject, tuple(lines))
        server = MailServer(settings.smtp_host, settings.port, settings.tls, settings.username, self.password)
        await send_in_time(mail, server)
