"""Keeps secrets in the system's keyring: every call ends within a bounded time. The only importer of keyring."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias, TypeVar

from heapscim.errors import CredentialError, KeyringMissing
from heapscim.model.secret import SecretStr

T = TypeVar("T")
Wait: TypeAlias = Callable[[threading.Event, float], bool]
"""Waits for an event for so many seconds at most; returns whether it came."""

SERVICE = "heapscim"
_STEP = 0.2
"""Seconds. Windows hears Ctrl-C only between two waits."""
_SILENCE = 2.0
"""Seconds after which a user is told what the command waits for."""
_LONGEST_ON_WINDOWS = 1_280
"""Characters: the Credential Manager stores 2,560 bytes of UTF-16 (CRED_MAX_CREDENTIAL_BLOB_SIZE)."""
_WAITING = "Waiting for the keyring …; it may be asking you to unlock it."
_TRIAL = "heapscim checks that this keyring can store a secret"
_UNLOCK = "Unlock it and try again. "
_REASONS = {
    "KeyringLocked": ("The keyring is locked.", _UNLOCK),
    "InitError": ("The keyring can't be opened: it isn't unlocked, or the question about it was dismissed.", _UNLOCK),
    "PromptDismissedException": ("The keyring's question was dismissed.", _UNLOCK),
    "ModuleNotFoundError": ("The keyring can't be loaded.", "Check PYTHON_KEYRING_BACKEND and keyringrc.cfg. "),
    "ImportError": ("The keyring can't be loaded.", "Check PYTHON_KEYRING_BACKEND and keyringrc.cfg. "),
    "SecretServiceNotAvailableException": ("The keyring can't be reached over D-Bus.", ""),
}
"""What each exception of keyring and its backends means, and the first step. Any other is named."""


@dataclass(frozen=True, slots=True)
class KeyringAccount:
    """Names one secret in the keyring, and the way without a keyring."""

    name: str
    noun: str
    """What the secret is: ``token``, ``key``, ``password``."""
    instead: str
    """What to do if there is no keyring: ``Set HEAPSCIM_TOKEN``."""

    @property
    def hint(self) -> str:
        """Returns the way without a keyring, and the way to one."""
        return (
            f"{self.instead} instead, or start a keyring (on a server without a desktop: "
            "`dbus-run-session` with gnome-keyring-daemon)."
        )


class _Backend(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(slots=True)
class _Call(Generic[T]):
    """Carries what one call to the keyring returned or raised out of its thread."""

    over: threading.Event = field(default_factory=threading.Event)
    returned: list[T] = field(default_factory=list)
    raised: BaseException | None = None


class SystemKeyring:
    """Reads, stores and deletes secrets. Each failure is a CredentialError that doesn't hold the secret."""

    def __init__(
        self,
        wait: Wait,
        tell: Callable[[str], None],
        *,
        longest: float,
        stoppable: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """Takes what it waits with, for how many seconds at most, and what lets a signal end a wait."""
        self._wait = wait
        self._tell = tell
        self._longest = longest
        self._stoppable = stoppable
        self._is_silent = False

    def get(self, account: KeyringAccount) -> str | None:
        """Returns a secret or None; an empty one, which earlier versions stored, counts as none."""
        found: object = self._call(account, lambda backend: backend.get_password(SERVICE, account.name))
        return found if isinstance(found, str) and found else None

    def answers(self, account: KeyringAccount) -> str:
        """Looks up a secret, only to see whether the keyring is there and unlocked; returns the keyring's name."""

        def name(backend: _Backend) -> str:
            backend.get_password(SERVICE, account.name)
            return str(getattr(backend, "name", "") or type(backend).__name__)

        return self._call(account, name)

    def delete(self, account: KeyringAccount) -> bool:
        """Deletes a secret; reports whether there was one."""

        def delete(backend: _Backend) -> bool:
            if backend.get_password(SERVICE, account.name) is None:
                return False
            backend.delete_password(SERVICE, account.name)
            return True

        return self._call(account, delete)

    def store(self, account: KeyringAccount, secret: SecretStr) -> None:
        """Stores a secret and reads it back; raises CredentialError if that fails."""
        text = secret.get_secret_value()
        if not text.strip():
            raise CredentialError("The secret is empty, so it isn't kept.", hint="Enter it again.")

        def store(backend: _Backend) -> str | None:
            _check_length(backend, account, text)
            backend.set_password(SERVICE, account.name, text)
            return backend.get_password(SERVICE, account.name)

        try:
            kept = self._call(account, store)
        except CredentialError:
            if sys.platform == "win32" and len(text) > _LONGEST_ON_WINDOWS:  # in whatever backend
                raise _too_long(account, text) from None
            raise
        if kept != text:
            raise CredentialError(f"The keyring accepted the {account.noun}, but doesn't return it.", hint=account.hint)

    @contextmanager
    def keeping(self, account: KeyringAccount, secret: SecretStr) -> Iterator[None]:
        """Stores a secret for good if the block succeeds; otherwise leaves the keyring as it was."""
        before = self.get(account)
        try:
            self.store(account, secret)
            yield
        except BaseException:
            if before is None:
                self.delete(account)
            else:
                self.store(account, SecretStr(before))
            raise

    def check_can_store(self, account: KeyringAccount) -> None:
        """Raises CredentialError if nothing can be stored. Call it before a user is asked for a secret."""
        # Reading proves too little: a locked macOS keychain without a screen says that it holds nothing.
        trial = KeyringAccount(f"{account.name}:trial", account.noun, account.instead)
        try:
            self.store(trial, SecretStr(_TRIAL))
        finally:
            with suppress(CredentialError):  # what stays behind is no secret
                self.delete(trial)

    def check_length(self, account: KeyringAccount, secret: SecretStr) -> None:
        """Raises CredentialError if a secret is too long for this keyring."""
        self._call(account, lambda backend: _check_length(backend, account, secret.get_secret_value()))

    def _call(self, account: KeyringAccount, work: Callable[[_Backend], T]) -> T:
        """Does the work in a thread that can't hold the process, since a keyring may wait for ever for a user."""
        call: _Call[T] = _Call()

        def run() -> None:
            try:
                call.returned.append(work(_safe_backend(account)))
            except BaseException as error:  # noqa: BLE001 - backends raise whatever they like
                call.raised = error
            finally:
                call.over.set()

        if not self._is_silent:
            threading.Thread(target=run, name="keyring", daemon=True).start()
            with self._stoppable():
                self._is_silent = not self._ends(call.over)
        if self._is_silent:
            raise CredentialError(
                f"The keyring gave no answer within {self._longest:.0f} seconds.",
                hint=f"It may wait to be unlocked. Where nobody can do that, such as in cron: {account.instead}.",
            )
        if call.raised is not None:
            raise _explained(call.raised, account) from None
        return call.returned[0]

    def _ends(self, over: threading.Event) -> bool:
        """Waits for the end of a call; reports whether it came in time."""
        steps, quiet_steps = round(self._longest / _STEP), round(_SILENCE / _STEP)
        for step in range(steps):
            if step == quiet_steps:
                self._tell(_WAITING)
            if self._wait(over, _STEP):
                return True
        return over.is_set()


def _safe_backend(account: KeyringAccount) -> _Backend:
    """Returns the keyring; raises KeyringMissing if there is none, or only one that keeps secrets in plain text."""
    import keyring

    backend: _Backend | None = keyring.get_keyring()
    members = getattr(backend, "backends", None)  # a chain stores in the first of several keyrings that can
    if isinstance(members, list) and not all(map(_is_safe, members or [None])):
        backend = next(filter(_is_safe, members), None)
    if backend is None or not _is_safe(backend):
        raise KeyringMissing("There is no keyring that keeps a secret safely.", hint=account.hint)
    return backend


def _is_safe(backend: object) -> bool:
    name = f"{type(backend).__module__}.{type(backend).__name__}"
    priority = float(getattr(backend, "priority", 0))
    return priority > 0 and "plaintext" not in name.casefold() and not name.startswith("keyrings.alt")


def _check_length(backend: object, account: KeyringAccount, text: str) -> None:
    if type(backend).__module__ == "keyring.backends.Windows" and len(text) > _LONGEST_ON_WINDOWS:
        raise _too_long(account, text)


def _too_long(account: KeyringAccount, text: str) -> CredentialError:
    return CredentialError(
        f"The {account.noun} is too long for Windows: it has {len(text):,} characters, and the Credential Manager "
        f"stores {_LONGEST_ON_WINDOWS:,} at most.",
        hint=f"{account.instead} instead.",
    )


def _explained(error: BaseException, account: KeyringAccount) -> CredentialError:
    """Returns an error of keyring or of a backend in plain words, without the secret that it may hold."""
    if isinstance(error, CredentialError):
        return error
    name = type(error).__name__
    message, first = _REASONS.get(name, (f"The keyring can't be used ({name}).", ""))
    # A keyring that is only locked need not be started.
    way = f"{account.instead} instead." if first == _UNLOCK else account.hint
    instead = f"{first}Or {way[0].lower()}{way[1:]}" if first else way
    return CredentialError(message, hint=instead)
