"""The main job through the real command line, over a real socket."""

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import TOKEN, running_sandbox

PEOPLE = """\
id,username,firstname,lastname,role,active,groups
1,ada@x.org,Ada,Lovelace,Admin,,Research;Design
2,grace@x.org,Grace,Hopper,,yes,Research
3,alan@x.org,Alan,Turing,Analyst,,Design
4,kurt@x.org,Kurt,Gödel,,no,Design
"""
IN_HEAP = {
    "users": {
        "ada@x.org": {"active": True, "name": {"familyName": "Lovelace", "givenName": "Ada"}, "role": "Admin",
                      "userName": "ada@x.org"},
        "alan@x.org": {"active": True, "name": {"familyName": "Turing", "givenName": "Alan"}, "role": "Analyst",
                       "userName": "alan@x.org"},
        "grace@x.org": {"active": True, "name": {"familyName": "Hopper", "givenName": "Grace"}, "role": "Analyst",
                        "userName": "grace@x.org"},
    },
    "groups": {"Design": ["ada@x.org", "alan@x.org"], "Research": ["ada@x.org", "grace@x.org"]},
}  # fmt: skip

DIALECTS = [
    {},
    {"patch": "no"},
    {"patch": "no", "unsupported_status": 405},
    {"put": "no"},
    {"filter": "no"},
    {"filter": "ignored"},
    {"service_provider_config": "no"},
    {"page_cap": 2},
    {"list_members": "no"},
    {"list_members": "empty"},
    {"string_booleans": "yes"},
    {"numeric_ids": "yes"},
    {"list_inactive": "no"},
    {"empty_resources": "missing"},
    {"content_type": "application/json;charset=utf-8"},
    {"error_body": "html"},
    {"error_body": "text"},
    {"error_body": "json"},
    {"error_body": "empty"},
    {"write_body": "no"},
    {"write_body": "no", "patch": "no"},
]


@pytest.mark.parametrize("behaviour", DIALECTS, ids=lambda found: ",".join(f"{k}={v}" for k, v in found.items()) or "-")
def test_the_whole_story_holds_in_every_dialect(heapscim: CommandLine, behaviour: dict[str, object]) -> None:
    roster = heapscim.roster(PEOPLE)
    with running_sandbox(**behaviour) as sandbox:
        heapscim.activate(sandbox, "--directory", str(roster))
        assert heapscim.json("plan", "--exit-code").exit_code == 10
        first = heapscim.json("sync", "--yes")
        assert (first.exit_code, first.data["run"]["counts"]["done"]) == (0, 5)
        assert sandbox.store.snapshot() == IN_HEAP

        before = sandbox.tenant.writes
        again = heapscim.json("sync", "--yes")
        assert (again.exit_code, again.data["counts"], sandbox.tenant.writes) == (0, {}, before)

        heapscim.roster(PEOPLE.replace("Turing", "T.").replace("2,grace@x.org,Grace,Hopper,,yes,Research\n", ""))
        second = heapscim.json("sync", "--yes")
        assert second.exit_code == 0, second.stderr
        assert second.data["counts"] == {"update_user": 1, "remove_members": 1, "deactivate_user": 1}
        assert sandbox.store.user_named("grace@x.org")["active"] is False  # type: ignore[index]

        heapscim.roster(PEOPLE)
        third = heapscim.json("sync", "--yes")
        assert third.exit_code == 0, third.stderr
        assert third.data["counts"] == {"update_user": 1, "reactivate_user": 1, "add_members": 1}
        assert sandbox.store.snapshot() == IN_HEAP
        assert heapscim.json("plan", "--exit-code").exit_code == 0


@pytest.mark.parametrize(
    ("behaviour", "dialect"),
    [
        ({"role": "roles"}, 'role_attribute = "roles"'),
        ({"role": "extension"}, 'role_attribute = "urn:heap:2.0:User:role"'),
        ({"role": "hidden"}, 'role_readable = "no"'),
    ],
)
def test_the_role_may_stand_anywhere(heapscim: CommandLine, behaviour: dict[str, object], dialect: str) -> None:
    roster = heapscim.roster(PEOPLE)
    with running_sandbox(**behaviour) as sandbox:
        heapscim.activate(sandbox, "--directory", str(roster))
        settings = heapscim.folder / "config" / "profiles" / "default.toml"
        settings.write_text(settings.read_text() + f"\n[dialect]\n{dialect}\n")
        assert heapscim("sync", "--yes").exit_code == 0
        assert sandbox.store.snapshot() == IN_HEAP
        heapscim.roster(PEOPLE.replace("Analyst", "Architect"))
        assert heapscim.json("sync", "--yes").data["counts"] == {"update_user": 1}
        assert sandbox.store.user_named("alan@x.org")["role"] == "Architect"  # type: ignore[index]
        assert heapscim.json("sync", "--yes").data["counts"] == {}


def test_a_tenant_that_ignores_deactivation_is_found_out(heapscim: CommandLine) -> None:
    roster = heapscim.roster(PEOPLE)
    with running_sandbox(deactivate="ignored") as sandbox:
        heapscim.activate(sandbox, "--directory", str(roster))
        heapscim("sync", "--yes")
        heapscim.roster(PEOPLE.replace("yes", "no"))
        ran = heapscim("sync", "--yes")
        assert ran.exit_code == 7
        assert "Heap accepted the change, but the account is still active." in ran.stdout


def test_a_tenant_that_removes_on_deactivation_is_told_of(heapscim: CommandLine) -> None:
    roster = heapscim.roster(PEOPLE)
    with running_sandbox(deactivate="removes") as sandbox:
        heapscim.activate(sandbox, "--directory", str(roster))
        heapscim("sync", "--yes")
        heapscim.roster(PEOPLE.replace("yes", "no"))
        ran = heapscim("sync", "--yes")
        assert ran.exit_code == 0, ran.stdout
        assert "1 deactivated account: whether this tenant keeps a deactivated account isn't known yet" in ran.stdout
        assert "removes accounts instead of deactivating them" in ran.stdout
        assert heapscim.json("status").data["dialect"]["deactivation"] == "removes"
        heapscim.roster(PEOPLE)
        assert heapscim("sync", "--yes").exit_code == 0
        assert sandbox.store.snapshot() == IN_HEAP
        undone = heapscim("undo", "last", "--yes").stdout
        assert "1 deactivated account: this tenant removes them, with their personal charts" in undone


def test_faults_on_a_fifth_of_all_requests_lose_nothing(heapscim: CommandLine) -> None:
    roster = heapscim.roster(PEOPLE)
    with running_sandbox(fault_rate=0.2, fault_seed=7) as sandbox:
        sandbox.behave(type(sandbox.tenant.service.behaviour)())
        heapscim.activate(sandbox, "--directory", str(roster))
        settings = heapscim.folder / "config" / "profiles" / "default.toml"
        settings.write_text(settings.read_text() + "\n[http]\nretries = 12\n")
    with running_sandbox(fault_rate=0.2, fault_seed=7) as sandbox:
        settings.write_text(settings.read_text().replace(settings.read_text().split('"')[1], sandbox.base_url))
        codes = [heapscim("sync", "--yes").exit_code for _ in range(4)]
        assert codes[-1] == 0
        assert sandbox.store.snapshot() == IN_HEAP


def test_a_saved_plan_is_applied_exactly_or_not_at_all(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster(PEOPLE)
    heapscim.activate(sandbox, "--directory", str(roster))
    saved = str(heapscim.folder / "plan.json")
    assert heapscim("plan", "--out", saved).exit_code == 0
    heapscim.roster(PEOPLE.replace("Turing", "T."))
    refused = heapscim("sync", "--plan", saved, "--yes")
    assert (refused.exit_code, sandbox.tenant.writes) == (6, 0)
    assert "no longer fits" in refused.stderr
    heapscim.roster(PEOPLE)
    sandbox.store.add_user({"userName": "ada@x.org"})
    assert heapscim("sync", "--plan", saved, "--yes").exit_code == 6
    sandbox.store.remove_user(sandbox.store.user_named("ada@x.org")["id"])  # type: ignore[index]
    assert heapscim("sync", "--plan", saved, "--yes").exit_code == 0
    assert sandbox.store.snapshot() == IN_HEAP
    assert heapscim("sync", "--plan", "nowhere.json", "--yes").exit_code == 1


def test_a_saved_plan_of_another_tenant_is_refused(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster(PEOPLE)
    heapscim.activate(sandbox, "--directory", str(roster))
    assert heapscim("plan", "--out", "plan.json").exit_code == 0
    with running_sandbox() as other:
        heapscim.activate(other, "--directory", str(roster), "--profile", "other")
        ran = heapscim("sync", "--plan", "plan.json", "--yes", "--profile", "other")
        assert (ran.exit_code, other.tenant.writes) == (6, 0)
        assert "was made for" in ran.stderr


def test_sync_without_a_terminal_needs_yes(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    ran = heapscim("sync")
    assert (ran.exit_code, sandbox.tenant.writes) == (2, 0)
    assert ran.stderr.endswith("--yes is needed.\nSee what it would do with `plan`.\n")
    by_hand = heapscim("users", "create", "ada@x.org")
    assert (by_hand.exit_code, sandbox.tenant.writes) == (2, 0)
    assert by_hand.stderr.endswith("--yes is needed.\nNothing was changed.\n")


def test_only_one_person_is_synced_on_demand(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    ran = heapscim.json("sync", "--yes", "--only", "Grace@x.org")
    assert ran.exit_code == 0
    assert list(sandbox.store.snapshot()["users"]) == ["grace@x.org"]
    assert ran.data["plan"]["notices"] == ["2 changes to groups wait for a full sync."]


def test_only_somebody_whom_neither_side_knows_is_a_mistake(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    for command in ("plan", "sync"):
        ran = heapscim(command, "--only", "garce@x.org")
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert "Error: Neither people.csv nor Heap has garce@x.org.\n" in ran.stderr
    account = sandbox.store.add_user({"userName": "root@x.org"})
    assert heapscim("plan", "--only", str(account["id"])).exit_code == 0


def test_a_changed_user_name_is_a_conflict_until_replacing_is_asked_for(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    heapscim("sync", "--yes")
    heapscim.roster(PEOPLE.replace("alan@x.org", "turing@x.org"))
    before = sandbox.tenant.writes
    conflict = heapscim("sync", "--yes")
    assert (conflict.exit_code, sandbox.tenant.writes) == (0, before)
    assert "alan@x.org is now turing@x.org" in conflict.stdout
    assert heapscim("sync", "--yes", "--replace-renamed").exit_code == 0
    assert sandbox.store.user_named("alan@x.org")["active"] is False  # type: ignore[index]
    assert sandbox.store.user_named("turing@x.org")["active"] is True  # type: ignore[index]
    assert heapscim.json("sync", "--yes").data["counts"] == {}


def test_an_account_elsewhere_is_explained_and_the_rest_goes_on(heapscim: CommandLine) -> None:
    with running_sandbox(list_inactive="no", filter="ignored") as sandbox:
        sandbox.store.add_user({"userName": "grace@x.org", "active": False})
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
        ran = heapscim("sync", "--yes")
        assert ran.exit_code == 7
        assert "account in another organisation must have that account deleted" in ran.stdout
        assert sandbox.store.snapshot()["groups"]["Design"] == ["ada@x.org", "alan@x.org"]


def test_a_refused_plan_sends_nothing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    many = "username\n" + "".join(f"u{number}@x.org\n" for number in range(20))
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(many)))
    heapscim("sync", "--yes")
    heapscim.roster("username\n" + "".join(f"u{number}@x.org\n" for number in range(10)))
    before = sandbox.tenant.writes
    ran = heapscim("sync", "--yes")
    assert (ran.exit_code, sandbox.tenant.writes) == (6, before)
    assert "10 of 20 managed accounts would lose access: 50.0%, above the limit of 10%." in ran.stdout
    assert heapscim("sync", "--yes", "--allow-removals", "10").exit_code == 0


def test_status_tells_the_connection(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert "last run\tnone yet" in heapscim("status").stdout
    heapscim("sync", "--yes")
    data = heapscim.json("status").data
    assert data["token_source"] == "keyring"
    assert data["managed"] == {"users": 3, "groups": 2}
    assert data["last_run"]["outcome"] == "done"
    assert TOKEN not in heapscim("status", "--debug").stderr


def test_deactivate_forgets_the_token_and_leaves_heap(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    heapscim("sync", "--yes")
    assert heapscim("deactivate").exit_code == 2
    ran = heapscim("deactivate", "--yes")
    assert (ran.exit_code, heapscim.keyring.kept) == (0, {})
    assert "left as they are" in ran.stdout
    assert sandbox.store.snapshot() == IN_HEAP
    assert heapscim("status").exit_code == 3
    assert heapscim("deactivate", "--yes", "--delete-profile").exit_code == 0
    assert not (heapscim.folder / "config" / "profiles" / "default.toml").exists()
    assert heapscim("status").exit_code == 1
