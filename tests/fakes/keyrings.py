"""Keyrings that go wrong in their own ways."""

import threading

import keyring.backend
import keyring.errors

from tests.conftest import MemoryKeyring


class PlaintextKeyring(MemoryKeyring):
    """As ``keyrings.alt`` has one: it works, and everybody can read along."""


class LockedKeyring(MemoryKeyring):
    """A keyring that nobody unlocks."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - a backend's signature
        raise keyring.errors.KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - a backend's signature
        raise keyring.errors.KeyringLocked(f"locked, so {password} wasn't kept")


class BrokenKeyring(MemoryKeyring):
    """A backend that raises what it likes, with the secret in it."""

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - a backend's signature
        raise RuntimeError(f"no room for {password}")


class ForgetfulKeyring(MemoryKeyring):
    """A keyring that takes a secret and gives back another."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:3])


class FailingKeyring(MemoryKeyring):
    """A backend that raises the same error at every call."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - a backend's signature
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - a backend's signature
        raise self.error

    def delete_password(self, service: str, username: str) -> None:  # noqa: ARG002 - a backend's signature
        raise self.error


class SilentKeyring(MemoryKeyring):
    """A keyring that waits for a user who isn't there, until it may answer."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.may_answer.wait()
        return super().get_password(service, username)
