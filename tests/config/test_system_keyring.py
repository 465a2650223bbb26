"""Keyrings that fail or don't answer: explained, in a bounded time, and without the secret."""

import sys
import threading
import traceback
from collections.abc import Callable

import keyring
import keyring.errors
import pytest

from heapscim.config.system_keyring import KeyringAccount, SystemKeyring
from heapscim.errors import CredentialError, KeyringMissing
from heapscim.model.secret import SecretStr
from tests.conftest import MemoryKeyring
from tests.fakes.keyrings import BrokenKeyring, FailingKeyring, PlaintextKeyring, SilentKeyring

ACCOUNT = KeyringAccount("prod", "token", "Set HEAPSCIM_TOKEN")
SECRET = SecretStr("s3cret")
LONG = SecretStr("x" * 1_281)

pytestmark = pytest.mark.usefixtures("memory_keyring")


def a_keyring(told: list[str] | None = None, longest: float = 60.0) -> SystemKeyring:
    return SystemKeyring(threading.Event.wait, ([] if told is None else told).append, longest=longest)


class StoppedClock:
    """Lets no time pass: each wait ends at once, and is counted."""

    def __init__(self) -> None:
        self.waited = 0.0

    def __call__(self, event: threading.Event, seconds: float) -> bool:
        self.waited += seconds
        return event.is_set()


def test_a_keyring_that_never_answers_is_named_after_two_seconds_and_given_up_later() -> None:
    silent = SilentKeyring()
    keyring.set_keyring(silent)
    clock = StoppedClock()
    told: list[tuple[float, str]] = []
    ours = SystemKeyring(clock, lambda text: told.append((round(clock.waited), text)), longest=20.0)
    with pytest.raises(CredentialError, match="The keyring gave no answer within 20 seconds") as caught:
        ours.get(ACCOUNT)
    assert told == [(2, "Waiting for the keyring …; it may be asking you to unlock it.")]
    assert caught.value.hint is not None
    assert "such as in cron: Set HEAPSCIM_TOKEN." in caught.value.hint
    assert round(clock.waited) == 20
    with pytest.raises(CredentialError, match="gave no answer"):
        ours.delete(ACCOUNT)
    assert (round(clock.waited), len(told)) == (20, 1), "nobody waits twice for the same keyring"
    silent.may_answer.set()


def test_a_keyring_that_answers_at_last_is_taken_at_its_word() -> None:
    silent = SilentKeyring()
    silent.kept["heapscim", "prod"] = "t0ken"
    keyring.set_keyring(silent)

    def wait(event: threading.Event, seconds: float) -> bool:
        return bool(told) and event.wait(seconds)

    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        silent.may_answer.set()

    assert SystemKeyring(wait, tell, longest=20.0).get(ACCOUNT) == "t0ken"
    assert len(told) == 1


@pytest.mark.parametrize(
    ("error", "words", "first"),
    [
        (keyring.errors.KeyringLocked("x"), "The keyring is locked.", "Unlock it and try again."),
        (keyring.errors.InitError("x"), "The keyring can't be opened: it isn't unlocked, or the qu", "Unlock it and"),
        (type("PromptDismissedException", (Exception,), {})(), "The keyring's question was dismissed.", "Unlock it"),
        (type("SecretServiceNotAvailableException", (Exception,), {})(), "The keyring can't be reached over D-B", ""),
        (ModuleNotFoundError("x"), "The keyring can't be loaded.", "Check PYTHON_KEYRING_BACKEND"),
        (OSError(5, "x"), "The keyring can't be used (OSError).", ""),
        (type("PanicException", (BaseException,), {})(), "The keyring can't be used (PanicException).", ""),
        (SystemExit(3), "The keyring can't be used (SystemExit).", ""),
        (KeyboardInterrupt(), "The keyring can't be used (KeyboardInterrupt).", ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_whatever_a_backend_raises_is_explained(error: BaseException, words: str, first: str) -> None:
    keyring.set_keyring(FailingKeyring(error))
    acts: tuple[Callable[[], object], ...] = (
        lambda: a_keyring().get(ACCOUNT),
        lambda: a_keyring().delete(ACCOUNT),
        lambda: a_keyring().store(ACCOUNT, SECRET),
        lambda: a_keyring().check_can_store(ACCOUNT),
    )
    for act in acts:
        with pytest.raises(CredentialError) as caught:
            act()
        hint = caught.value.hint or ""
        assert caught.value.message.startswith(words)
        assert hint.startswith(first)
        assert f"{'Or set' if first else 'Set'} HEAPSCIM_TOKEN instead" in hint
        assert ("or start a keyring" in hint) is not first.startswith("Unlock")
        assert SECRET.get_secret_value() not in "".join(traceback.format_exception(caught.value))


def test_a_check_leaves_nothing_behind(memory_keyring: MemoryKeyring) -> None:
    memory_keyring.kept["heapscim", "prod"] = "t0ken"
    a_keyring().check_can_store(ACCOUNT)
    assert memory_keyring.kept == {("heapscim", "prod"): "t0ken"}


def test_a_keyring_that_can_be_read_but_not_written_fails_the_check() -> None:
    keyring.set_keyring(BrokenKeyring())
    assert a_keyring().get(ACCOUNT) is None
    with pytest.raises(CredentialError, match="can't be used"):
        a_keyring().check_can_store(ACCOUNT)


@pytest.mark.parametrize("members", [[PlaintextKeyring()], []], ids=["plaintext", "none"])
def test_a_chain_without_a_safe_keyring_is_refused(members: list[MemoryKeyring]) -> None:
    keyring.set_keyring(a_chain(members))
    with pytest.raises(KeyringMissing):
        a_keyring().store(ACCOUNT, SecretStr("s3cret"))
    assert all(member.kept == {} for member in members)


def test_a_chain_stores_in_a_safe_keyring_alone() -> None:
    plain, safe = PlaintextKeyring(), MemoryKeyring()
    keyring.set_keyring(a_chain([plain, safe]))
    a_keyring().store(ACCOUNT, SecretStr("s3cret"))
    assert (plain.kept, safe.kept) == ({}, {("heapscim", "prod"): "s3cret"})


def a_chain(members: list[MemoryKeyring]) -> MemoryKeyring:
    """As keyring's ChainerBackend has them; it stores nothing of its own."""
    chain: MemoryKeyring = type("ChainerBackend", (FailingKeyring,), {"backends": members})(
        AssertionError("never asked")
    )
    return chain


def as_on_windows() -> MemoryKeyring:
    vault: MemoryKeyring = type("WinVaultKeyring", (MemoryKeyring,), {"__module__": "keyring.backends.Windows"})()
    return vault


def test_a_token_that_windows_cannot_store_is_refused_before_windows_is_asked() -> None:
    vault = as_on_windows()
    keyring.set_keyring(vault)
    words = r"The token is too long for Windows: it has 1,281 characters, and the Credential Manager stores 1,280 at m"
    for act in (a_keyring().check_length, a_keyring().store):
        with pytest.raises(CredentialError, match=words) as caught:
            act(ACCOUNT, LONG)
        assert caught.value.hint == "Set HEAPSCIM_TOKEN instead."
    assert vault.kept == {}
    a_keyring().store(ACCOUNT, SecretStr("x" * 1_280))
    assert len(vault.kept["heapscim", "prod"]) == 1_280


def test_a_long_token_that_fails_on_windows_in_any_keyring_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(BrokenKeyring())
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(CredentialError, match="The token is too long for Windows"):
        a_keyring().store(ACCOUNT, LONG)
    with pytest.raises(CredentialError, match="The keyring can't be used"):
        a_keyring().store(ACCOUNT, SecretStr("short"))


def test_a_long_token_is_stored_where_the_keyring_can(memory_keyring: MemoryKeyring) -> None:
    a_keyring().check_length(ACCOUNT, LONG)
    a_keyring().store(ACCOUNT, LONG)
    assert memory_keyring.kept == {("heapscim", "prod"): LONG.get_secret_value()}


def test_what_isnt_text_counts_as_none(memory_keyring: MemoryKeyring) -> None:
    memory_keyring.kept["heapscim", "prod"] = b"t0ken"  # type: ignore[assignment]
    assert a_keyring().get(ACCOUNT) is None
