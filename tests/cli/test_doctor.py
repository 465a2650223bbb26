"""Every line of `doctor` passes on a healthy set-up, and each can say what is wrong and what to do."""

import base64
import json
import os
import sqlite3
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path

import keyring
import pytest
import trustme

from heapscim.ledger.entries import OperationDraft, RunContext, RunHead
from heapscim.model.changes import CreateUser
from heapscim.sandbox.server import Sandbox, SandboxOptions, running
from tests.cli.checkups import PARTS, Found, connect, findings, healthy, serving
from tests.conftest import CommandLine
from tests.fakes.certificates import server_context
from tests.fakes.contexts import a_context
from tests.fakes.jumpcloud import KEY, running_jumpcloud
from tests.fakes.keyrings import LockedKeyring
from tests.fakes.sockets import raw_server
from tests.fakes.tenants import TOKEN


def test_a_healthy_set_up_passes_in_every_part(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, list(found)) == (0, PARTS)
    assert {part: one for part, one in found.items() if one.state != "pass" or one.next_step} == {}
    assert ran.data["counts"] == {"pass": len(PARTS), "warn": 0, "fail": 0, "unchecked": 0}
    assert found["accounts and groups"].words == "1 account, 1 group, proven complete"
    assert found["ledger"].words.endswith("2 managed")
    shown = heapscim("doctor")
    assert [line.split("\t")[:2] for line in shown.stdout.splitlines()] == [["pass", part] for part in PARTS]


def test_nothing_is_written_anywhere(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    files = {
        path: path.read_bytes() for path in heapscim.folder.rglob("*") if path.is_file() and "-" not in path.suffix
    }
    writes = sandbox.tenant.writes
    assert heapscim("doctor").exit_code == 0
    assert {path: path.read_bytes() for path in files} == files
    assert sandbox.tenant.writes == writes


def test_without_a_profile_the_rest_is_looked_at(heapscim: CommandLine) -> None:
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert ran.exit_code == 1
    assert found["settings"].state == "fail"
    assert "heapscim activate" in str(found["settings"].next_step)
    assert found["server"] == Found("unchecked", "not checked: the settings can't be used", None)
    assert (found["token"].state, found["lock"].state, found["versions"].state) == ("fail", "pass", "pass")


def test_nothing_is_sent_where_the_token_would_travel_unprotected(heapscim: CommandLine) -> None:
    connect(heapscim, "http://heap.example/scim/v2/1")
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert ran.exit_code == 1
    assert "the token would travel unprotected" in found["settings"].words
    assert {found[part].state for part in ("server", "certificate", "access", "accounts and groups")} == {"unchecked"}


def test_every_wrong_setting_is_named(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    profile.write_text(profile.read_text() + "[limits]\nremoval_share = 7\nfoo = 1\n")
    found = findings(heapscim.json("doctor"))["settings"]
    assert found.state == "fail"
    assert "removal_share" in found.words
    assert "foo" in found.words


@pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are POSIX's")
def test_files_of_others_and_open_ones_are_named_with_the_command_that_helps(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    healthy(heapscim, sandbox)
    ledger = heapscim.folder / "state" / "ledgers" / "default.sqlite3"
    (heapscim.folder / "config" / "profiles").chmod(0o755)
    ledger.chmod(0o640)
    ran = heapscim.json("doctor")
    found = findings(ran)["files"]
    assert (ran.exit_code, found.state) == (1, "fail")
    assert found.words.count("is open to others") == 2
    assert found.next_step is not None
    assert f"chmod 600 {ledger}" in found.next_step
    ledger.chmod(0o600)
    (heapscim.folder / "config" / "profiles").chmod(0o700)
    if os.geteuid() == 0:
        os.chown(ledger, 4711, -1)
        found = findings(heapscim.json("doctor"))["files"]
        assert (found.state, "belongs to another user (uid 4711" in found.words) == ("fail", True)
        assert str(found.next_step).startswith(f"chown 0 {ledger}")


def test_a_keyring_that_fails_matters_only_if_the_token_is_in_it(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(heapscim, sandbox)
    keyring.set_keyring(LockedKeyring())
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert ran.exit_code != 0
    assert (found["keyring"].state, found["token"].state) == ("warn", "fail")
    assert found["access"] == Found("unchecked", "not checked: there is no token", None)
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    ran = heapscim.json("doctor")
    assert (ran.exit_code, findings(ran)["token"].words) == (0, "from HEAPSCIM_TOKEN")
    assert findings(ran)["keyring"] == Found("pass", "The keyring is locked. The token needs none.", None)


def test_without_a_keyring_none_is_needed_if_the_environment_has_the_token(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(heapscim, sandbox)
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    found = findings(heapscim.json("doctor"))
    assert found["keyring"] == Found("pass", "there is none here, and the token needs none", None)
    monkeypatch.delenv("HEAPSCIM_TOKEN")
    assert [findings(heapscim.json("doctor"))[part].state for part in ("keyring", "token")] == ["warn", "fail"]


def test_a_deactivated_connection_fails_and_the_rest_is_looked_at(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    assert heapscim("deactivate", "--yes").exit_code == 0
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert ran.exit_code == 3
    assert [found[part].state for part in ("connection", "token", "ledger", "directory")] == [
        "fail",
        "fail",
        "pass",
        "pass",
    ]


def test_a_proxy_is_named_without_its_secrets(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(heapscim, "https://heap.example/scim/v2/1")
    monkeypatch.setenv("https_proxy", "http://user:s3cret@127.0.0.1:9")
    ran = heapscim.json("doctor")
    assert findings(ran)["proxy"] == Found("pass", "by way of http://127.0.0.1:9", None)
    assert (findings(ran)["server"].state, ran.exit_code) == ("fail", 5)
    assert "s3cret" not in ran.stdout + ran.stderr
    monkeypatch.setenv("https_proxy", "socks5://user:s3cret@127.0.0.1:9")
    ran = heapscim.json("doctor")
    assert findings(ran)["proxy"].state == "fail"
    assert findings(ran)["server"].words == "not checked: the proxy can't be used"
    assert "s3cret" not in ran.stdout + ran.stderr


def test_a_server_that_is_gone_fails_once_and_hides_nothing(heapscim: CommandLine) -> None:
    with running(SandboxOptions(token=TOKEN)) as sandbox:
        healthy(heapscim, sandbox)
    ran = heapscim.json("doctor")
    assert ran.exit_code == 5
    assert {part: one.state for part, one in findings(ran).items() if one.state != "pass"} == {
        "server": "fail", "clock": "unchecked", "access": "unchecked", "accounts and groups": "unchecked",
    }  # fmt: skip


@pytest.mark.parametrize(("status", "exit_code"), [("401 Unauthorized", 3), ("403 Forbidden", 4), ("404 Not Found", 1)])
def test_a_token_that_is_refused_fails_and_the_server_passes(
    heapscim: CommandLine, status: str, exit_code: int
) -> None:
    with raw_server(serving(status=status)) as server:
        connect(heapscim, server.url)
        ran = heapscim.json("doctor")
    found = findings(ran)
    assert ran.exit_code == exit_code
    assert [found[part].state for part in ("server", "access", "accounts and groups")] == ["pass", "fail", "unchecked"]


@pytest.mark.parametrize(("days", "state"), [(400, "pass"), (31, "pass"), (12, "warn"), (-3, "fail")])
def test_the_days_of_a_certificate_are_counted(
    heapscim: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, state: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "roots.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    context = server_context(authority, "127.0.0.1")
    ends = datetime.now(UTC) + timedelta(days=days, hours=12)
    authority.issue_cert("127.0.0.1", not_before=ends - timedelta(days=900), not_after=ends).configure_cert(context)
    with raw_server(serving(), tls=context) as server:
        connect(heapscim, server.url.replace("http:", "https:"))
        found = findings(heapscim.json("doctor"))
    assert found["certificate"].state == state
    if days > 0:
        assert f"valid for {days} days (until {ends:%Y-%m-%d})" in found["certificate"].words
        assert found["access"].state == "pass"
    else:
        assert (found["server"].state, found["access"].state) == ("pass", "unchecked")


@pytest.mark.parametrize(("days", "state", "verb"), [(400, "pass", "ends"), (5, "warn", "ends"), (-3, "warn", "ended")])
def test_the_day_on_which_a_secret_ends_is_shown_in_time(
    heapscim: CommandLine, sandbox: Sandbox, days: int, state: str, verb: str
) -> None:
    healthy(heapscim, sandbox)
    day = datetime.now(UTC).date() + timedelta(days=days)
    for name in ("token", "webhook_url"):
        assert heapscim("profiles", "set", f"ends.{name}={day}").exit_code == 0
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert ran.exit_code == 0
    for part in ("token", "URL of the webhook"):
        assert (found[part].state, f"{verb} on {day}" in found[part].words) == (state, True)
    assert ("set ends.token to its last day" in (found["token"].next_step or "")) == (state == "warn")


def test_a_token_that_tells_its_own_end_needs_no_setting(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(heapscim, sandbox)
    ends = int(datetime.now(UTC).timestamp()) + 3 * 86_400 + 60
    body = base64.urlsafe_b64encode(json.dumps({"exp": ends}).encode()).decode().rstrip("=")
    monkeypatch.setenv("HEAPSCIM_TOKEN", f"eyJhbGciOiJub25lIn0.{body}.c2lnbmF0dXJl")
    assert heapscim("profiles", "set", "ends.token=2099-01-01").exit_code == 0
    found = findings(heapscim.json("doctor"))["token"]
    assert (found.state, "in 3 days" in found.words, "ends.token" in (found.next_step or "")) == ("warn", True, False)


@pytest.mark.parametrize(
    ("ahead", "state", "words"), [(5, "pass", "agree"), (300, "warn", "behind"), (-300, "warn", "ahead")]
)
def test_clocks_that_are_apart_are_a_warning(heapscim: CommandLine, ahead: int, state: str, words: str) -> None:
    with raw_server(serving(f"Date: {formatdate(time.time() + ahead, usegmt=True)}")) as server:
        connect(heapscim, server.url)
        ran = heapscim.json("doctor")
    found = findings(ran)["clock"]
    assert (ran.exit_code, found.state, words in found.words) == (0, state, True)


def test_lists_that_prove_nothing_are_a_warning(heapscim: CommandLine) -> None:
    body = json.dumps({"totalResults": 3, "Resources": [{"id": "1", "userName": "ada@x.org"}, {"id": "2"}]}).encode()
    with raw_server(serving(users=body)) as server:
        connect(heapscim, server.url)
        found = findings(heapscim.json("doctor"))["accounts and groups"]
    assert found.state == "warn"
    assert "2 can't be read" in found.words
    assert "removals that rest on it are withheld" in str(found.next_step)


def test_a_directory_that_cannot_be_read_or_is_not_set(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    heapscim.roster("id,username\n1,ada@x.org\n2,ada@x.org\n")
    ran = heapscim.json("doctor")
    assert (ran.exit_code, findings(ran)["directory"].state) == (1, "fail")
    assert "already in line" in findings(ran)["directory"].words
    heapscim.roster("id,username\n1,ada@x.org\n2,bob@x.org")
    found = findings(heapscim.json("doctor"))["directory"]
    assert (found.state, "removals" in str(found.next_step)) == ("warn", True), "the last line has no end"
    connect(heapscim, sandbox.base_url)
    assert findings(heapscim.json("doctor"))["directory"].words == "none is set"


def test_a_permission_that_the_directory_lacks_is_named(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as jumpcloud:
        heapscim.activate(
            sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}",
            "--set", "mapping.userName=email",
        )  # fmt: skip
        found = findings(heapscim.json("doctor"))
        assert (found["directory key"].words, found["directory"].state) == ("from HEAPSCIM_JUMPCLOUD_API_KEY", "pass")
        jumpcloud.behave(forbidden="/api/systemusers")
        ran = heapscim.json("doctor")
    assert (ran.exit_code, findings(ran)["directory"].state) == (4, "fail")
    assert "users" in findings(ran)["directory"].words + str(findings(ran)["directory"].next_step)


def test_a_ledger_that_another_hand_changed_fails(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    with sqlite3.connect(heapscim.folder / "state" / "ledgers" / "default.sqlite3") as connection:
        connection.execute("UPDATE links SET name = 'mallory@x.org' WHERE type = 'user'")
    connection.close()
    ran = heapscim.json("doctor")
    assert (ran.exit_code, findings(ran)["ledger"].state) == (1, "fail")
    assert "heapscim history --verify" in str(findings(ran)["ledger"].next_step)
    ledger = heapscim.folder / "state" / "ledgers" / "default.sqlite3"
    ledger.write_bytes(b"no database, whatever it was before" * 100)
    assert "is damaged" in findings(heapscim.json("doctor"))["ledger"].words


def test_a_run_that_was_cut_off_and_one_that_holds_the_profile(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    context = a_context()
    with context.ledger.lock().held("sync"):
        found = findings(heapscim.json("doctor"))["lock"]
    assert (found.state, f"process {os.getpid()} on" in found.words) == ("warn", True)
    holder = heapscim.folder / "state" / "ledgers" / "default.sqlite3.holder.json"
    holder.write_text(json.dumps({"command": "sync", "pid": 7, "host": "elsewhere", "since": 0.0}))
    found = findings(heapscim.json("doctor"))["lock"]
    assert (found.state, "process 7 on elsewhere" in found.words) == ("warn", True)


def test_changes_in_doubt_are_a_warning_that_names_the_run(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    ledger = a_context().ledger.open(sandbox.base_url)
    change = CreateUser("2", "bob@x.org", {"userName": "bob@x.org"}, "new")
    run = ledger.begin(
        RunHead("sync", "people.csv", "f", RunContext("root", "here", 1, {})), [OperationDraft.of(change)]
    )
    ledger.record(run, [(0, None)])
    ledger.close()
    found = findings(heapscim.json("doctor"))["last run"]
    assert found == Found(
        "warn",
        f"1 change of run {run} in doubt",
        f"The next sync finds out what became of them, or `heapscim resume {run}`.",
    )


def test_a_person_sees_what_is_wrong_and_the_next_step_below_it(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from heapscim.output.findings_view import show_findings

    del heapscim, sandbox
    screen = a_context().screen
    monkeypatch.setattr(type(screen), "is_pretty", property(lambda _: True))
    monkeypatch.setattr(type(screen), "width", property(lambda _: 60))
    rows = [("token", "it is there", "", "pass"), ("server", "it can't be reached " * 3, "Check the address.", "fail")]
    show_findings(rows, "1 fail, 1 part passes.", screen)
    assert capsys.readouterr().out == (
        "pass  token   it is there\n"
        "fail  server  it can't be reached it can't be reached it\n"
        "              can't be reached\n"
        "              → Check the address.\n"
        "\n"
        "1 fail, 1 part passes.\n"
    )
