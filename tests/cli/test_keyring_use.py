"""A keyring that can't be used is named before a secret is asked for, and errors name where a secret comes from."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.test_terminal import Terminal, end_of, terminal  # noqa: F401 - a fixture
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import RunningJumpCloud, running_jumpcloud
from tests.fakes.keyrings import BrokenKeyring
from tests.fakes.patience import PATIENCE
from tests.fakes.processes import interrupt, next_line
from tests.fakes.secret_services import LOCK, secret_service
from tests.fakes.sockets import answer, raw_server
from tests.fakes.tenants import TOKEN

BACKENDS = """\
import threading
from keyring import backend, errors

class Good(backend.KeyringBackend):
    priority = 9
    def get_password(self, service, username): return None
    def set_password(self, service, username, password): raise NotImplementedError
    def delete_password(self, service, username): raise errors.PasswordDeleteError

class Locked(Good):
    def get_password(self, service, username): raise errors.KeyringLocked
    def set_password(self, service, username, password): raise errors.KeyringLocked

class ReadOnly(Good):
    pass

class PlaintextKeyring(Good):
    pass

class Panicking(Good):
    def set_password(self, service, username, password): raise BaseException("t0p-secret")

class Silent(Good):
    def get_password(self, service, username): threading.Event().wait()
"""
NO_KEYRING = "There is no keyring that keeps a secret safely."
REFUSING = {
    "keyring.backends.fail.Keyring": NO_KEYRING,
    "keyring.backends.null.Keyring": NO_KEYRING,
    "own_backends.PlaintextKeyring": NO_KEYRING,
    "own_backends.Locked": "The keyring is locked.",
    "own_backends.ReadOnly": "The keyring can't be used (NotImplementedError).",
    "own_backends.Panicking": "The keyring can't be used (BaseException).",
    "nowhere.Keyring": "The keyring can't be loaded.",
}
HURRIED = (
    "import heapscim.cli.root as root; root.WAIT = lambda event, seconds: event.is_set(); "
    "from heapscim.__main__ import main; main()"
)
"""A program in which no time passes while it waits for a keyring."""


@pytest.fixture
def backends(heapscim: CommandLine) -> Path:
    path = heapscim.folder / "own_backends.py"
    path.write_text(BACKENDS)
    return path


@pytest.mark.usefixtures("backends")
@pytest.mark.parametrize("backend", REFUSING)
def test_the_token_is_not_asked_for_where_it_cannot_be_stored(
    terminal: Terminal,  # noqa: F811
    sandbox: Sandbox,
    backend: str,
) -> None:
    child = terminal.start("activate", "--base-url", sandbox.base_url, PYTHON_KEYRING_BACKEND=backend)
    code, said = end_of(child)
    words = " ".join(said.split())
    assert (code, "isn't shown" in words, REFUSING[backend] in words) == (1, False, True), words
    assert "et HEAPSCIM_TOKEN instead" in words
    assert "t0p-secret" not in words
    assert sandbox.tenant.requests.total() == 0


def test_a_piped_token_is_not_read_either(heapscim: CommandLine, sandbox: Sandbox) -> None:
    keyring.set_keyring(BrokenKeyring())
    ran = heapscim.json("activate", "--base-url", sandbox.base_url, "--token-stdin", stdin=TOKEN + "\n")
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (1, "credentials")
    assert sandbox.tenant.requests.total() == 0


def test_a_token_that_windows_cannot_store_is_not_sent_to_heap(heapscim: CommandLine, sandbox: Sandbox) -> None:
    vault = type("WinVaultKeyring", (type(heapscim.keyring),), {"__module__": "keyring.backends.Windows"})()
    keyring.set_keyring(vault)
    ran = heapscim.json("activate", "--base-url", sandbox.base_url, "--token-stdin", stdin="x" * 1_281 + "\n")
    assert (ran.exit_code, ran.envelope["error"]["hint"]) == (1, "Set HEAPSCIM_TOKEN instead.")
    assert "The token is too long for Windows" in ran.envelope["error"]["message"]
    assert sandbox.tenant.requests.total() == 0


@pytest.mark.usefixtures("backends")
def test_a_directory_s_key_is_not_asked_for_where_it_cannot_be_stored(
    terminal: Terminal,  # noqa: F811
    sandbox: Sandbox,
) -> None:
    line = ("activate", "--base-url", sandbox.base_url, "--directory", "jumpcloud:Heap")
    environ = {"PYTHON_KEYRING_BACKEND": "own_backends.ReadOnly", "HEAPSCIM_TOKEN": TOKEN}
    code, said = end_of(terminal.start(*line, **environ))
    words = " ".join(said.split())
    assert (code, "JumpCloud API key, or" in words) == (1, False)
    assert "The keyring can't be used (NotImplementedError)." in words
    assert "Set HEAPSCIM_JUMPCLOUD_API_KEY instead, or start a keyring" in words


def test_a_mail_server_s_password_is_not_read_where_it_cannot_be_stored(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(BrokenKeyring())
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    ran = heapscim.json("activate", "--base-url", sandbox.base_url, "--smtp-password-stdin", stdin="")
    assert (ran.exit_code, ran.envelope["error"]["message"]) == (1, "The keyring can't be used (RuntimeError).")
    assert ran.envelope["error"]["hint"].startswith("Set HEAPSCIM_SMTP_PASSWORD instead")


@pytest.mark.usefixtures("backends")
@pytest.mark.parametrize("line", ["users list", "sync --yes", "status", "deactivate --yes"])
def test_a_keyring_that_never_answers_ends_the_command_and_not_only_the_waiting(
    heapscim: CommandLine, sandbox: Sandbox, line: str
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    environ = {**os.environ, "PYTHON_KEYRING_BACKEND": "own_backends.Silent", "PYTHONPATH": str(heapscim.folder)}
    done = subprocess.run(
        [sys.executable, "-c", HURRIED, *line.split()],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == (7 if line.startswith("deactivate") else 1), done.stderr
    assert done.stderr.count("Waiting for the keyring …; it may be asking you to unlock it.") == 1
    assert "The keyring gave no answer within 20 seconds." in done.stderr
    assert "Where nobody can do that, such as in cron: Set HEAPSCIM_TOKEN." in done.stderr


@pytest.mark.usefixtures("backends")
@pytest.mark.parametrize("line", ["users list", "status"])
def test_ctrl_c_ends_the_wait_for_a_keyring(heapscim: CommandLine, sandbox: Sandbox, line: str) -> None:
    heapscim.activate(sandbox)
    environ = {**os.environ, "PYTHON_KEYRING_BACKEND": "own_backends.Silent", "PYTHONPATH": str(heapscim.folder)}
    with subprocess.Popen(
        [sys.executable, "-m", "heapscim", *line.split()], env=environ, stderr=subprocess.PIPE, text=True
    ) as process:
        assert next_line(process.stderr).startswith("Waiting for the keyring")
        interrupt(process)
        assert process.wait(PATIENCE) == 130


def test_a_locked_secret_service_is_named_before_the_token_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    service = secret_service(tmp_path)
    activate = f"""
import sys
sys.argv = ["heapscim", "activate", "--base-url", {sandbox.base_url!r}, "--token-stdin"]
from heapscim.__main__ import main
main()
"""
    stored = "import keyring; keyring.set_password('other', 'one', 'secret')\n"
    assert service.run(stored).returncode == 0
    done = service.run(LOCK + activate, stdin=TOKEN + "\n")
    assert (done.returncode, "Error: The keyring is locked." in done.stderr) == (1, True), done.stderr
    assert sandbox.tenant.requests.total() == 0
    done = service.run(activate, stdin=TOKEN + "\n")
    assert (done.returncode, "The token is in the keyring." in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("HEAPSCIM_TOKEN", "HEAPSCIM_TOKEN"),
        ("heapscim.default", "the systemd credential heapscim.default"),
        ("heapscim", "the systemd credential heapscim"),
        ("", "the keyring"),
    ],
)
def test_a_refused_token_is_named_by_its_place(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str, place: str
) -> None:
    heapscim.activate(sandbox)
    if name.startswith("heapscim"):
        (heapscim.folder / name).write_text(TOKEN)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(heapscim.folder))
    elif name:
        monkeypatch.setenv(name, TOKEN)
    shown = dict(line.split("\t") for line in heapscim("status").stdout.splitlines())
    assert shown["token from"] == place.removeprefix("the ")
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    kept = settings.read_text()
    for status, words in (("401 Unauthorized", "Heap rejected the"), ("403 Forbidden", "The")):

        def refuse(stream: socket.socket, _request: bytes, status: str = status) -> bool:
            stream.sendall(answer(b"{}", status))
            return True

        with raw_server(refuse) as server:
            settings.write_text(kept.replace(sandbox.base_url, server.url + "/scim/v2/1"))
            for error in (heapscim.json("status").data["problems"][0], heapscim.json("activate").envelope["error"]):
                assert error["message"].startswith(f"{words} token from {place} ")
                first = f"heapscim uses {place} before the keyring: change it there, or remove it, first."
                assert (first in error["hint"]) == (bool(name) and words != "The")


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud() as running:
        yield running


def test_a_refused_key_of_a_directory_is_named_by_its_place(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"jumpcloud.base_url={jumpcloud.base_url}"
    line = ("activate", "--base-url", sandbox.base_url, "--token-stdin", "--directory", "jumpcloud:Heap", "--set", url)
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", "wrong")
    ran = heapscim.json(*line, stdin=TOKEN + "\n")
    assert "rejected the API key from HEAPSCIM_JUMPCLOUD_API_KEY (401)" in ran.envelope["error"]["message"]
    assert "heapscim uses HEAPSCIM_JUMPCLOUD_API_KEY before the keyring" in ran.envelope["error"]["hint"]
    monkeypatch.delenv("HEAPSCIM_JUMPCLOUD_API_KEY")
    heapscim.keyring.kept["heapscim", "default:jumpcloud"] = "wrong"
    ran = heapscim.json(*line, stdin=TOKEN + "\n")
    assert "rejected the API key from the keyring (401)" in ran.envelope["error"]["message"]
    assert "before the keyring" not in ran.envelope["error"]["hint"]
