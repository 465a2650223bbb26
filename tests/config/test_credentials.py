"""Where a token comes from, and that it is kept safely or not at all."""

import re
import threading
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from heapscim.config.credentials import Credentials, FoundSecret, checked_secret, checked_token
from heapscim.config.system_keyring import KeyringAccount, SystemKeyring
from heapscim.errors import CredentialError, SettingsError, TokenMissing, UsageError
from heapscim.model.secret import SecretStr
from tests.conftest import MemoryKeyring
from tests.fakes.keyrings import BrokenKeyring, ForgetfulKeyring, LockedKeyring, PlaintextKeyring
from tests.fakes.secret_services import LOCK, secret_service

TOKEN = SecretStr("t0ken")


def secrets(environ: Mapping[str, str] | None = None, profile: str = "prod") -> Credentials:
    return Credentials(profile, environ or {}, SystemKeyring(threading.Event.wait, print, longest=60.0))


def store_token(profile: str, token: SecretStr) -> None:
    ours = secrets(profile=profile)
    ours.keyring.store(ours.token_account, token)


def forget_token(profile: str) -> bool:
    ours = secrets(profile=profile)
    return ours.keyring.delete(ours.token_account)


def keeping(account: str, token: SecretStr) -> AbstractContextManager[None]:
    return secrets().keyring.keeping(KeyringAccount(account, "token", "Set HEAPSCIM_TOKEN"), token)


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
    assert secrets().token() == FoundSecret(SecretStr("from-keyring"), "keyring", "the keyring")
    assert secrets(systemd).token() == FoundSecret(
        SecretStr("from-systemd-for-all"), "systemd credential", "the systemd credential heapscim"
    )
    (tmp_path / "heapscim.prod").write_text("from-systemd\n")
    assert secrets(systemd).token() == FoundSecret(
        SecretStr("from-systemd"), "systemd credential", "the systemd credential heapscim.prod"
    )
    both = {"HEAPSCIM_TOKEN": "from-environment", **systemd}
    assert secrets(both).token() == FoundSecret(SecretStr("from-environment"), "HEAPSCIM_TOKEN", "HEAPSCIM_TOKEN")


def test_a_systemd_credential_that_is_no_text_is_named_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "heapscim").write_bytes(b"secret \xff")
    with pytest.raises(CredentialError, match=r"heapscim can't be read: it isn't UTF-8 text") as raised:
        secrets({"CREDENTIALS_DIRECTORY": str(tmp_path)}).token()
    assert raised.value.__suppress_context__


def test_where_nobody_has_a_token_it_is_missing(memory_keyring: MemoryKeyring, tmp_path: Path) -> None:
    assert memory_keyring.kept == {}
    assert secrets({"HEAPSCIM_TOKEN": "", "CREDENTIALS_DIRECTORY": str(tmp_path)}).given_token() is None
    with pytest.raises(TokenMissing, match="no token for profile prod"):
        secrets().token()


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
    for act in (lambda: store_token("prod", TOKEN), lambda: secrets().token(), lambda: forget_token("prod")):
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


OURS = """
import sys
import threading
from heapscim.config.credentials import Credentials
from heapscim.config.system_keyring import SystemKeyring
tell = lambda words: print(words, file=sys.stderr)  # on a busy machine it says that it waits
ours = Credentials("prod", {}, SystemKeyring(threading.Event.wait, tell, longest=60.0))
"""
STORE = f"""{OURS}
import keyring
from heapscim.model.secret import SecretStr
ours.keyring.store(ours.token_account, SecretStr("t0ken"))
print(type(keyring.get_keyring()).__module__)
"""
READ = f"""{OURS}
from heapscim.errors import CredentialError
try:
    print(ours.token().secret.get_secret_value())
except CredentialError as error:
    print(type(error).__name__, error.message)
"""


def test_a_real_secret_service_keeps_the_token_between_sessions(tmp_path: Path) -> None:
    service = secret_service(tmp_path)
    stored = service.run(STORE)
    assert stored.stdout == "keyring.backends.SecretService\n", stored.stderr
    assert service.run(READ).stdout == "t0ken\n"
    forgotten = service.run(OURS + "print(ours.keyring.delete(ours.token_account))\n" + READ)
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
    assert secrets().secret("jumpcloud", two) is None
    memory_keyring.set_password("heapscim", "prod:jumpcloud", "kept")
    assert secrets({"JC_ID": "only-half"}).secret("jumpcloud", two) == FoundSecret(
        SecretStr("kept"), "keyring", "the keyring"
    )
    (tmp_path / "heapscim.prod.jumpcloud").write_text("given\n")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert secrets(systemd).secret("jumpcloud", two) == FoundSecret(
        SecretStr("given"), "systemd credential", "the systemd credential heapscim.prod.jumpcloud"
    )
    environment = {**systemd, "JC_ID": "id", "JC_SECRET": "secret"}
    assert secrets(environment).secret("jumpcloud", two) == FoundSecret(
        SecretStr("id:secret"), "environment", "JC_ID and JC_SECRET"
    )


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
        secrets().token()
    assert secrets().secret("ldap", ("LDAP_PASSWORD",)) is None
    assert secrets().smtp_password() is None


def test_a_secret_without_environment_variables_is_looked_for_elsewhere(memory_keyring: MemoryKeyring) -> None:
    assert secrets().secret("ldap", ()) is None
    memory_keyring.set_password("heapscim", "prod:ldap", "kept")
    assert secrets().secret("ldap", ()) == FoundSecret(SecretStr("kept"), "keyring", "the keyring")
