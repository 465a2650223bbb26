"""Profiles as an administrator keeps them: listed, shown, changed by key, deleted."""

import sys
from pathlib import Path

import keyring
import pexpect
import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.hands import ADA, HEADER
from tests.conftest import CommandLine, Ran
from tests.fakes.keyrings import LockedKeyring
from tests.fakes.patience import PATIENCE


def settings_of(ran: Ran) -> dict[str, tuple[object, str]]:
    return {entry["key"]: (entry["value"], entry["from"]) for entry in ran.data["settings"]}


def file_of(heapscim: CommandLine, name: str = "default") -> Path:
    return heapscim.folder / "config" / "profiles" / f"{name}.toml"


@pytest.fixture
def connected(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(HEADER + ADA)))
    return heapscim


def test_profiles_are_listed_with_tenant_directory_state_and_last_run(connected: CommandLine, sandbox: Sandbox) -> None:
    assert connected("sync", "--yes").exit_code == 0
    connected.activate(sandbox, "--profile", "old")
    assert connected("deactivate", "--profile", "old", "--yes").exit_code == 0
    ran = connected("profiles", "list")
    head, first, second = (line.split("\t") for line in ran.stdout.splitlines())
    assert head == ["profile", "base URL", "directory", "last run", "outcome", "state"]
    roster = str(connected.folder / "people.csv")
    assert [*first[:3], *first[4:]] == ["default", sandbox.base_url, roster, "done", "connected"]
    assert second == ["old", sandbox.base_url, "not set", "", "", "deactivated"]
    data = connected.json("profiles", "list").data
    assert [(entry["profile"], entry["connected"]) for entry in data] == [("default", True), ("old", False)]
    assert data[0]["last_run"] == connected.json("history", "last").data["run"]
    assert connected("profiles", "list", "-o", "csv").stdout.startswith("profile,base URL,")


def test_a_profile_that_is_wrong_hides_no_other(connected: CommandLine) -> None:
    wrong = file_of(connected, "broken")
    wrong.write_text('base_url = "https://h.example/1"\nscopee = 1\n')
    wrong.chmod(0o600)
    ran = connected.json("profiles", "list")
    assert (ran.exit_code, [entry["profile"] for entry in ran.data]) == (7, ["broken", "default"])
    assert ran.data[0]["base_url"] == "https://h.example/1"
    assert ran.envelope["notices"] == [f"broken: {wrong}: there is no setting scopee."]


def test_without_a_profile_the_list_is_empty_and_says_how_to_make_one(heapscim: CommandLine) -> None:
    ran = heapscim("profiles", "list")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr == "No profile yet. `heapscim activate --base-url URL` makes one.\n"


def test_every_setting_is_shown_with_where_it_comes_from_and_no_secret(connected: CommandLine) -> None:
    ran = connected("profiles", "set", "limits.removal_share=0.05", "mapping.title=jobtitle", "mapping.role=")
    assert ran.exit_code == 0, ran.stderr
    found = settings_of(connected.json("profiles", "show"))
    assert found["limits.removal_share"] == (0.05, "set")
    assert found["limits.update_share"] == (0.3, "default")
    assert found["mapping.title"] == ("jobtitle", "set")
    assert found["mapping.role"] == ("", "set")
    assert found["mapping.userName"] == ("username", "default")
    assert found["dialect.page_size"] == (100, "default")
    assert found["scope"] == (None, "default")
    assert not [key for key in found if "token" in key.removeprefix("ends.token") or key.startswith("jumpcloud.")]
    lines = connected("profiles", "show", "default").stdout.splitlines()
    assert "limits.removal_share\t0.05\tset" in lines
    assert 'mapping.role\t""\tset' in lines
    assert "scope\tnot set\tdefault" in lines


def test_the_settings_of_the_profiles_kind_of_directory_are_shown_too(connected: CommandLine) -> None:
    changes = ("directory=jumpcloud:Heap", "jumpcloud.region=eu", 'jumpcloud.role_from_groups={Heads = "Admin"}')
    ran = connected.json("profiles", "set", *changes)
    assert [(entry["key"], entry["after"]) for entry in ran.data["changed"]] == [
        ("directory", "jumpcloud:Heap"),
        ("jumpcloud.region", "eu"),
        ("jumpcloud.role_from_groups", {"Heads": "Admin"}),
    ]
    found = settings_of(connected.json("profiles", "show"))
    assert (found["jumpcloud.region"], found["jumpcloud.page_size"]) == (("eu", "set"), (100, "default"))
    assert 'jumpcloud.role_from_groups\t{ Heads = "Admin" }\tset' in connected("profiles", "show").stdout


def test_a_setting_is_put_back_to_its_default(connected: CommandLine) -> None:
    assert connected("profiles", "set", "http.timeout=60", "http.retries=2", "mapping.role=").exit_code == 0
    assert connected("profiles", "unset", "http.timeout").stdout.splitlines() == [
        "setting\tbefore\tafter\tfrom",
        "http.timeout\t60.0\t30.0\tdefault",
    ]
    assert connected("profiles", "unset", "http", "mapping.role").exit_code == 0
    found = settings_of(connected.json("profiles", "show"))
    assert (found["http.retries"], found["mapping.role"]) == ((5, "default"), ("role", "default"))
    ran = connected("profiles", "unset", "http.timeout")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr == "Nothing changed: the profile says so already.\n"


def test_a_wrong_setting_changes_none(connected: CommandLine) -> None:
    before = file_of(connected).read_text()
    ran = connected.json("profiles", "set", "http.timeout=60", "limits.removal_share=10%", "protect=a@b.c")
    assert (ran.exit_code, ran.envelope["error"]["problems"]) == (
        1,
        [
            'protect is "a@b.c". It takes a list, such as ["ops@example.com"].',
            'limits.removal_share is "10%". It takes a number from 0 to 1, such as 0.1.',
        ],
    )
    activated = connected.json("activate", "--set", "limits.removal_share=10%", "--set", "protect=a@b.c")
    assert activated.envelope["error"] == ran.envelope["error"]
    ran = connected("profiles", "unset", "http.timeuot", "nothing")
    assert "  there is no setting http.timeuot. Did you mean http.timeout?\n" in ran.stderr
    assert "  there is no setting nothing.\n`heapscim help settings` lists every key" in ran.stderr
    assert file_of(connected).read_text() == before


@pytest.mark.parametrize("line", ["set base_url=https://other.example/1", "unset base_url", "set disconnected=false"])
def test_the_connection_itself_is_changed_only_where_it_is_verified(connected: CommandLine, line: str) -> None:
    before = file_of(connected).read_text()
    ran = connected("profiles", *line.split())
    assert ran.exit_code == 2
    assert "belongs to the connection, so it isn't changed here.\n`heapscim activate" in ran.stderr
    assert file_of(connected).read_text() == before


@pytest.mark.parametrize("command", ["profiles set", "activate --set"])
def test_a_roster_keeps_its_place_when_commands_run_elsewhere(connected: CommandLine, command: str) -> None:
    connected.roster(HEADER + ADA, "other.csv")
    assert connected(*command.split(), "directory=other.csv").exit_code == 0
    expected = (str(connected.folder / "other.csv"), "set")
    assert settings_of(connected.json("profiles", "show"))["directory"] == expected


def test_a_directory_of_no_kind_is_refused(connected: CommandLine) -> None:
    assert connected("profiles", "set", "directory=nowhere:x").exit_code == 2


def test_a_profile_that_is_missing_is_named_with_those_there_are(connected: CommandLine) -> None:
    for line in ("show defualt", "delete defualt --yes", "set --profile defualt scope=all"):
        ran = connected("profiles", *line.split())
        assert ran.exit_code == 1
        assert ran.stderr == "Error: There is no profile defualt.\nDid you mean default? There is default.\n"


def test_activate_for_a_mistyped_profile_names_the_nearest(connected: CommandLine) -> None:
    ran = connected("activate", "--profile", "defualt", "--set", "scope=all")
    assert (ran.exit_code, ran.stderr.splitlines()[1]) == (
        2,
        "Give --base-url: Heap shows it beside the token. Did you mean --profile default?",
    )


def test_a_connected_profile_is_deleted_with_its_token_and_says_what_remains(
    connected: CommandLine, sandbox: Sandbox
) -> None:
    assert connected("sync", "--yes").exit_code == 0
    users = sandbox.store.snapshot()["users"]
    ran = connected("profiles", "delete", "default", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert "Profile default is connected to" in ran.stderr
    assert "Users and groups in Heap are left as they are." in ran.stdout
    assert not connected.keyring.kept
    assert not file_of(connected).exists()
    assert not [*(connected.folder / "state" / "ledgers").glob("*.sqlite3")]
    assert sandbox.store.snapshot()["users"] == users


def test_a_profile_is_deleted_only_if_its_name_is_typed(connected: CommandLine) -> None:
    assert connected("profiles", "delete", "default").exit_code == 2
    for typed, remains in (("defualt", True), ("default", False)):
        arguments = ["-m", "heapscim", "profiles", "delete", "default"]
        child = pexpect.spawn(sys.executable, arguments, encoding="utf-8", timeout=PATIENCE)
        child.expect("Type the profile's name \\(default\\): ")
        child.sendline(typed)
        child.expect(pexpect.EOF)
        child.close()
        assert file_of(connected).exists() is remains


def test_a_deleted_profile_s_secrets_in_a_locked_keyring_are_left_to_its_own_program(connected: CommandLine) -> None:
    keyring.set_keyring(LockedKeyring())
    ran = connected("profiles", "delete", "default", "--yes")
    assert ran.exit_code == 7
    words = "The keyring is locked. Remove what it keeps for heapscim and default with the keyring's own program.\n"
    assert f"No token was forgotten: {words}" in ran.stderr


def test_the_envelope_names_the_profile_that_the_argument_names(connected: CommandLine) -> None:
    for line in ("show default --profile other", "delete default --profile other --yes"):
        ran = connected.json("profiles", *line.split())
        assert (ran.exit_code, ran.envelope["profile"]) == (0, "default")
    assert connected.json("profiles", "show", "default").envelope["profile"] == "default"
