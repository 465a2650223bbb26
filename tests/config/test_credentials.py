"""Where a token comes from, and that it is kept safely or not at all."""

import re
import traceback
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from pydantic import SecretStr

from heapscim.config.credentials import (
    Secret,
    Token,
    checked_secret,
    checked_token,
    forget_token,
    given_token,
    keeping,
    read_secret,
    read_smtp_password,
    read_token,
    store_token,
)
from heapscim.errors import CredentialError, SettingsError, TokenMissing, UsageError
from tests.conftest import MemoryKeyring
from tests.fakes.keyrings import BrokenKeyring, ForgetfulKeyring, LockedKeyring, PlaintextKeyring
from tests.fakes.secret_services import LOCK, secret_service

TOKEN = SecretStr("t0ken")


def use(backend: keyring.backend.KeyringBackend) -> None:
    keyring.set_keyring(backend)


@pytest.mark.parametrize("text", ["t0ken", " t0ken\n", "Bearer t0ken", "bearer   t0ken "])
def test_a_token_is_taken_as_it_is_pasted(text: str) -> None:
    assert checked_token(text) == TOKEN


@pytest.mark.parametrize("text", ["", " \n", "Bearer ", "a b", "tök", "a\x00b", "line\nline"])
def test_what_cannot_be_a_token_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_token(text)
    assert not text.strip() or text.strip() not in caught.value.message


def test_the_environment_comes_before_systemd_and_the_keyring(memory_keyring: MemoryKeyring, tmp_path: Path) -> None:
    memory_keyring.set_password("heapscim", "prod", "from-keyring")
    (tmp_path / "heapscim").write_text("from-systemd-for-all\n")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_token("prod", {}) == Token(SecretStr("from-keyring"), "keyring")
    assert read_token("prod", systemd) == Token(SecretStr("from-systemd-for-all"), "systemd credential")
    (tmp_path / "heapscim.prod").write_text("from-systemd\n")
    assert read_token("prod", systemd) == Token(SecretStr("from-systemd"), "systemd credential")
    both = {"HEAPSCIM_TOKEN": "from-environment", **systemd}
    assert read_token("prod", both) == Token(SecretStr("from-environment"), "HEAPSCIM_TOKEN")


def test_a_systemd_credential_that_is_no_text_is_named_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "heapscim").write_bytes(b"secret \xff")
    with pytest.raises(CredentialError, match=r"heapscim can't be read: it isn't UTF-8 text") as raised:
        read_token("prod", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert raised.value.__suppress_context__


def test_where_nobody_has_a_token_it_is_missing(memory_keyring: MemoryKeyring, tmp_path: Path) -> None:
    assert memory_keyring.kept == {}
    assert given_token("prod", {"HEAPSCIM_TOKEN": "", "CREDENTIALS_DIRECTORY": str(tmp_path)}) is None
    with pytest.raises(TokenMissing, match="no token for profile prod"):
        read_token("prod", {})


def test_each_profile_has_a_token_of_its_own(memory_keyring: MemoryKeyring) -> None:
    store_token("prod", TOKEN)
    store_token("test", SecretStr("other"))
    assert memory_keyring.kept == {("heapscim", "prod"): "t0ken", ("heapscim", "test"): "other"}
    assert (forget_token("prod"), forget_token("prod")) == (True, False)
    assert memory_keyring.kept == {("heapscim", "test"): "other"}


@pytest.mark.usefixtures("memory_keyring")
@pytest.mark.parametrize("backend", [PlaintextKeyring(), keyring.backends.fail.Keyring()])  # type: ignore[no-untyped-call]
def test_a_keyring_that_keeps_nothing_safe_is_refused(backend: keyring.backend.KeyringBackend) -> None:
    use(backend)
    for act in (lambda: store_token("prod", TOKEN), lambda: read_token("prod", {}), lambda: forget_token("prod")):
        with pytest.raises(CredentialError, match="no keyring that keeps a secret safely") as caught:
            act()
        assert "HEAPSCIM_TOKEN" in (caught.value.hint or "")


@pytest.mark.usefixtures("memory_keyring")
def test_the_backends_of_keyrings_alt_are_refused() -> None:
    kind = type("EncryptedKeyring", (MemoryKeyring,), {"__module__": "keyrings.alt.file"})
    use(kind())
    with pytest.raises(CredentialError, match="no keyring that keeps a secret safely"):
        store_token("prod", TOKEN)


@pytest.mark.usefixtures("memory_keyring")
@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (LockedKeyring(), "The keyring is locked."),
        (BrokenKeyring(), "The keyring can't be used (RuntimeError)."),
        (ForgetfulKeyring(), "The keyring accepted the token, but doesn't return it."),
    ],
)
def test_a_keyring_that_fails_is_explained_without_the_token(backend: MemoryKeyring, words: str) -> None:
    use(backend)
    with pytest.raises(CredentialError, match=re.escape(words)) as caught:
        store_token("prod", TOKEN)
    shown = "".join(traceback.format_exception(caught.value))
    assert "no room for" not in shown
    assert "wasn't kept" not in shown


def test_what_fails_after_the_token_was_stored_takes_it_out_again(memory_keyring: MemoryKeyring) -> None:
    def fails() -> None:
        assert memory_keyring.kept == {("heapscim", "prod"): "t0ken"}
        raise SettingsError("the disk is full")

    with pytest.raises(SettingsError), keeping("prod", TOKEN):
        fails()
    assert memory_keyring.kept == {}
    store_token("prod", SecretStr("earlier"))
    with pytest.raises(SettingsError), keeping("prod", TOKEN):
        fails()
    assert memory_keyring.kept == {("heapscim", "prod"): "earlier"}
    with keeping("prod", TOKEN):
        pass
    assert memory_keyring.kept == {("heapscim", "prod"): "t0ken"}


@pytest.mark.usefixtures("memory_keyring")
def test_a_token_that_a_keyring_garbled_is_taken_out_again() -> None:
    backend = ForgetfulKeyring()
    use(backend)
    with pytest.raises(CredentialError), keeping("prod", TOKEN):
        pytest.fail("the token wasn't kept")
    assert backend.kept == {}


STORE = """
import keyring
from pydantic import SecretStr
from heapscim.config.credentials import store_token
store_token("prod", SecretStr("t0ken"))
print(type(keyring.get_keyring()).__module__)
"""
READ = """
from heapscim.config.credentials import read_token
from heapscim.errors import CredentialError
try:
    print(read_token("prod", {}).secret.get_secret_value())
except CredentialError as error:
    print(type(error).__name__, error.message)
"""


def test_a_real_secret_service_keeps_the_token_between_sessions(tmp_path: Path) -> None:
    service = secret_service(tmp_path)
    stored = service.run(STORE)
    assert stored.stdout == "keyring.backends.SecretService\n", stored.stderr
    assert service.run(READ).stdout == "t0ken\n"
    forgotten = service.run("from heapscim.config.credentials import forget_token\nprint(forget_token('prod'))" + READ)
    assert forgotten.stdout == "True\nTokenMissing There is no token for profile prod.\n"
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"t0ken" in file.read_bytes()]


def test_a_real_secret_service_that_is_locked_is_named_so(tmp_path: Path) -> None:
    service = secret_service(tmp_path)
    assert service.run(STORE).returncode == 0
    assert service.run(LOCK + READ).stdout == "CredentialError The keyring is locked.\n"
    assert service.run(LOCK + STORE).stderr.rstrip().endswith("CredentialError: The keyring is locked.")


def test_a_directory_s_secret_comes_from_the_environment_then_systemd_then_the_keyring(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    two = ("JC_ID", "JC_SECRET")
    assert read_secret("prod", "jumpcloud", two, {}) is None
    memory_keyring.set_password("heapscim", "prod:jumpcloud", "kept")
    assert read_secret("prod", "jumpcloud", two, {"JC_ID": "only-half"}) == Secret(SecretStr("kept"), "keyring")
    (tmp_path / "heapscim.prod.jumpcloud").write_text("given\n")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret("prod", "jumpcloud", two, systemd) == Secret(SecretStr("given"), "systemd credential")
    environment = {**systemd, "JC_ID": "id", "JC_SECRET": "secret"}
    assert read_secret("prod", "jumpcloud", two, environment) == Secret(SecretStr("id:secret"), "environment")


@pytest.mark.parametrize("text", ["", " ", "two words"])
def test_what_cannot_be_a_directory_s_secret_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="The key is empty or contains white space"):
        checked_secret(text)


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_secret_is_not_kept(memory_keyring: MemoryKeyring, empty: str) -> None:
    with pytest.raises(CredentialError, match="The secret is empty"), keeping("prod:smtp", SecretStr(empty)):
        pass
    assert memory_keyring.kept == {}


def test_an_empty_secret_that_was_kept_once_counts_as_none(memory_keyring: MemoryKeyring) -> None:
    for account in ("prod", "prod:ldap", "prod:smtp"):
        memory_keyring.set_password("heapscim", account, "")
    with pytest.raises(TokenMissing):
        read_token("prod", {})
    assert read_secret("prod", "ldap", ("LDAP_PASSWORD",), {}) is None
    assert read_smtp_password("prod", {}) is None


def test_a_secret_without_environment_variables_is_looked_for_elsewhere(memory_keyring: MemoryKeyring) -> None:
    assert read_secret("prod", "ldap", (), {}) is None
    memory_keyring.set_password("heapscim", "prod:ldap", "kept")
    assert read_secret("prod", "ldap", (), {}) == Secret(SecretStr("kept"), "keyring")
