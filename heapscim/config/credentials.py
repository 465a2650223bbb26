"""Tokens and keys: where they come from and where they are kept. The only importer of keyring."""

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
    """A token and where it was found."""

    secret: SecretStr
    source: Source


def checked_token(text: str) -> SecretStr:
    """A token as pasted, without the word Bearer; raises UsageError where it can't be one."""
    leave_no_core()
    token = _BEARER.sub("", text.strip())
    if not token:
        raise UsageError("The token is empty.", hint="Copy the Bearer Token from Heap's account settings.")
    if any(not "!" <= char <= "~" for char in token):
        raise UsageError("The token holds white space or characters no token has.", hint="Copy it again, on one line.")
    return SecretStr(token)


def checked_secret(text: str) -> SecretStr:
    """A directory's key as pasted; raises UsageError where it can't be one."""
    secret = text.strip()
    if not secret or any(not "!" <= char <= "~" for char in secret):
        raise UsageError("The key is empty or holds white space.", hint="Copy it again, on one line.")
    return SecretStr(secret)


def read_token(profile: str, environ: Mapping[str, str]) -> Token:
    """The profile's token: HEAPSCIM_TOKEN, then a systemd credential, then the keyring.

    The credential is called ``heapscim.PROFILE``, or ``heapscim``. Raises TokenMissing where none has it.
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
    """The token that the environment gives, before any keyring is asked; None where it gives none."""
    if text := environ.get(VARIABLE):
        return Token(checked_token(text), "HEAPSCIM_TOKEN")
    if text := _systemd_credential(profile, environ) or _systemd_credential("", environ):
        return Token(checked_token(text), "systemd credential")
    return None


@dataclass(frozen=True, slots=True)
class Secret:
    """A directory's secret and where it was found."""

    secret: SecretStr
    source: str


def read_secret(profile: str, account: str, variables: Sequence[str], environ: Mapping[str, str]) -> Secret | None:
    """A secret besides the token: environment, systemd credential ``heapscim.PROFILE.ACCOUNT``, keyring; None in none.

    Several variables are one secret: all are needed, and a colon joins their values.
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
    """Takes a secret besides the token out of the keyring; answers whether there was one."""
    return forget_token(f"{profile}:{account}")


@contextmanager
def keeping(profile: str, token: SecretStr) -> Iterator[None]:
    """Stores the token for good once the block ends well; else the keyring is left as it was."""
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
    """The mail server's password, exactly as given: HEAPSCIM_SMTP_PASSWORD, then the keyring; None in neither."""
    leave_no_core()
    if text := environ.get(SMTP_VARIABLE):
        return SecretStr(text)
    kept = _kept(f"{profile}:{SMTP_ACCOUNT}")
    return None if kept is None else SecretStr(kept)


def store_token(profile: str, token: SecretStr) -> None:
    """Puts the token into the keyring and reads it back; raises CredentialError where that can't be done."""
    if not token.get_secret_value().strip():
        raise CredentialError("The secret is empty, so it isn't kept.", hint="Give it again.")
    with _keyring_errors():
        backend = _usable()
        backend.set_password(SERVICE, profile, token.get_secret_value())
        kept = backend.get_password(SERVICE, profile)
    if kept != token.get_secret_value():
        raise CredentialError("The keyring took the token and didn't give it back.", hint=_NO_KEYRING)


def forget_token(profile: str) -> bool:
    """Takes the token out of the keyring; answers whether there was one."""
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
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise CredentialError(
            f"The systemd credential {path} can't be read: {why}.", hint="Check LoadCredential= of the unit."
        ) from None


class _Backend(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def _usable() -> _Backend:
    """The keyring, unless there is none, or one that keeps secrets in plain sight."""
    import keyring

    backend: _Backend = keyring.get_keyring()
    name = f"{type(backend).__module__}.{type(backend).__name__}"
    if float(getattr(backend, "priority", 0)) <= 0 or "plaintext" in name.casefold() or name.startswith("keyrings.alt"):
        raise KeyringMissing("There is no keyring that keeps a secret safely.", hint=_NO_KEYRING)
    return backend


@contextmanager
def _keyring_errors() -> Iterator[None]:
    """Turns what keyring and its backends raise into CredentialError, without the secret."""
    try:
        yield
    except CredentialError:
        raise
    except Exception as error:  # noqa: BLE001 - backends raise whatever they like
        name = type(error).__name__
        if name == "KeyringLocked":
            raise CredentialError("The keyring is locked.", hint="Unlock it and try again; or " + _NO_KEYRING) from None
        raise CredentialError(f"The keyring can't be used ({name}).", hint=_NO_KEYRING) from None
