"""Reads, stores and deletes tokens and keys. The only importer of keyring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from pydantic import SecretStr

from heapscim.config.core_files import leave_no_core
from heapscim.errors import CredentialError, KeyringMissing, TokenMissing, UsageError
from heapscim.model.phrases import reason_of

SERVICE = "heapscim"
VARIABLE = "HEAPSCIM_TOKEN"
SMTP_VARIABLE = "HEAPSCIM_SMTP_PASSWORD"
SMTP_ACCOUNT = "smtp"
Source: TypeAlias = Literal["HEAPSCIM_TOKEN", "systemd credential", "keyring"]

_BEARER = re.compile(r"\Abearer(\s+|$)", re.IGNORECASE)
_NO_KEYRING = (
    "Set HEAPSCIM_TOKEN instead, or start a keyring (on a server without a desktop: "
    "`dbus-run-session` with gnome-keyring-daemon)."
)


@dataclass(frozen=True, slots=True)
class Token:
    """Holds a token and where it was found."""

    secret: SecretStr
    source: Source


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


def read_token(profile: str, environ: Mapping[str, str]) -> Token:
    """Returns the profile's token, from HEAPSCIM_TOKEN, a systemd credential or the keyring, in this order.

    The credential is called ``heapscim.PROFILE`` or ``heapscim``. Raises TokenMissing if there is no token.
    """
    leave_no_core()
    if given := given_token(profile, environ):
        return given
    text = _kept(profile)
    if text is None:
        raise TokenMissing(
            f"There is no token for profile {profile}.",
            hint="Run `heapscim activate`, or set HEAPSCIM_TOKEN.",
        )
    return Token(checked_token(text), "keyring")


def given_token(profile: str, environ: Mapping[str, str]) -> Token | None:
    """Returns the token that the environment gives, without a look into the keyring; None if it gives none."""
    if text := environ.get(VARIABLE):
        return Token(checked_token(text), "HEAPSCIM_TOKEN")
    if text := _systemd_credential(profile, environ) or _systemd_credential("", environ):
        return Token(checked_token(text), "systemd credential")
    return None


@dataclass(frozen=True, slots=True)
class Secret:
    """Holds a directory's secret and where it was found."""

    secret: SecretStr
    source: str


def read_secret(profile: str, account: str, variables: Sequence[str], environ: Mapping[str, str]) -> Secret | None:
    """Returns another secret, from the environment, a systemd credential or the keyring; None if none has it.

    The credential is called ``heapscim.PROFILE.ACCOUNT``. Several variables make one secret: all are needed, and a
    colon joins their values.
    """
    leave_no_core()
    values = [environ.get(variable, "") for variable in variables]
    if values and all(values):  # a place may have no variables at all
        return Secret(checked_secret(":".join(values)), "environment")
    if text := _systemd_credential(f"{profile}.{account}", environ):
        return Secret(checked_secret(text), "systemd credential")
    text = _kept(f"{profile}:{account}")
    return None if text is None else Secret(checked_secret(text), "keyring")


def forget_secret(profile: str, account: str) -> bool:
    """Deletes another secret from the keyring; reports whether there was one."""
    return forget_token(f"{profile}:{account}")


@contextmanager
def keeping(profile: str, token: SecretStr) -> Iterator[None]:
    """Stores the token for good if the block succeeds; otherwise leaves the keyring as it was."""
    before = _kept(profile)
    try:
        store_token(profile, token)
        yield
    except BaseException:
        if before is None:
            forget_token(profile)
        else:
            store_token(profile, SecretStr(before))
        raise


def read_smtp_password(profile: str, environ: Mapping[str, str]) -> SecretStr | None:
    """Returns the mail server's password exactly as given, from HEAPSCIM_SMTP_PASSWORD or the keyring, or None."""
    leave_no_core()
    if text := environ.get(SMTP_VARIABLE):
        return SecretStr(text)
    kept = _kept(f"{profile}:{SMTP_ACCOUNT}")
    return None if kept is None else SecretStr(kept)


def store_token(profile: str, token: SecretStr) -> None:
    """Puts the token into the keyring and reads it back; raises CredentialError if that fails."""
    if not token.get_secret_value().strip():
        raise CredentialError("The secret is empty, so it isn't kept.", hint="Enter it again.")
    with _keyring_errors():
        backend = _usable()
        backend.set_password(SERVICE, profile, token.get_secret_value())
        kept = backend.get_password(SERVICE, profile)
    if kept != token.get_secret_value():
        raise CredentialError("The keyring accepted the token, but doesn't return it.", hint=_NO_KEYRING)


def forget_token(profile: str) -> bool:
    """Deletes the token from the keyring; reports whether there was one."""
    with _keyring_errors():
        backend = _usable()
        if backend.get_password(SERVICE, profile) is None:
            return False
        backend.delete_password(SERVICE, profile)
    return True


def _kept(account: str) -> str | None:
    """Returns a secret from the keyring; an empty one, which earlier versions stored, counts as none."""
    with _keyring_errors():
        return _usable().get_password(SERVICE, account) or None


def _systemd_credential(name: str, environ: Mapping[str, str]) -> str | None:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    path = Path(folder) / (f"heapscim.{name}" if name else "heapscim")
    try:
        return path.read_text("utf-8") if path.is_file() else None
    except (OSError, ValueError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "it isn't UTF-8 text"
        raise CredentialError(
            f"The systemd credential {path} can't be read: {why}.", hint="Check LoadCredential= of the unit."
        ) from None


class _Backend(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def _usable() -> _Backend:
    """Returns the keyring; raises KeyringMissing if there is none, or only one that keeps secrets in plain text."""
    import keyring

    backend: _Backend = keyring.get_keyring()
    name = f"{type(backend).__module__}.{type(backend).__name__}"
    if float(getattr(backend, "priority", 0)) <= 0 or "plaintext" in name.casefold() or name.startswith("keyrings.alt"):
        raise KeyringMissing("There is no keyring that keeps a secret safely.", hint=_NO_KEYRING)
    return backend


@contextmanager
def _keyring_errors() -> Iterator[None]:
    """Turns the errors of keyring and its backends into CredentialError, without the secret."""
    try:
        yield
    except CredentialError:
        raise
    except Exception as error:  # noqa: BLE001 - backends raise whatever they like
        name = type(error).__name__
        if name == "KeyringLocked":
            raise CredentialError("The keyring is locked.", hint="Unlock it and try again; or " + _NO_KEYRING) from None
        raise CredentialError(f"The keyring can't be used ({name}).", hint=_NO_KEYRING) from None
