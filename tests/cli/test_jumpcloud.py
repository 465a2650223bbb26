"""JumpCloud → Heap through the real command line, over real sockets on both sides."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud
from tests.fakes.tenants import TOKEN

IN_HEAP = {"Design": ["ada@example.com", "alan@example.com"], "Research": ["ada@example.com", "grace@example.com"]}


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud() as running:
        yield running


@pytest.fixture
def connected(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}",
                      "--set", "mapping.role=attributes.heapRole", "--set", "mapping.userName=email",
                      "--set", "mapping.displayName='{firstname} {lastname}'",
                      "--set", "limits.min_population=50")  # fmt: skip
    return heapscim


def active(sandbox: Sandbox) -> list[str]:
    return [name for name, user in sandbox.store.snapshot()["users"].items() if user["active"]]


def test_members_of_bound_groups_are_provisioned_and_nobody_else(connected: CommandLine, sandbox: Sandbox) -> None:
    ran = connected.json("sync", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert sandbox.store.snapshot()["groups"] == IN_HEAP
    assert active(sandbox) == ["ada@example.com", "alan@example.com", "grace@example.com"]
    ada = sandbox.store.user_named("ada@example.com")
    assert ada is not None
    assert (ada["role"], ada["displayName"]) == ("Admin", "Ada Lovelace")
    assert {skip["user_name"]: skip["reason"] for skip in ran.data["plan"]["skips"]} == {
        "edsger@example.com": "in no bound group",
        "kurt@example.com": "inactive in the directory",
    }
    before = sandbox.tenant.writes
    again = connected.json("sync", "--yes")
    assert (again.data["counts"], sandbox.tenant.writes) == ({}, before)


def test_the_status_says_that_jumpcloud_answers_and_where_its_key_comes_from(connected: CommandLine) -> None:
    facts = dict(line.split("\t") for line in connected("status").stdout.splitlines())
    assert {name: facts[name] for name in ("directory", "directory answers", "key from", "scope")} == {
        "directory": "jumpcloud:Heap",
        "directory answers": "yes: JumpCloud knows the key and the application Heap",
        "key from": "HEAPSCIM_JUMPCLOUD_API_KEY",
        "scope": "members of bound groups, the default for JumpCloud",
    }


@pytest.mark.parametrize(
    ("behaviour", "exit_code", "code"),
    [
        ({"wrong_region": "yes"}, 3, "directory_unauthenticated"),
        ({"forbidden": "/api/applications"}, 4, "directory_forbidden"),
        ({"lost_page": "applications@0"}, 5, "directory_unavailable"),
    ],
)
def test_the_status_says_why_jumpcloud_does_not_answer(
    connected: CommandLine, jumpcloud: RunningJumpCloud, behaviour: dict[str, object], exit_code: int, code: str
) -> None:
    jumpcloud.behave(**behaviour)
    ran = connected.json("status")
    assert (ran.exit_code, [problem["code"] for problem in ran.data["problems"]]) == (exit_code, [code])
    assert ran.data["reachable"] is True
    assert ran.data["directory_found"] == {"answers": False, "found": None, "key_source": "environment"}


def test_the_status_says_that_there_is_no_key(connected: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEAPSCIM_JUMPCLOUD_API_KEY")
    ran = connected("status")
    assert (ran.exit_code, "There is no key for JumpCloud." in ran.stderr) == (3, True)
    assert "directory answers\tno\nkey from\tnowhere\n" in ran.stdout


def test_a_failure_of_heap_gives_the_status_its_exit_code(
    connected: CommandLine, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSCIM_TOKEN", "revoked")
    jumpcloud.behave(forbidden="/api/applications")
    ran = connected.json("status")
    assert (ran.exit_code, [problem["code"] for problem in ran.data["problems"]]) == (
        3, ["unauthenticated", "directory_forbidden"],
    )  # fmt: skip


def test_an_unproven_read_takes_nothing_away(
    connected: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    connected("sync", "--yes")
    jumpcloud.store.remove_user("grace@example.com")
    jumpcloud.behave(wrong_total=1, by_id="broken")
    ran = connected.json("sync", "--yes")
    assert ran.exit_code == 8, ran.stderr
    assert ran.data["counts"] == {}
    assert "grace@example.com" in active(sandbox)
    jumpcloud.behave(wrong_total=0)
    assert connected.json("sync", "--yes").data["counts"] == {"remove_members": 1, "deactivate_user": 1}


def test_unbinding_shows_who_would_be_deactivated_and_the_next_sync_does_it(
    connected: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    connected("sync", "--yes")
    writes = sandbox.tenant.writes
    assert connected("groups", "unbind", "Design").exit_code == 2
    ran = connected("groups", "unbind", "design", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert "Design was unbound, and no other managed group holds them" in " ".join(ran.stdout.split())
    assert "ada@example.com leaves Design, stays in Research" in " ".join(ran.stdout.split())
    assert "Design is not bound now in JumpCloud (Heap)." in ran.stdout
    assert "The next `heapscim sync` makes the changes above." in ran.stdout
    assert (jumpcloud.store.bound_names("Heap"), sandbox.tenant.writes) == (["Research"], writes)
    assert connected.json("sync", "--yes").data["counts"] == {"release_group": 1, "deactivate_user": 1}
    assert active(sandbox) == ["ada@example.com", "grace@example.com"]
    assert sandbox.store.snapshot()["groups"] == IN_HEAP


def test_binding_shows_who_would_come_and_what_is_pending_anyway(
    connected: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    ran = connected.json("groups", "bind", "Finance", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert ran.data["counts"] == {"create_user": 4, "create_group": 3}
    assert ran.envelope["notices"] == ["5 of these changes are pending already, with or without this."]
    assert {key: ran.data[key] for key in ("group", "bound", "changed")} == {
        "group": "Finance",
        "bound": True,
        "changed": True,
    }
    assert jumpcloud.store.bound_names("Heap") == ["Design", "Finance", "Research"]
    again = connected("groups", "bind", "Finance", "--yes")
    assert (again.exit_code, again.stdout) == (0, "Finance is bound already.\n")
    assert sandbox.tenant.writes == 0


def test_a_guard_refuses_before_the_directory_is_changed(
    connected: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    connected("sync", "--yes")
    connected.activate(sandbox, "--set", "protect=['alan@*']")
    ran = connected("groups", "unbind", "Design", "--yes")
    assert (ran.exit_code, jumpcloud.store.bound_names("Heap")) == (6, ["Design", "Research"])
    assert "alan@example.com is protected" in ran.stdout


def test_the_directory_lists_its_groups(connected: CommandLine, jumpcloud: RunningJumpCloud) -> None:
    ids = {name: jumpcloud.store.group(name)["id"] for name in ("Design", "Finance", "Research")}
    assert connected.json("groups", "list", "--directory").data == [
        {"name": "Design", "id": ids["Design"], "members": 2, "bound": True},
        {"name": "Finance", "id": ids["Finance"], "members": None, "bound": False},
        {"name": "Research", "id": ids["Research"], "members": 3, "bound": True},
    ]
    jumpcloud.behave(wrong_total=1)
    assert connected("groups", "list", "--directory").exit_code == 8


def test_a_roster_is_bound_in_its_file(heapscim: CommandLine, sandbox: Sandbox) -> None:
    text = "people:\n  - {username: ada@x.org}\ngroups:\n  - name: Design # ours\n    members: [ada@x.org]\n"
    roster = heapscim.roster(text, "people.yaml")
    heapscim.activate(sandbox, "--directory", str(roster), "--scope", "groups")
    heapscim("sync", "--yes")
    ran = heapscim("groups", "unbind", "Design", "--yes", "--allow-removals", "1")
    assert ran.exit_code == 0, ran.stdout
    assert "bound: false" in roster.read_text("utf-8")
    csv = heapscim.roster("username,groups\nada@x.org,Design\n")
    refused = heapscim("groups", "unbind", "Design", "--yes", "--directory", str(csv))
    assert (refused.exit_code, "can't say which groups are bound" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        ({"wrong_region": "yes"}, 3, "JumpCloud rejected the API key from HEAPSCIM_JUMPCLOUD_API_KEY (401)"),
        ({"organisations": 2}, 3, "sees several JumpCloud organisations"),
        ({"forbidden": "/api/systemusers"}, 4, "doesn't allow GET /api/systemusers (403)"),
        ({"lost_page": "applications@0"}, 5, "JumpCloud can't answer GET /api/applications now (500)"),
    ],
    ids=str,
)
def test_each_refusal_has_its_exit_code(
    connected: CommandLine, jumpcloud: RunningJumpCloud, behaviour: dict[str, object], code: int, words: str
) -> None:
    settings = connected.folder / "config" / "profiles" / "default.toml"
    settings.write_text(settings.read_text() + "\n[http]\nretries = 0\n")
    jumpcloud.behave(**behaviour)
    ran = connected("sync", "--yes", "--debug")
    assert ran.exit_code == code
    assert words in ran.stderr
    assert KEY not in ran.stderr + ran.stdout


def test_an_activation_whose_directory_refuses_leaves_nothing_behind(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--base-url", sandbox.base_url, "--token-stdin", "--directory", "jumpcloud:Heap",
               "--set", f"jumpcloud.base_url={jumpcloud.base_url}")  # fmt: skip
    nobody = heapscim("activate", *options, stdin="token-for-tests\n")
    assert (nobody.exit_code, "Set HEAPSCIM_JUMPCLOUD_API_KEY." in nobody.stderr) == (2, True)
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", "wrong")
    assert heapscim("activate", *options, stdin="token-for-tests\n").exit_code == 3
    assert heapscim.keyring.kept == {}
    assert not Path(heapscim.folder / "config" / "profiles" / "default.toml").exists()


def test_deactivate_forgets_the_key_as_well(connected: CommandLine) -> None:
    connected.keyring.kept["heapscim", "default:jumpcloud"] = KEY
    connected.keyring.kept["heapscim", "default:jumpcloud-client"] = "id:secret"
    ran = connected.json("deactivate", "--yes")
    assert (ran.data["directory_keys_forgotten"], connected.keyring.kept) == (2, {})


def test_the_kept_key_is_used_and_redacted(
    connected: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEAPSCIM_JUMPCLOUD_API_KEY")
    connected.keyring.kept["heapscim", "default:jumpcloud"] = KEY
    ran = connected("sync", "--yes", "--debug")
    assert (ran.exit_code, KEY in ran.stderr + ran.stdout) == (0, False)
    assert sandbox.store.snapshot()["groups"] == IN_HEAP


def test_without_a_keyring_a_service_account_of_the_environment_is_enough(
    connected: CommandLine, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    monkeypatch.delenv("HEAPSCIM_JUMPCLOUD_API_KEY")
    none = connected("plan")
    assert (none.exit_code, "There is no key for JumpCloud. There is no keyring" in none.stderr) == (3, True)
    assert "or set HEAPSCIM_JUMPCLOUD_API_KEY, or HEAPSCIM_JUMPCLOUD_CLIENT_ID and" in none.stderr
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_CLIENT_ID", "client-id")
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_CLIENT_SECRET", "client-secret")
    assert connected("plan").exit_code == 0
    assert jumpcloud.server.requests["POST /oauth2/token"] == 1
