"""Checks what is on this machine: versions, files, keyring and token. Sends nothing."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim import __version__
from heapscim.config.credentials import FoundSecret
from heapscim.config.private_files import check_owned, check_private
from heapscim.errors import CredentialError, HeapscimError, KeyringMissing, SettingsError
from heapscim.model.phrases import listed, reason_of
from heapscim.workflows.context import Context
from heapscim.workflows.ends import TOKEN, Calendar, end_of
from heapscim.workflows.exit_codes import ERROR
from heapscim.workflows.findings import Finding

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

_LIBRARIES = ("httpx", "httptools", "keyring", "pydantic", "rich", "typer")
_SANDBOX = ("starlette", "uvicorn")


def versions() -> Iterator[Finding]:
    """Yields which heapscim, Python, system and libraries these are; fails if a library isn't installed properly."""
    system = f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}"
    found = {name: _version_of(name) for name in (*_LIBRARIES, *_SANDBOX)}
    words = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    extra = "" if all(found[name] for name in _SANDBOX) else "; without the extra sandbox"
    said = f"heapscim {__version__}, {system}, {words}{extra}"
    if missing := [name for name in _LIBRARIES if found[name] is None]:
        step = "Install heapscim again: `pip install --force-reinstall heapscim`, or as it was installed before."
        yield Finding("versions", "fail", f"{listed(missing)} not installed properly\n{said}", step, ERROR)
    else:
        yield Finding("versions", "pass", said)


def files(context: Context) -> Iterator[Finding]:
    """Yields whether others may read the settings and the ledger, or own them."""
    found = (context.settings_file, *context.ledger.files())
    places = list(dict.fromkeys((*(file.parent for file in found), *found)))
    faults = [*_refusals(check_private, places), *_refusals(check_owned, places)]
    if not faults:
        yield Finding("files", "pass", "only you may read settings, state and ledger")
        return
    said, steps = "\n".join(error.message for error in faults), "; ".join(str(error.hint) for error in faults)
    yield Finding("files", "fail", said, steps, ERROR)


def keyring(context: Context, token: FoundSecret | HeapscimError) -> Iterator[Finding]:
    """Yields whether there is a keyring and it answers; one that doesn't is worth a warning if it may be needed."""
    try:
        name = context.credentials.keyring.answers(context.credentials.token_account)
    except CredentialError as error:
        needed = not isinstance(token, FoundSecret) or token.source == "keyring"
        if needed:
            yield Finding("keyring", "warn", error.message, error.hint or "")
        elif isinstance(error, KeyringMissing):
            yield Finding("keyring", "pass", "there is none here, and the token needs none")
        else:
            yield Finding("keyring", "pass", f"{error.message} The token needs none.")
    else:
        yield Finding("keyring", "pass", f"{name} answers")


def token_source(token: FoundSecret | HeapscimError, profile: Profile | None, calendar: Calendar) -> Iterator[Finding]:
    """Yields where the token comes from and when it ends, or why there is none."""
    if isinstance(token, HeapscimError):
        yield Finding.failed("token", token)
    else:
        yield calendar.finding("token", f"from {token.place or token.source}", end_of(token.secret, profile, TOKEN))


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _refusals(check: Callable[[Path], None], places: Iterable[Path]) -> Iterator[SettingsError]:
    for path in places:
        try:
            check(path)
        except SettingsError as error:
            yield error
        except OSError as error:
            message = f"{path} can't be looked at: {reason_of(error)}."
            yield SettingsError(message, hint="Check the permissions of the folders above it.")
