"""``heapscim export``: a tenant becomes a roster with which a plan, also of a new ledger, finds nothing to do."""

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

FORMS = ["people.yaml", "people.json", "people.csv", "people.tsv"]
HEAP: list[dict[str, Any]] = [
    {"userName": "ada@x.org", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "role": "Admin"},
    {"userName": "Grace@X.org", "name": {"givenName": "Grace"}, "role": "Analyst"},
    {"userName": "kurt@x.org", "name": {"givenName": "Kurt", "familyName": "Gödel"}, "active": False},
    {"userName": "=cmd@x.org", "name": {"givenName": '=1+1, "b"\n#', "familyName": "'-x"}},
    {"userName": "null", "name": {"givenName": "true", "familyName": "007"}},
    {"userName": "zoe", "name": {"givenName": "a: b # c", "familyName": "NULL"}},
]


@pytest.fixture
def tenant(sandbox: Sandbox) -> Sandbox:
    ids = [sandbox.store.add_user(user)["id"] for user in HEAP]
    sandbox.store.add_group({"displayName": "Research", "members": ids[:3]})
    sandbox.store.add_group({"displayName": "=Sales, north", "members": ids[1:2]})
    sandbox.store.add_group({"displayName": "Nobody yet", "members": []})
    return sandbox


def exported(heapscim: CommandLine, name: str, *options: str, code: int = 0) -> Path:
    path = heapscim.folder / name
    ran = heapscim("export", "--out", str(path), *options)
    assert ran.exit_code == code, ran.stdout + ran.stderr
    return path


def planned(heapscim: CommandLine, path: Path) -> tuple[list[str], list[Any], list[Any]]:
    """The kinds of changes, the conflicts, and what is withheld."""
    ran = heapscim.json("plan", "--directory", str(path))
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    found = ran.data["plan"]
    kinds = [change["kind"] for change in found["changes"]]
    return [kind for kind in kinds if kind != "take_over_group"], found["conflicts"], found["withheld"]


@pytest.mark.parametrize("scope", ["all", "groups"])
@pytest.mark.parametrize("name", FORMS)
def test_a_plan_with_the_exported_roster_is_empty_before_and_after_the_first_sync(
    heapscim: CommandLine, tenant: Sandbox, name: str, scope: str
) -> None:
    heapscim.activate(tenant, "--set", f"scope={scope}")
    # "null" is a word for no value, which a roster refuses as a userName: it stays unmanaged.
    path = exported(heapscim, name, code=7)
    before, first = tenant.store.snapshot(), path.read_bytes()
    assert planned(heapscim, path) == ([], [], [])
    ran = heapscim.json("sync", "--directory", str(path), "--yes")
    assert ran.exit_code == 0, ran.stdout
    assert tenant.store.snapshot() == before
    assert planned(heapscim, path) == ([], [], [])
    assert exported(heapscim, name, "--yes", code=7).read_bytes() == first


def test_the_roster_is_sorted_and_complete(heapscim: CommandLine, tenant: Sandbox) -> None:
    heapscim.activate(tenant)
    found = json.loads(exported(heapscim, "people.json", code=7).read_text("utf-8"))
    ids = {user["userName"]: user["id"] for user in tenant.store.users.values()}
    people = {person["username"]: person for person in found["people"]}
    assert list(people) == ["=cmd@x.org", "ada@x.org", "Grace@X.org", "kurt@x.org", "zoe"]
    assert people["Grace@X.org"] == {
        "id": ids["Grace@X.org"],
        "username": "Grace@X.org",
        "firstname": "Grace",
        "role": "Analyst",
        "groups": ["=Sales, north", "Research"],
    }
    assert people["kurt@x.org"]["active"] is False
    assert [group["name"] for group in found["groups"]] == ["=Sales, north", "Nobody yet", "Research"]


def test_what_the_directory_links_keeps_its_id(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "bob@x.org"})
    roster = heapscim.roster("id,username,groups\n17,ada@x.org,Design\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    assert heapscim("sync", "--yes").exit_code == 0
    text = exported(heapscim, "all.yaml").read_text()
    assert 'id: "17"' in text
    assert planned(heapscim, heapscim.folder / "all.yaml") == ([], [], [])


def test_a_linked_id_that_is_an_account_s_id_too_is_given_once(heapscim: CommandLine, sandbox: Sandbox) -> None:
    stranger = sandbox.store.add_user({"userName": "bob@x.org"})["id"]
    roster = heapscim.roster(f"id,username\n{stranger},ada@x.org\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    assert heapscim("sync", "--yes").exit_code == 0
    path = exported(heapscim, "all.json")
    ids = {person["username"]: person["id"] for person in json.loads(path.read_text())["people"]}
    assert ids == {"ada@x.org": stranger, "bob@x.org": f"heap:{stranger}"}
    assert planned(heapscim, path) == ([], [], [])


def test_a_file_is_private_and_isn_t_replaced_without_a_yes(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    path = exported(heapscim, "people.yaml")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("mine\n")
    ran = heapscim("export", "--out", str(path))
    assert (ran.exit_code, path.read_text()) == (2, "mine\n")
    assert "name a new file, or say --yes" in ran.stderr
    assert exported(heapscim, "people.yaml", "--yes").read_text() != "mine\n"


def test_without_a_file_it_goes_to_stdout(heapscim: CommandLine, tenant: Sandbox) -> None:
    heapscim.activate(tenant)
    for options in ([], ["--out", "-"]):
        assert heapscim("export", *options).stdout == exported(heapscim, "a.yaml", "--yes", code=7).read_text("utf-8")
    table = heapscim("export", "-o", "csv").stdout
    assert table.lstrip("\ufeff") == exported(heapscim, "a.csv", code=7).read_text("utf-8-sig")
    assert heapscim.json("export").data == json.loads(exported(heapscim, "a.json", code=7).read_text("utf-8"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_file_that_is_replaced_keeps_its_mode_and_one_for_others_is_told(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox)
    path = heapscim.roster("username\n")
    for mode, told in ((0o640, True), (0o600, False)):
        path.chmod(mode)
        ran = heapscim("export", "--out", "people.csv", "--yes")
        assert (ran.exit_code, stat.S_IMODE(path.stat().st_mode)) == (0, mode)
        assert (f"to people.csv, which is open to others ({mode:o})." in ran.stderr) is told


@pytest.mark.parametrize("name", ["people.docx", "people.xlsx", "people", "jumpcloud:Heap", "."])
def test_what_is_no_roster_is_refused(heapscim: CommandLine, sandbox: Sandbox, name: str) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("export", "--out", name)
    assert ran.exit_code == 2
    hint = "Name a roster (.csv, .tsv, .yaml, .json). A spreadsheet opens .csv."
    assert f"--out {name} isn't a roster that can be written.\n{hint}\n" in ran.stderr


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ('userName = "email"', ""),
        ('userName = "email"\ndisplayName = "{firstname} {lastname}"', "displayName can't be said"),
        ('userName = "{firstname}@x.org"', "[mapping] can't make this userName"),
        ('userName = "username"\nrole = { constant = "Analyst" }', "would still make"),
    ],
)
def test_a_mapping_is_read_backwards_and_what_can_t_be_is_said(
    heapscim: CommandLine, tenant: Sandbox, mapping: str, says: str
) -> None:
    heapscim.activate(tenant)
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    settings.write_text(settings.read_text() + f"\n[mapping]\n{mapping}\n")
    path = heapscim.folder / "people.yaml"
    ran = heapscim("export", "--out", str(path))
    assert says in ran.stderr
    if "would still make" not in says:
        assert planned(heapscim, path) == ([], [], [])


@pytest.mark.parametrize(
    "behaviour",
    [
        {"role": "hidden"},
        {"list_members": "no"},
        {"list_members": "empty"},
        {"members_shown": "never"},
        {"members_shown": "1"},
        {"page_cap": 2},
        {"user_names": "lower"},
    ],
    ids=str,
)
def test_tenants_that_show_less_end_in_an_empty_plan_too(heapscim: CommandLine, behaviour: dict[str, object]) -> None:
    with running_sandbox(**behaviour) as sandbox:
        ids = [sandbox.store.add_user(user)["id"] for user in HEAP[:4]]
        sandbox.store.add_group({"displayName": "Research", "members": ids[:3]})
        heapscim.activate(sandbox)
        path = heapscim.folder / "people.yaml"
        ran = heapscim("export", "--out", str(path))
        before = sandbox.store.snapshot()
        assert planned(heapscim, path) == ([], [], []), ran.stderr
        assert heapscim("sync", "--directory", str(path), "--yes").exit_code == 0
        assert sandbox.store.snapshot() == before
        assert planned(heapscim, path) == ([], [], []), ran.stderr


def test_an_unproven_list_is_not_exported(heapscim: CommandLine) -> None:
    with running_sandbox(wrong_total=3) as sandbox:
        for user in HEAP:
            sandbox.store.add_user(user)
        heapscim.activate(sandbox)
        path = heapscim.folder / "people.yaml"
        ran = heapscim("export", "--out", str(path))
        assert (ran.exit_code, path.exists()) == (8, False), ran.stderr
        assert "can't prove itself complete" in ran.stderr


def test_names_that_several_have_are_said_and_left_alone(heapscim: CommandLine) -> None:
    with running_sandbox() as sandbox:
        first, second, _ = (
            sandbox.store.add_user({"userName": name})["id"] for name in ("a@x.org", "b@x.org", "c@x.org")
        )
        sandbox.store.users[first]["userName"], sandbox.store.users[second]["userName"] = "twin@x.org", "TWIN@x.org"
        for team in [sandbox.store.add_group({"displayName": name, "members": []})["id"] for name in ("A", "B")]:
            sandbox.store.groups[team]["displayName"] = "Twins"
        heapscim.activate(sandbox)
        path = heapscim.folder / "people.yaml"
        ran = heapscim("export", "--out", str(path))
        assert ran.exit_code == 7, ran.stderr
        assert ran.stderr.count("is left out: 2 accounts have this name") == 2, ran.stderr
        assert ran.stderr.count("is left out: 2 groups have this name") == 2, ran.stderr
        assert "twin" not in path.read_text().casefold()
        assert planned(heapscim, path) == ([], [], [])


@pytest.mark.parametrize("scope", ["all", "groups"])
def test_a_list_of_users_as_csv_is_a_roster(heapscim: CommandLine, tenant: Sandbox, scope: str) -> None:
    heapscim.activate(tenant, "--directory", str(heapscim.roster("id,username,groups\n7,bob@x.org,Research\n")))
    assert heapscim("sync", "--yes").exit_code == 0
    tenant.store.users.pop(next(user["id"] for user in tenant.store.users.values() if user["userName"] == "null"))
    heapscim.activate(tenant, "--scope", scope)
    path = heapscim.folder / "users.csv"
    path.write_text(heapscim("users", "list", "-o", "csv").stdout)
    before = tenant.store.snapshot()
    assert planned(heapscim, path) == ([], [], [])
    ran = heapscim("sync", "--directory", str(path), "--yes")
    assert (ran.exit_code, tenant.store.snapshot()) == (0, before), ran.stderr
    assert planned(heapscim, path) == ([], [], [])
