"""How things are, also when they are bad."""

import json
from dataclasses import asdict

import keyring
import pytest

from heapscim.heap.dialect import Dialect
from heapscim.ledger.entries import RunContext, RunHead
from heapscim.sandbox.server import Sandbox, SandboxOptions, running
from heapscim.workflows.status import status_report
from tests.conftest import CommandLine
from tests.fakes.clocks import FakeClock
from tests.fakes.contexts import a_context
from tests.fakes.keyrings import LockedKeyring
from tests.fakes.tenants import TOKEN

DIALECT = json.loads(json.dumps(asdict(Dialect())))


def connected(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username,groups\nada@x.org,Design\n")))


def test_everything_is_said_whole(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connected(heapscim, sandbox)
    ran = heapscim.json("status")
    said = ran.envelope
    assert said["data"]["facts"].pop("answered_in") > 0
    assert said == {
        "version": 1,
        "command": "status",
        "profile": "default",
        "exit_code": 0,
        "data": {
            "base_url": sandbox.base_url,
            "disconnected": False,
            "reachable": True,
            "token_source": "keyring",
            "directory": str(heapscim.folder / "people.csv"),
            "directory_found": {"answers": True, "found": "1 person, 1 group", "key_source": None},
            "scope": None,
            "manage_groups": True,
            "facts": {"users": 0, "groups": 0, "patch": True, "filter": True},
            "dialect": DIALECT,
            "managed": {"users": 0, "groups": 0},
            "by_hand": {"users": 0, "groups": 0},
            "last_run": None,
            "problems": [],
        },
        "notices": [],
        "error": None,
    }


def test_a_person_reads_a_line_for_each_fact(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connected(heapscim, sandbox)
    heapscim("sync", "--yes")
    facts = dict(line.split("\t") for line in heapscim("status").stdout.splitlines())
    assert facts.pop("reachable").startswith("yes, in ")
    run = facts.pop("last run")
    assert facts == {
        "profile": "default",
        "base URL": sandbox.base_url,
        "token from": "keyring",
        "directory": str(heapscim.folder / "people.csv"),
        "directory answers": "yes: 1 person, 1 group",
        "scope": "all people, the default for a roster",
        "groups": "managed",
        "dialect": "updates: PATCH, else PUT; role: role; leavers: deactivated",
        "in Heap": "1 user, 1 group",
        "managed": "1 user, 1 group",
    }
    assert run.endswith("(just now)")
    assert ": sync, done, " in run


@pytest.mark.parametrize(
    ("later", "words"),
    [(59, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (90_000, "1 day ago"), (864_000, "10 days ago")],
)
def test_a_run_is_as_old_as_a_person_says_it(
    heapscim: CommandLine, sandbox: Sandbox, *, later: float, words: str
) -> None:
    connected(heapscim, sandbox)
    timing = FakeClock(at=1_790_000_000.0)
    context = a_context(timing=timing.timing())
    ledger = context.ledger.open(sandbox.base_url)
    ledger.begin(RunHead("sync", "people.csv", "f", RunContext("root", "here", 1, {})), ())
    ledger.close()
    timing.at += later
    found = status_report(context)
    assert found.table is not None
    assert found.table.rows[-1][1].endswith(f": sync, cut off, 2026-09-21 14:13 UTC ({words})")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('update_method = "put"\ngroup_update_method = "put"', "updates: PUT; role: role; leavers: deactivated"),
        ('update_method = "put"', "updates: users by PUT, groups by PATCH, else PUT; role: role; leavers: deactivated"),
        ('deactivation = "removes"', "updates: PATCH, else PUT; role: role; leavers: deactivated, which removes them"),
        (
            'inactive = "omitted"',
            "updates: PATCH, else PUT; role: role; leavers: deactivated; an account without active is inactive",
        ),
        (
            'role_attribute = "roles"\nrole_readable = "no"\ndeprovision = "delete"\nunreadable = ["emails"]',
            "updates: PATCH, else PUT; role: roles, never shown; leavers: deleted; never shown: emails",
        ),
    ],
)
def test_the_dialect_is_told(heapscim: CommandLine, sandbox: Sandbox, settings: str, words: str) -> None:
    connected(heapscim, sandbox)
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    profile.write_text(profile.read_text() + f'scope = "groups"\n[dialect]\n{settings}\n')
    facts = dict(line.split("\t") for line in heapscim("status").stdout.splitlines())
    assert (facts["dialect"], facts["scope"]) == (words, "members of bound groups")


def test_a_tenant_that_is_gone_is_told_with_all_the_rest(heapscim: CommandLine) -> None:
    with running(SandboxOptions(token=TOKEN)) as sandbox:  # a server of its own, which ends
        connected(heapscim, sandbox)
        heapscim("sync", "--yes")
    ran = heapscim.json("status")
    assert (ran.exit_code, ran.data["reachable"], ran.data["facts"]) == (5, False, None)
    assert ran.data["managed"] == {"users": 1, "groups": 1}
    assert [problem["code"] for problem in ran.data["problems"]] == ["unavailable"]
    shown = heapscim("status")
    assert "reachable\tno\n" in shown.stdout
    assert "can't be reached" in shown.stderr


@pytest.mark.parametrize(
    ("text", "exit_code", "code"), [("revoked", 3, "unauthenticated"), (None, 3, "token_missing"), ("a b", 2, "usage")]
)
def test_a_token_that_does_not_do_is_told_with_all_the_rest(
    heapscim: CommandLine, sandbox: Sandbox, text: str | None, exit_code: int, code: str
) -> None:
    connected(heapscim, sandbox)
    heapscim.keyring.kept.clear()
    if text:
        heapscim.keyring.set_password("heapscim", "default", text)
    ran = heapscim.json("status")
    assert (ran.exit_code, [problem["code"] for problem in ran.data["problems"]]) == (exit_code, [code])
    assert ran.data["managed"] == {"users": 0, "groups": 0}


def test_a_token_that_is_there_and_unusable_does_not_come_from_nowhere(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connected(heapscim, sandbox)
    heapscim.keyring.set_password("heapscim", "default", "a b")
    ran = heapscim("status")
    assert "token from\tunusable: see below\n" in ran.stdout
    assert "The token contains white space" in ran.stderr


def test_a_locked_keyring_is_told_with_all_the_rest(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connected(heapscim, sandbox)
    keyring.set_keyring(LockedKeyring())
    ran = heapscim("status")
    assert (ran.exit_code, "token from\tunusable: see below\n" in ran.stdout) == (1, True)
    assert "The keyring is locked." in ran.stderr


def test_a_damaged_ledger_is_told_with_all_the_rest(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connected(heapscim, sandbox)
    ledger = heapscim.folder / "state" / "ledgers" / "default.sqlite3"
    ledger.parent.mkdir(mode=0o700, parents=True)
    ledger.touch(0o600)
    ledger.write_bytes(b"not a database" * 100)
    ran = heapscim.json("status")
    assert (ran.exit_code, ran.data["reachable"], ran.data["managed"]) == (1, True, None)
    assert [problem["code"] for problem in ran.data["problems"]] == ["ledger"]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [(None, "directory", "can't be read: "), ("username\nada@x.org\nada@x.org\n", "roster_invalid", "has 1 problem")],
)
def test_a_roster_that_can_not_be_read_is_told_with_all_the_rest(
    heapscim: CommandLine, sandbox: Sandbox, content: str | None, code: str, words: str
) -> None:
    connected(heapscim, sandbox)
    roster = heapscim.folder / "people.csv"
    roster.unlink()
    if content is not None:
        roster.write_text(content)
    ran = heapscim.json("status")
    assert (ran.exit_code, ran.data["reachable"]) == (1, True)
    assert ran.data["directory_found"] == {"answers": False, "found": None, "key_source": None}
    assert [problem["code"] for problem in ran.data["problems"]] == [code]
    assert words in ran.data["problems"][0]["message"]
    assert "directory answers\tno\n" in heapscim("status").stdout


def test_a_roster_that_may_be_cut_off_is_told_as_such(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connected(heapscim, sandbox)
    heapscim.roster("username\nada@x.org")
    found = heapscim.json("status").data["directory_found"]
    assert found["answers"] is True
    assert found["found"].startswith("1 person; ")


def test_a_profile_without_a_directory_has_none_to_ask(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    facts = dict(line.split("\t") for line in heapscim("status").stdout.splitlines())
    assert (facts["directory"], facts["scope"]) == ("not set", "the directory's default")
    assert "directory answers" not in facts
    assert heapscim.json("status").data["directory_found"] is None


def test_without_a_profile_there_is_nothing_to_show(heapscim: CommandLine) -> None:
    ran = heapscim.json("status", "--profile", "prod")
    assert (ran.exit_code, ran.envelope["error"]) == (
        1,
        {
            "code": "settings",
            "message": "There is no profile prod.",
            "hint": "`heapscim activate --profile prod --base-url URL` makes it.",
        },
    )
    assert not (heapscim.folder / "state").exists()


def test_looking_changes_nothing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connected(heapscim, sandbox)
    heapscim("status")
    assert not (heapscim.folder / "state").exists()
    assert sandbox.tenant.writes == 0
    assert json.loads(heapscim("status", "-o", "json").stdout)["version"] == 1
    assert heapscim("status", "-o", "csv").stdout.startswith("setting,value\nprofile,default\n")
    assert TOKEN not in heapscim("status", "--debug").stderr
