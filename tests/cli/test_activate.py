"""Activating a connection: what works is kept, what fails leaves nothing behind and says why."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import keyring
import pytest
import trustme

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, MemoryKeyring
from tests.fakes.keyrings import BrokenKeyring, ForgetfulKeyring, LockedKeyring, PlaintextKeyring
from tests.fakes.ports import free_port
from tests.fakes.sockets import answer, raw_server
from tests.fakes.tenants import TOKEN, running_sandbox


def files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def replying(reply: bytes) -> Callable[[socket.socket, bytes], bool]:
    def behave(stream: socket.socket, _request: bytes) -> bool:
        stream.sendall(reply)
        return True

    return behave


@contextmanager
def at(url: str) -> Iterator[str]:
    yield url


@contextmanager
def answering(reply: bytes, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    with raw_server(replying(reply), tls=tls) as server:
        yield server.url.replace("http:", "https:") if tls else server.url


@contextmanager
def closed_port() -> Iterator[str]:
    yield f"http://127.0.0.1:{free_port()}/scim/v2/1"


def with_an_unknown_certificate() -> AbstractContextManager[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return answering(answer(), tls=context)


PAGE = answer(b"<html>Sign in</html>", type="text/html")
FAILURES: dict[str, tuple[Callable[[], AbstractContextManager[str]], int, str, str]] = {
    "a refused token": (
        lambda: answering(answer(b"{}", "401 Unauthorized")),
        3,
        "unauthenticated",
        "rejected the token (401)",
    ),
    "a malformed token, in Heap's words": (
        lambda: answering(answer(b"Invalid bearer token header.", "400 Bad Request", type="text/plain")),
        3,
        "unauthenticated",
        "rejected the token (400)",
    ),
    "a token without rights": (lambda: answering(answer(b"{}", "403 Forbidden")), 4, "forbidden", "doesn't allow"),
    "a wrong path": (
        lambda: answering(answer(b"", "404 Not Found")),
        1,
        "not_found",
        "Heap found nothing for GET /Users (404)",
    ),
    "a web page": (lambda: answering(PAGE), 1, "not_scim", "isn't SCIM"),
    "a redirect to another host": (
        lambda: answering(answer(b"", "302 Found", "Location: https://login.example/x")),
        1,
        "redirect_refused",
        "redirects to login.example",
    ),
    "a closed port": (closed_port, 5, "unavailable", "can't be reached"),
    "a certificate nobody knows": (with_an_unknown_certificate, 1, "certificate_refused", "can't be trusted"),
    "http to another machine": (lambda: at("http://heap.example/scim/v2/1"), 2, "usage", "would travel unprotected"),
    "no URL": (lambda: at("heap"), 2, "usage", "is not an https URL"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_says_why_and_leaves_nothing_behind(heapscim: CommandLine, name: str) -> None:
    serving, exit_code, code, words = FAILURES[name]
    with serving() as url:
        patience = ("--set", "http.retries=0")
        ran = heapscim.json("activate", "--base-url", url, "--token-stdin", *patience, stdin=TOKEN + "\n")
    assert (ran.exit_code, ran.envelope["error"]["code"], ran.envelope["data"]) == (exit_code, code, None)
    assert words in ran.envelope["error"]["message"]
    assert words in ran.stderr
    assert ran.envelope["error"]["hint"]
    if code == "usage":
        assert "https://heapanalytics.com/scim/v2/" in ran.envelope["error"]["hint"]
    assert heapscim.keyring.kept == {}
    assert files_in(heapscim.folder) == []


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (LockedKeyring(), "The keyring is locked."),
        (PlaintextKeyring(), "There is no keyring that keeps a secret safely."),
        (BrokenKeyring(), "The keyring can't be used (RuntimeError)."),
        (ForgetfulKeyring(), "The keyring accepted the token, but doesn't return it."),
    ],
    ids=["locked", "missing", "broken", "forgetful"],
)
def test_a_keyring_that_does_not_keep_the_token_ends_it(
    heapscim: CommandLine, sandbox: Sandbox, backend: MemoryKeyring, words: str
) -> None:
    keyring.set_keyring(backend)
    ran = heapscim.json("activate", "--base-url", sandbox.base_url, "--token-stdin", stdin=TOKEN + "\n")
    assert (ran.exit_code, ran.envelope["error"]["message"]) == (1, words)
    assert (backend.kept, files_in(heapscim.folder)) == ({}, [])
    assert TOKEN not in ran.stdout + ran.stderr


def test_settings_that_cannot_be_written_take_the_token_out_again(heapscim: CommandLine, sandbox: Sandbox) -> None:
    (heapscim.folder / "config").touch()
    ran = heapscim.json("activate", "--base-url", sandbox.base_url, "--token-stdin", stdin=TOKEN + "\n")
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (1, "settings")
    assert heapscim.keyring.kept == {}


def test_what_works_is_kept_and_said_whole(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "ada@x.org"})
    roster = heapscim.roster("username\nada@x.org\n")
    ran = heapscim.json(
        "activate",
        "--base-url",
        sandbox.base_url + "/",
        "--token-stdin",
        "--directory",
        "people.csv",
        stdin=f"Bearer {TOKEN}\n",
    )
    assert (ran.exit_code, heapscim.keyring.kept) == (0, {("heapscim", "default"): TOKEN})
    assert ran.envelope == {
        "version": 1,
        "command": "activate",
        "profile": "default",
        "exit_code": 0,
        "data": {
            "base_url": sandbox.base_url,
            "directory": str(roster),
            "scope": None,
            "manage_groups": True,
            "users": 1,
            "groups": 0,
            "patch": True,
            "filter": True,
            "token_source": "keyring",
            "roster": "people.csv: 1 person",
            "same_tenant": [],
        },
        "notices": [],
        "error": None,
    }
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    assert settings.read_text() == f'base_url = "{sandbox.base_url}"\ndirectory = "{roster}"\n'
    assert oct(settings.stat().st_mode)[-3:] == "600"
    assert oct(settings.parent.stat().st_mode)[-3:] == "700"


def test_a_person_reads_what_is_next(heapscim: CommandLine, sandbox: Sandbox) -> None:
    ran = heapscim("activate", "--base-url", sandbox.base_url, "--token-stdin", "--no-groups", stdin=TOKEN + "\n")
    assert ran.stdout == (
        f"Successfully verified: {sandbox.base_url} answers with 0 users.\n"
        "The token is in the keyring.\n"
        "Groups are not managed.\n"
        "Next: `heapscim plan --directory people.csv`\n"
    )
    assert ran.stderr == f"Asking {sandbox.base_url} …\n"


def test_a_token_of_the_environment_stays_out_of_the_keyring(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(LockedKeyring())
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    ran = heapscim("activate", "--base-url", sandbox.base_url)
    assert (ran.exit_code, heapscim("status").exit_code) == (0, 0)
    assert "The token comes from HEAPSCIM_TOKEN; nothing was put in the keyring." in ran.stdout
    monkeypatch.delenv("HEAPSCIM_TOKEN")
    assert heapscim.json("status").data["problems"][0]["message"] == "The keyring is locked."


def test_a_systemd_credential_stays_out_of_the_keyring(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "heapscim.default").write_text(TOKEN + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    ran = heapscim.json("activate", "--base-url", sandbox.base_url)
    assert (ran.exit_code, ran.data["token_source"], heapscim.keyring.kept) == (0, "systemd credential", {})


def test_a_token_piped_in_is_stored_though_the_environment_has_another(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSCIM_TOKEN", "another")
    ran = heapscim("activate", "--base-url", sandbox.base_url, "--token-stdin", stdin=TOKEN + "\n")
    assert (ran.exit_code, heapscim.keyring.kept) == (0, {("heapscim", "default"): TOKEN})
    assert "HEAPSCIM_TOKEN is set in this environment and is used before the keyring." in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("--base-url", "https://heap.example/scim/v2/1"), "", "There is no terminal to ask for the token."),
        (("--base-url", "https://heap.example/scim/v2/1", "--token-stdin"), "", "The token is empty."),
        ((), "", "Which tenant? There is no Base URL."),
        (("--base-url", "https://x.example", "--directory", "nowhere"), "", "isn't a directory that heapscim can open"),
        (("--base-url", "https://x.example", "--scope", "some"), "", "Invalid value for '--scope'"),
        (("--base-url", "https://x.example", "--profile", "../x"), "", "can't be the name of a profile"),
        (("--base-url", "https://x.example", "--set", "nonsense"), "", "isn't KEY=VALUE"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_a_usage_error(
    heapscim: CommandLine, arguments: tuple[str, ...], stdin: str, words: str
) -> None:
    ran = heapscim("activate", *arguments, stdin=stdin)
    assert (ran.exit_code, ran.stdout, files_in(heapscim.folder)) == (2, "", [])
    assert words in ran.stderr


def test_profiles_live_side_by_side(heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sandbox() as other:
        heapscim.activate(sandbox)
        heapscim.activate(other, "--profile", "test")
        assert heapscim.json("status").data["base_url"] == sandbox.base_url
        assert heapscim.json("status", "--profile", "test").data["base_url"] == other.base_url
        monkeypatch.setenv("HEAPSCIM_PROFILE", "test")
        assert heapscim.json("status").envelope["profile"] == "test"
        assert heapscim.json("status", "--profile", "default").data["base_url"] == sandbox.base_url
        heapscim("deactivate", "--yes")
        assert heapscim.keyring.kept == {("heapscim", "default"): TOKEN}


def test_an_activation_again_keeps_the_other_settings(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("username\n")
    heapscim.activate(sandbox, "--directory", str(roster), "--no-groups", "--set", "limits.removal_share=0.2")
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    before = settings.read_text()
    heapscim.activate(sandbox)
    assert settings.read_text() == before
    assert heapscim.json("activate", "--groups", "--scope", "groups").data["manage_groups"] is True
    assert settings.read_text() == before.replace("manage_groups = false", 'scope = "groups"')


def test_a_roster_that_is_not_there_yet_is_said_to_be_missing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    ran = heapscim.activate(sandbox, "--directory", "later.csv")
    assert ran.stderr.splitlines()[-1] == f"{heapscim.folder.resolve() / 'later.csv'} doesn't exist yet."
    heapscim.roster("username\n", "later.csv")
    assert "doesn't exist yet" not in heapscim.activate(sandbox).stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("username\nada@x.org\n", "people.csv: 1 person."),
        ("username,groups\nada@x.org,Design;Research\ngrace@x.org,Design\n", "people.csv: 2 people, 2 groups."),
    ],
)
def test_what_the_roster_holds_is_said(heapscim: CommandLine, sandbox: Sandbox, text: str, words: str) -> None:
    heapscim.roster(text)
    ran = heapscim.activate(sandbox, "--directory", "people.csv")
    assert ran.stdout.splitlines()[2] == words
    assert ran.stderr == f"Asking {sandbox.base_url} …\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("username\n", "people.csv holds no people yet."),
        ("username,username\n", "people.csv has 1 problem. See `heapscim plan`."),
    ],
)
def test_a_roster_that_is_of_no_use_yet_is_a_notice_and_the_connection_holds(
    heapscim: CommandLine, sandbox: Sandbox, text: str, words: str
) -> None:
    heapscim.roster(text)
    assert heapscim.activate(sandbox, "--directory", "people.csv").stderr.splitlines()[1:] == [words]
    assert heapscim.json("activate").envelope["notices"] == [words]


def test_a_roster_that_can_not_be_read_is_a_notice(heapscim: CommandLine, sandbox: Sandbox) -> None:
    (heapscim.folder / "people.csv").mkdir()
    notice = f"{heapscim.folder / 'people.csv'} is a folder, not a file. Name the roster file itself."
    assert heapscim.activate(sandbox, "--directory", "people.csv").stderr.splitlines()[1:] == [notice]
    assert heapscim.json("activate").data["roster"] is None


def test_groups_are_switched_off_and_on_without_token_or_url(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username,groups\nada@x.org,Research\n")))
    assert heapscim("activate", "--no-groups").exit_code == 0
    assert heapscim.json("sync", "--yes").data["counts"] == {"create_user": 1}
    assert heapscim("activate", "--groups").exit_code == 0
    assert heapscim.json("sync", "--yes").data["counts"] == {"create_group": 1}


def test_a_profile_that_manages_people_does_not_move_to_another_tenant(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    heapscim("sync", "--yes")
    with running_sandbox() as other:
        ran = heapscim.json("activate", "--base-url", other.base_url, "--token-stdin", stdin="another\n")
        assert (ran.exit_code, ran.envelope["error"]["code"]) == (1, "ledger")
        assert f"belongs to {sandbox.base_url}, not to {other.base_url}" in ran.envelope["error"]["message"]
        assert "--profile" in ran.envelope["error"]["hint"]
        assert other.tenant.requests.total() == 0
    assert heapscim.keyring.kept == {("heapscim", "default"): TOKEN}
    assert heapscim.json("status").data["base_url"] == sandbox.base_url


def test_a_kept_token_that_is_refused_is_not_replaced_without_a_person(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    heapscim.keyring.kept["heapscim", "default"] = "revoked"
    ran = heapscim.json("activate", "--no-groups")
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (3, "unauthenticated")
    assert heapscim.json("activate", "--token-stdin", stdin=TOKEN + "\n").exit_code == 0
    assert heapscim.keyring.kept == {("heapscim", "default"): TOKEN}


def test_a_connection_without_a_token_asks_for_one(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    heapscim("deactivate", "--yes")
    assert "There is no terminal to ask for the token." in heapscim("activate", "--no-groups").stderr


def test_settings_open_to_others_are_refused_at_each_start(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    settings.chmod(0o644)
    for command in (("activate", "--no-groups"), ("status",), ("plan",), ("users", "list"), ("deactivate", "--yes")):
        ran = heapscim.json(*command)
        assert (ran.exit_code, ran.envelope["error"]["hint"]) == (1, f"chmod 600 {settings}")


def test_a_ledger_open_to_others_is_refused_at_each_start(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    heapscim("sync", "--yes")
    ledger = heapscim.folder / "state" / "ledgers" / "default.sqlite3"
    ledger.chmod(0o640)
    for command in (("plan",), ("sync", "--yes"), ("users", "list"), ("groups", "list")):
        ran = heapscim.json(*command)
        assert (ran.exit_code, ran.envelope["error"]["hint"]) == (1, f"chmod 600 {ledger}")
    assert heapscim.json("status").data["problems"][0]["hint"] == f"chmod 600 {ledger}"
    ledger.chmod(0o600)
    ledger.parent.chmod(0o755)
    assert heapscim.json("plan").envelope["error"]["hint"] == f"chmod 700 {ledger.parent}"


def test_a_token_that_no_place_could_hold_is_missing_and_not_an_error_of_the_keyring_alone(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox)
    keyring.set_keyring(PlaintextKeyring())
    for line in (("plan",), ("sync", "--yes"), ("users", "list")):
        ran = heapscim(*line)
        first, hint = ran.stderr.splitlines()
        assert ran.exit_code == 3
        assert first.startswith("Error: There is no token for profile default: HEAPSCIM_TOKEN isn't set, and there is")
        assert hint.startswith("Set HEAPSCIM_TOKEN instead, or start a keyring")


def test_a_connection_without_a_keyring_is_deactivated_without_contradicting_words(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heapscim.activate(sandbox)
    keyring.set_keyring(PlaintextKeyring())
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    ran = heapscim("deactivate", "--yes")
    assert (ran.exit_code, ran.stdout.splitlines()) == (
        0,
        ["The connection is deactivated.", "Users and groups in Heap are left as they are."],
    )
    assert ran.stderr.splitlines() == [
        "There is no keyring here. A token that another session stored in its keyring is still there.",
        "HEAPSCIM_TOKEN is still set in this environment. Nothing is written with it until `activate`.",
    ]


def test_a_connection_is_deactivated_though_the_keyring_is_locked(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heapscim.activate(sandbox)
    keyring.set_keyring(LockedKeyring())
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    ran = heapscim("deactivate", "--yes")
    assert ran.exit_code == 7
    assert "No token was forgotten: The keyring is locked." in ran.stderr
    assert "no token in the keyring" not in ran.stdout
    assert "HEAPSCIM_TOKEN is still set in this environment." in ran.stderr


def test_a_new_token_whose_last_day_is_that_of_the_old_one_is_noticed(heapscim: CommandLine, sandbox: Sandbox) -> None:
    line = ("activate", "--base-url", sandbox.base_url, "--token-stdin")
    for change, doubts in (("ends.token=2020-01-31", 0), ("http.retries=4", 1), ("ends.token=2099-01-31", 0)):
        ran = heapscim.json(*line, "--set", change, stdin=TOKEN + "\n")
        said = [
            notice
            for notice in ran.envelope["notices"]
            if notice.startswith("ends.token is 2020-01-31, which is past.")
        ]
        assert (ran.exit_code, len(said)) == (0, doubts), ran.envelope["notices"]
