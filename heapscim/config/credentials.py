"""Finds tokens, keys and passwords: in the environment, in systemd's credentials, then in the keyring."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from heapscim.config.core_files import leave_no_core
from heapscim.config.ledger_url import PASSWORD_VARIABLE
from heapscim.config.system_keyring import KeyringAccount, SystemKeyring
from heapscim.errors import CredentialError, KeyringMissing, TokenMissing, UsageError
from heapscim.model.base_url import is_loopback
from heapscim.model.phrases import reason_of
from heapscim.model.secret import SecretStr

VARIABLE = "HEAPSCIM_TOKEN"
SMTP_VARIABLE = "HEAPSCIM_SMTP_PASSWORD"
WEBHOOK_VARIABLE = "HEAPSCIM_WEBHOOK_URL"
Source: TypeAlias = Literal["HEAPSCIM_TOKEN", "environment", "systemd credential", "keyring"]

_BEARER = re.compile(r"\Abearer(\s+|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """Holds a secret and where it was found."""

    secret: SecretStr
    source: Source
    place: str = ""
    """The same in words, for messages: ``the systemd credential heapscim.prod``. Empty if it was just entered."""

    @property
    def short_place(self) -> str:
        """Returns the place for a table: ``systemd credential heapscim.prod``."""
        return self.place.removeprefix("the ") or self.source


def checked_token(text: str) -> SecretStr:
    """Returns a pasted token without the word Bearer; raises UsageError if it can't be a token."""
    leave_no_core()
    token = _BEARER.sub("", text.strip())
    if not token:
        raise UsageError("The token is empty.", hint="Copy the Bearer Token from Heap's account settings.")
    if any(not "!" <= char <= "~" for char in token):
        raise UsageError(
            "The token contains white space or characters that no token has.", hint="Copy it again, on one line."
        )
    return SecretStr(token)


def checked_secret(text: str) -> SecretStr:
    """Returns a directory's pasted key; raises UsageError if it can't be a key."""
    secret = text.strip()
    if not secret or any(not "!" <= char <= "~" for char in secret):
        raise UsageError("The key is empty or contains white space.", hint="Copy it again, on one line.")
    return SecretStr(secret)


def checked_webhook_url(text: str) -> SecretStr:
    """Returns a webhook's URL, which must be https, or http to this machine; raises UsageError, without the URL."""
    leave_no_core()
    url = text.strip()
    try:
        parts = urlsplit(url)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host = "", None
    if any(not "!" <= char <= "~" for char in url) or scheme not in ("http", "https") or not host:
        raise UsageError("The URL of the webhook isn't an https URL.", hint="Copy it again, on one line.")
    if scheme == "http" and not is_loopback(host):
        raise UsageError(
            "The URL of the webhook begins with http: it would travel unprotected.", hint="Copy the one with https."
        )
    return SecretStr(url)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Finds the secrets of one profile."""

    profile: str
    environ: Mapping[str, str]
    keyring: SystemKeyring

    @property
    def token_account(self) -> KeyringAccount:
        """Returns the place of the token in the keyring."""
        return KeyringAccount(self.profile, "token", f"Set {VARIABLE}")

    @property
    def smtp_account(self) -> KeyringAccount:
        """Returns the place of the mail server's password in the keyring."""
        return KeyringAccount(f"{self.profile}:smtp", "password", f"Set {SMTP_VARIABLE}")

    @property
    def ledger_account(self) -> KeyringAccount:
        """Returns the place of the password of a shared ledger in the keyring."""
        return KeyringAccount(f"{self.profile}:ledger", "password", f"Set {PASSWORD_VARIABLE}")

    @property
    def webhook_account(self) -> KeyringAccount:
        """Returns the place of the webhook's URL in the keyring."""
        return KeyringAccount(f"{self.profile}:webhook", "URL", f"Set {WEBHOOK_VARIABLE}")

    def secret_account(self, account: str, variables: Sequence[str]) -> KeyringAccount:
        """Returns the place of a directory's secret in the keyring."""
        credential = f"Load the systemd credential heapscim.{self.profile}.{account}"
        instead = f"Set {' and '.join(variables)}" if variables else credential
        return KeyringAccount(f"{self.profile}:{account}", "key", instead)

    def token(self) -> FoundSecret:
        """Returns the profile's token, from HEAPSCIM_TOKEN, a systemd credential or the keyring, in this order.

        The credential is called ``heapscim.PROFILE`` or ``heapscim``. Raises TokenMissing if there is no token.
        """
        leave_no_core()
        if given := self.given_token():
            return given
        missing = f"There is no token for profile {self.profile}"
        try:
            text = self.keyring.get(self.token_account)
        except KeyringMissing as error:
            where = f"{VARIABLE} isn't set, and there is no keyring that keeps a secret safely"
            raise TokenMissing(f"{missing}: {where}.", hint=error.hint) from error
        if text is None:
            raise TokenMissing(
                f"{missing}.",
                hint="Run `heapscim activate`, or set HEAPSCIM_TOKEN.",
            )
        return FoundSecret(checked_token(text), "keyring", "the keyring")

    def given_token(self) -> FoundSecret | None:
        """Returns the token that the environment gives, without a look into the keyring; None if it gives none."""
        if text := self.environ.get(VARIABLE):
            return FoundSecret(checked_token(text), "HEAPSCIM_TOKEN", VARIABLE)
        for name in (f"heapscim.{self.profile}", "heapscim"):
            if text := self._systemd_credential(name):
                return FoundSecret(checked_token(text), "systemd credential", f"the systemd credential {name}")
        return None

    def secret(self, account: str, variables: Sequence[str]) -> FoundSecret | None:
        """Returns another secret, from the environment, a systemd credential or the keyring; None if none has it.

        The credential is called ``heapscim.PROFILE.ACCOUNT``. Several variables make one secret: all are needed, and a
        colon joins their values.
        """
        leave_no_core()
        values = [self.environ.get(variable, "") for variable in variables]
        if values and all(values):  # a place may have no variables at all
            return FoundSecret(checked_secret(":".join(values)), "environment", " and ".join(variables))
        name = f"heapscim.{self.profile}.{account}"
        if text := self._systemd_credential(name):
            return FoundSecret(checked_secret(text), "systemd credential", f"the systemd credential {name}")
        text = self.keyring.get(self.secret_account(account, variables))
        return None if text is None else FoundSecret(checked_secret(text), "keyring", "the keyring")

    def smtp_password(self) -> SecretStr | None:
        """Returns the mail server's password exactly as given, or None.

        It is in HEAPSCIM_SMTP_PASSWORD, the systemd credential ``heapscim.PROFILE.smtp``, or the keyring.
        """
        text = self._of_messages(SMTP_VARIABLE, "smtp", self.smtp_account)
        return SecretStr(text) if text else None

    def given_ledger_password(self) -> SecretStr | None:
        """Returns the password of a shared ledger as the environment gives it, exactly; None if it gives none."""
        leave_no_core()
        text = self.environ.get(PASSWORD_VARIABLE) or self._systemd_credential(f"heapscim.{self.profile}.ledger")
        return SecretStr(text.rstrip("\r\n")) if text else None

    def kept_ledger_password(self) -> SecretStr | None:
        """Returns the password of a shared ledger from the keyring; None if it isn't there, or there is no keyring."""
        try:
            text = self.keyring.get(self.ledger_account)
        except KeyringMissing:
            return None
        return SecretStr(text) if text else None

    def webhook_url(self) -> SecretStr | None:
        """Returns the webhook's URL, or None; raises UsageError if it can't be one.

        It is in HEAPSCIM_WEBHOOK_URL, the systemd credential ``heapscim.PROFILE.webhook``, or the keyring.
        """
        text = self._of_messages(WEBHOOK_VARIABLE, "webhook", self.webhook_account)
        return checked_webhook_url(text) if text else None

    def _of_messages(self, variable: str, account: str, place: KeyringAccount) -> str | None:
        """Returns a secret that only messages need, from the environment, a systemd credential or the keyring."""
        leave_no_core()
        if text := self.environ.get(variable):
            return text
        text = self._systemd_credential(f"heapscim.{self.profile}.{account}")
        return text.rstrip("\r\n") if text else self.keyring.get(place)

    def _systemd_credential(self, name: str) -> str | None:
        folder = self.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            return None
        path = Path(folder) / name
        try:
            return path.read_text("utf-8") if path.is_file() else None
        except (OSError, ValueError) as error:
            why = reason_of(error) if isinstance(error, OSError) else "it isn't UTF-8 text"
            raise CredentialError(
                f"The systemd credential {path} can't be read: {why}.", hint="Check LoadCredential= of the unit."
            ) from None
