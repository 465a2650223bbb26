"""What `doctor` says when nearly all is broken: each fault is named, and hides no other part."""

import csv
import json
import os
import subprocess
import sys
from importlib import metadata
from io import StringIO
from pathlib import Path

import keyring
import pytest

from heapscim.errors import SettingsError
from heapscim.ledger.entries import OperationDraft, RunContext, RunHead
from heapscim.model.changes import CreateUser
from heapscim.sandbox.server import Sandbox
from heapscim.workflows.findings import Finding, findings_result, guarded
from tests.cli.checkups import PARTS, Found, connect, findings, healthy
from tests.conftest import CommandLine
from tests.fakes.contexts import a_context
from tests.fakes.jumpcloud import KEY, running_jumpcloud
from tests.fakes.keyrings import LockedKeyring, PlaintextKeyring
from tests.fakes.tenants import TOKEN


@pytest.mark.parametrize("text", [b"base_url = \xff", b"base_url", b"", b"[dialect]\nforms = 3\n"], ids=repr)
def test_settings_that_make_no_sense_hide_no_part(heapscim: CommandLine, sandbox: Sandbox, text: bytes) -> None:
    healthy(heapscim, sandbox)
    (heapscim.folder / "config" / "profiles" / "default.toml").write_bytes(text)
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code, list(found)) == (1, PARTS)
    assert found["settings"].state == "fail"
    assert [found[part].state for part in ("versions", "files", "keyring", "token", "lock")] == ["pass"] * 5
    others = set(PARTS) - {"settings", "versions", "files", "keyring", "token", "lock"}
    assert {found[part] for part in others} == {Found("unchecked", "not checked: the settings can't be used", None)}


def test_with_nothing_at_all_each_part_has_a_line(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    for name in ("HEAPSCIM_CONFIG_DIR", "HEAPSCIM_STATE_DIR"):
        monkeypatch.setenv(name, str(heapscim.folder / ("x" * 300)))  # longer than a name may be
    ran = heapscim.json("doctor")
    found = findings(ran)
    assert (ran.exit_code != 0, list(found)) == (True, PARTS)
    assert [found[part].state for part in ("settings", "files", "keyring", "token")] == ["fail", "fail", "warn", "fail"]
    assert all(found[part].next_step for part in ("settings", "files", "keyring", "token"))


def test_a_state_folder_that_cannot_be_looked_at_hides_no_part(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(heapscim, sandbox)
    monkeypatch.setenv("HEAPSCIM_STATE_DIR", str(heapscim.folder / ("x" * 300)))
    found = findings(heapscim.json("doctor"))
    assert [found[part].state for part in ("files", "ledger")] == ["fail", "fail"]
    assert [found[part].state for part in ("access", "accounts and groups", "directory")] == ["pass"] * 3
    assert "can't be looked at" in found["ledger"].words


def test_an_error_of_any_check_becomes_its_line() -> None:
    def settings() -> list[Finding]:
        raise SettingsError("It is wrong.", hint="Mend it.")

    def system() -> list[Finding]:
        raise PermissionError(13, "Permission denied", "/there")

    assert list(guarded("one", settings)) == [Finding("one", "fail", "It is wrong.", "Mend it.", 1)]
    (found,) = guarded("two", system)
    assert (found.grade, found.found) == ("fail", "/there can't be looked at: Permission denied.")
    assert found.next_step


def test_a_library_that_is_not_installed_properly_fails(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(heapscim, sandbox)
    known = metadata.version

    def version(name: str) -> str:
        if name in ("httptools", "uvicorn"):
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr("heapscim.workflows.doctor_machine.version", version)
    ran = heapscim.json("doctor")
    found = findings(ran)["versions"]
    assert (ran.exit_code, found.state) == (1, "fail")
    assert found.words.startswith("httptools not installed properly")
    assert found.words.endswith("without the extra sandbox")


def test_a_keyring_in_plain_text_is_none(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    plain = PlaintextKeyring()
    plain.set_password("heapscim", "default", TOKEN)
    keyring.set_keyring(plain)
    found = findings(heapscim.json("doctor"))
    assert (found["keyring"].state, found["token"].state) == ("warn", "fail")
    assert found["keyring"].words == "There is no keyring that keeps a secret safely."


@pytest.mark.parametrize(
    ("path", "lacking"),
    [
        ("/api/systemusers", "users"),
        ("/api/v2/usergroups", "user groups|the members of user groups"),
        ("/api/applications", "applications"),
        ("/api/v2/applications", "what is bound to applications"),
    ],
)
def test_each_permission_that_the_directory_lacks_is_named(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, path: str, lacking: str
) -> None:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as jumpcloud:
        heapscim.activate(
            sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}",
            "--set", "mapping.userName=email",
        )  # fmt: skip
        jumpcloud.behave(forbidden=path)
        ran = heapscim.json("doctor")
    found = findings(ran)["directory"]
    assert (ran.exit_code, found.state) == (4, "fail")
    said = str(found.next_step)
    assert any(f"lacks the permission to read {what}." in said for what in lacking.split("|")), said


def test_a_directory_without_its_key_says_where_to_put_one(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    with running_jumpcloud() as jumpcloud:
        heapscim.activate(
            sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}",
        )  # fmt: skip
        monkeypatch.delenv("HEAPSCIM_JUMPCLOUD_API_KEY")
        missing = heapscim.json("doctor")
        keyring.set_keyring(LockedKeyring())
        locked = findings(heapscim.json("doctor"))
    found = findings(missing)
    assert (missing.exit_code, found["directory key"].state, found["directory"].state) == (3, "warn", "fail")
    assert "HEAPSCIM_JUMPCLOUD_API_KEY" in str(found["directory key"].next_step)
    assert locked["directory key"].words == "The keyring is locked."
    assert locked["access"].state == "pass"


def test_a_run_under_way_is_neither_cut_off_nor_in_doubt(heapscim: CommandLine, sandbox: Sandbox) -> None:
    healthy(heapscim, sandbox)
    context = a_context()
    ledger = context.ledger.open(sandbox.base_url)
    change = CreateUser("2", "bob@x.org", {"userName": "bob@x.org"}, "new")
    run = ledger.begin(
        RunHead("sync", "people.csv", "f", RunContext("root", "here", 1, {})), [OperationDraft.of(change)]
    )
    ledger.record(run, [(0, None)])
    ledger.close()
    with context.ledger.lock().held("sync"):
        shown = subprocess.run(
            [sys.executable, "-m", "heapscim", "doctor", "--output", "json"],
            env={**os.environ, "HEAPSCIM_TOKEN": TOKEN}, capture_output=True, check=False,
        )  # fmt: skip
        found = {one["part"]: one for one in json.loads(shown.stdout)["data"]["findings"]}
    assert (found["last run"]["state"], f"{run}: sync, under way" in found["last run"]["found"]) == ("pass", True)
    assert found["lock"]["state"] == "warn"
    after = findings(heapscim.json("doctor"))["last run"]
    assert (after.state, "in doubt" in after.words) == ("warn", True)


@pytest.mark.parametrize("outcome", [None, "interrupted", "failed"])
def test_a_run_that_did_not_reach_its_end_has_a_next_step(
    heapscim: CommandLine, sandbox: Sandbox, outcome: str | None
) -> None:
    healthy(heapscim, sandbox)
    ledger = a_context().ledger.open(sandbox.base_url)
    change = CreateUser("2", "bob@x.org", {"userName": "bob@x.org"}, "new")
    head = RunHead("sync", "people.csv", "f", RunContext("root", "here", 1, {}))
    run = ledger.begin(head, [OperationDraft.of(change)])
    if outcome is not None:
        ledger.end_run(run, outcome)
    ledger.close()
    found = findings(heapscim.json("doctor"))["last run"]
    assert (found.state, f"{run}: sync, {outcome or 'cut off'}," in found.words) == ("warn", True)
    assert f"`heapscim history {run}`" in str(found.next_step)


def test_the_last_line_names_what_is_not_in_order(
    heapscim: CommandLine, sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del heapscim, sandbox, tmp_path

    def summary(*grades: str) -> str:
        found = tuple(Finding(f"part {at}", grade, "x") for at, grade in enumerate(grades))  # type: ignore[arg-type]
        screen = a_context().screen
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(screen), "is_pretty", property(lambda _: True))
            show = findings_result(found).show
            assert show is not None
            show(screen)
        return capsys.readouterr().out.splitlines()[-1]

    assert summary("pass", "pass") == "All 2 parts pass."
    assert summary("pass", "warn", "fail", "fail", "unchecked") == (
        "2 fail: part 2, part 3; 1 warns: part 1; 1 isn't checked; 1 passes."
    )


def test_a_spreadsheet_gets_a_row_for_each_part(heapscim: CommandLine) -> None:
    connect(heapscim, "http://127.0.0.1:9/scim/v2/1")
    ran = heapscim("doctor", "--output", "csv")
    rows = list(csv.DictReader(StringIO(ran.stdout)))
    assert (ran.exit_code, [row["part"] for row in rows if row["state"] == "fail"]) == (5, ["server"])
