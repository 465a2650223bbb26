"""``heapscim import`` against a real tenant: who is listed, who is written, and that the next plan is empty."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from heapscim.ledger.sqlite.store import open_ledger
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine

CSV = "id,username,firstname,lastname,role,active,groups\n1,ada@x.org,Ada,Lovelace,,,Research\n"
YAML = """\
# ours
people:
  - username: ada@x.org  # the first
    firstname: Ada
    lastname: Lovelace
    groups: [Research]
groups:
  - name: Research
  - name: Old
    bound: false
"""
JSON = json.dumps({"people": [{"username": "ada@x.org", "firstname": "Ada", "lastname": "Lovelace"}]}, indent=2)
FORMS = {"people.csv": CSV, "people.yaml": YAML, "people.json": JSON}

HEAP: list[dict[str, Any]] = [
    {"userName": "ada@x.org", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "role": "Admin"},
    {"userName": "grace@x.org", "name": {"givenName": "Grace", "familyName": "Hopper"}, "role": "Analyst"},
    {"userName": "kurt@x.org", "name": {"givenName": "Kurt", "familyName": "Gödel"}, "active": False},
    {"userName": "=cmd@x.org", "name": {"givenName": 'a, "b"\n#', "familyName": " "}},
]


@pytest.fixture
def tenant(sandbox: Sandbox) -> Sandbox:
    ids = [sandbox.store.add_user(user)["id"] for user in HEAP]
    sandbox.store.add_group({"displayName": "Research", "members": ids[:1]})
    return sandbox


def directory(heapscim: CommandLine, tenant: Sandbox, text: str = CSV, name: str = "people.csv") -> Path:
    path = heapscim.roster(text, name)
    heapscim.activate(tenant, "--directory", str(path))
    return path


def test_accounts_are_listed_new_ones_first(heapscim: CommandLine, tenant: Sandbox) -> None:
    directory(heapscim, tenant)
    ran = heapscim("import", "--list")
    assert (ran.exit_code, ran.stdout.splitlines()) == (0, [
        "userName\tname\trole\tactive\tstatus",
        '=cmd@x.org\ta, "b"\\n#  \tAnalyst\tactive\tNew',
        "grace@x.org\tGrace Hopper\tAnalyst\tactive\tNew",
        "kurt@x.org\tKurt Gödel\tAnalyst\tinactive\tNew",
        "ada@x.org\tAda Lovelace\tAdmin\tactive\tImported",
    ])  # fmt: skip
    assert tenant.tenant.writes == 0


def test_the_list_can_be_narrowed_sorted_and_read_by_a_program(heapscim: CommandLine, tenant: Sandbox) -> None:
    directory(heapscim, tenant)
    ran = heapscim("import", "--list", "--new-only", "--sort", "name", "--output", "csv")
    assert [line.split(",")[0] for line in ran.stdout.splitlines()] == [
        "userName", "'=cmd@x.org", "grace@x.org", "kurt@x.org"
    ]  # fmt: skip
    rows = heapscim.json("import", "--list", "--sort", "userName").data
    assert [(row["userName"], row["status"]) for row in rows] == [
        ("=cmd@x.org", "New"), ("ada@x.org", "Imported"), ("grace@x.org", "New"), ("kurt@x.org", "New")
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_plan_after_an_import_is_empty(heapscim: CommandLine, tenant: Sandbox, name: str) -> None:
    path = directory(heapscim, tenant, FORMS[name], name)
    heapscim("sync", "--yes")
    ran = heapscim.json("import", "--all", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"added": 3, "present": 0, "failed": 0}), ran.stdout
    assert path.read_text("utf-8").startswith(FORMS[name][:40])

    plan = heapscim.json("plan", "--exit-code")
    assert (plan.exit_code, plan.data["counts"]) == (0, {})
    assert sorted(entry["user_name"] for entry in plan.data["plan"]["adoptions"]) == ["=cmd@x.org", "grace@x.org"]
    assert heapscim("sync", "--yes").exit_code == 0
    assert heapscim.json("plan").data["plan"]["adoptions"] == []
    assert tenant.tenant.writes == 0
    assert heapscim.json("import", "--list", "--new-only").data == []


def test_rows_are_appended_and_nothing_else_changes(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = directory(heapscim, tenant)
    assert heapscim("import", "--user", "GRACE*", "--user", "kurt@x.org", "--yes").exit_code == 0
    assert path.read_text("utf-8") == CSV + ",grace@x.org,Grace,Hopper,,,\n,kurt@x.org,Kurt,Gödel,,false,\n"


def test_the_role_is_written_only_where_it_was_asked_for(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = directory(heapscim, tenant)
    heapscim("sync", "--yes")
    assert heapscim("import", "--user", "grace@x.org", "--with-role", "--yes").exit_code == 0
    assert path.read_text("utf-8") == CSV + ",grace@x.org,Grace,Hopper,Analyst,,\n"
    assert heapscim("plan", "--exit-code").exit_code == 0


NAMES = 'userName = "username"\n"name.givenName" = "firstname"\n"name.familyName" = "lastname"'
CHANGED = (
    "The sync that first manages them will change 1 person in Heap, since the profile's mapping gives other values for "
    "displayName: mary@x.org. `heapscim plan` shows it; to keep Heap's values, correct the mapping or the directory."
)
MAPPINGS = {
    'userName = "email"\n"name.givenName" = "firstname"': (
        "username,email,firstname\nada,ada@x.org,Ada\n", "grace@x.org,grace@x.org,Grace"
    ),
    'userName = "username"\n"name.givenName" = "lastname"\n"name.familyName" = "{firstname}"': (
        "username,firstname,lastname\n", "grace@x.org,,Grace"
    ),
    'userName = "username"\nrole = {constant = "Analyst"}': ("username,role\n", "grace@x.org,"),
}  # fmt: skip


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_the_profiles_mapping_is_read_backwards(heapscim: CommandLine, tenant: Sandbox, mapping: str) -> None:
    before, row = MAPPINGS[mapping]
    path = directory(heapscim, tenant, before)
    with_mapping(heapscim, mapping)
    ran = heapscim("import", "--user", "grace@x.org", "--yes")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert path.read_text("utf-8") == before + row + "\n"
    assert heapscim("plan", "--exit-code").exit_code == 0


@pytest.mark.parametrize(
    ("columns", "shown", "changes"),
    [
        ("username,firstname,lastname", "Mary Shelley", 0),
        ("username,firstname,lastname", "Dr M. Shelley", 1),
        ("username,firstname", "Mary Shelley", 1),
    ],
    ids=["the same", "another value in Heap", "no column for a part of it"],
)
def test_whom_the_next_sync_will_change_is_said_with_the_import(
    heapscim: CommandLine, tenant: Sandbox, columns: str, shown: str, changes: int
) -> None:
    directory(heapscim, tenant, columns + ",active\n")
    with_mapping(heapscim, f'{NAMES}\ndisplayName = "{{firstname}} {{lastname}}"')
    name = {"givenName": "Mary", "familyName": "Shelley"}
    for user_name, active in (("mary@x.org", True), ("idle@x.org", False)):
        tenant.store.add_user({"userName": user_name, "name": name, "displayName": shown, "active": active})
    ran = heapscim.json("import", "--user", "mary@x.org", "--user", "idle@x.org", "--yes")
    assert ran.data["counts"]["added"] == 2
    assert ran.envelope["notices"] == [CHANGED] * changes
    assert heapscim.json("plan").data["counts"].get("update_user", 0) == changes


def with_mapping(heapscim: CommandLine, mapping: str) -> None:
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    settings.write_text(settings.read_text("utf-8") + f"\n[mapping]\n{mapping}\n", "utf-8")


def test_names_come_from_a_file_or_from_stdin(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = directory(heapscim, tenant)
    (heapscim.folder / "wanted.csv").write_text(
        "Last Name,userName\nHopper,grace@x.org\n\nGödel, kurt@x.org\n", "utf-8"
    )
    (heapscim.folder / "from-excel.csv").write_text("Nachname;userName\nHopper;grace@x.org\n", "utf-8-sig")
    ran = heapscim.json("import", "--from", "wanted.csv", "--yes")
    assert [person["user_name"] for person in ran.data["people"]] == ["grace@x.org", "kurt@x.org"]
    ran = heapscim.json("import", "--from", "from-excel.csv", "--yes")
    assert [(person["user_name"], person["status"]) for person in ran.data["people"]] == [("grace@x.org", "present")]
    ran = heapscim.json("import", "--from", "-", "--yes", stdin="=cmd@x.org\n")
    assert [person["user_name"] for person in ran.data["people"]] == ["=cmd@x.org"]
    assert path.read_text("utf-8").count("\n") == 6
    missing = heapscim("import", "--from", "nowhere.txt", "--yes")
    assert (missing.exit_code, "nowhere.txt can't be read: there is no such file" in missing.stderr) == (2, True)


def test_whoever_is_named_and_cannot_be_imported_is_reported_and_the_rest_goes_on(
    heapscim: CommandLine, tenant: Sandbox
) -> None:
    tenant.store.add_user({"userName": "twin@x.org", "active": True})
    directory(heapscim, tenant)
    names = ["nobody@x.org", "ada@x.org", "grace@x.org"]
    ran = heapscim.json("import", *(f"--user={name}" for name in names), "--yes")
    assert ran.exit_code == 7
    assert [(person["user_name"], person["status"], person["message"]) for person in ran.data["people"]] == [
        ("grace@x.org", "added", None),
        ("ada@x.org", "present", None),
        ("nobody@x.org", "failed", "Heap has no account with that userName."),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "No one is chosen, and there is no terminal to choose at."),
        (("--output", "json"), "No one is chosen, and there is no terminal to choose at."),
        (("--list", "--all"), "--list imports no one."),
        (("people.csv",), "import goes from Heap into the directory and takes no file: 'people.csv' isn't read."),
        (("--all",), "There is no terminal to ask at, so --yes is needed."),
        (("--all", "--yes", "--group", "Nowhere"), "people.csv has no bound group 'Nowhere'."),
        (("--all", "--yes", "--into", "people.doc"), "--into people.doc isn't a roster."),
    ],
)
def test_what_makes_no_sense_writes_nothing(
    heapscim: CommandLine, tenant: Sandbox, arguments: tuple[str, ...], message: str
) -> None:
    path = directory(heapscim, tenant)
    ran = heapscim("import", *arguments)
    assert (ran.exit_code, path.read_text("utf-8")) == (2, CSV)
    assert message in ran.stderr


def test_without_a_directory_nobody_knows_where_people_go(heapscim: CommandLine, tenant: Sandbox) -> None:
    heapscim.activate(tenant)
    assert heapscim("import", "--all", "--yes").exit_code == 2


def test_people_are_put_into_a_bound_group(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = directory(heapscim, tenant, YAML, "people.yaml")
    unbound = heapscim("import", "--all", "--yes", "--group", "old")
    assert (unbound.exit_code, "Its bound groups: Research." in unbound.stderr) == (2, True)
    assert heapscim("import", "--user", "grace@x.org", "--yes", "--group", "research").exit_code == 0
    added = "  - username: grace@x.org\n    firstname: Grace\n    lastname: Hopper\n    groups: [Research]\n"
    assert path.read_text("utf-8") == YAML.replace("groups:\n  - name", added + "groups:\n  - name")


def test_who_is_in_no_bound_group_is_said_to_be_unmanaged(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = heapscim.roster(CSV)
    heapscim.activate(tenant, "--directory", str(path), "--scope", "groups")
    ran = heapscim.json("import", "--user", "grace@x.org", "--yes")
    assert ran.data["not_managed"] == 1
    assert ran.envelope["notices"] == [
        (
            "1 person isn't managed yet: imported people must be in a group that is bound to Heap (bound: Research). "
            "Put them into one in the directory, or use --group when you import."
        )
    ]
    assert heapscim.json("import", "--user", "=cmd@x.org", "--group", "Research", "--yes").data["not_managed"] == 0


def test_another_roster_takes_the_people_where_that_was_asked_for(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = directory(heapscim, tenant)
    ran = heapscim("import", "--user", "grace@x.org", "--into", "new.csv", "--group", "Team", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert Path("new.csv").read_text("utf-8").splitlines()[1:] == [",grace@x.org,Grace,Hopper,,,Team"]
    assert path.read_text("utf-8") == CSV
    second = heapscim.json("import", "--all", "--into", "new.csv", "--yes")
    assert [(person["user_name"], person["status"]) for person in second.data["people"]] == [
        ("=cmd@x.org", "added"), ("kurt@x.org", "added")
    ]  # fmt: skip


def test_a_new_roster_needs_no_directory(heapscim: CommandLine, tenant: Sandbox) -> None:
    heapscim.activate(tenant)
    assert heapscim("import", "--all", "--into", "people.yaml", "--yes").exit_code == 0
    assert heapscim("plan", "--directory", "people.yaml", "--exit-code").exit_code == 0


def test_an_account_of_two_people_is_a_conflict_and_left_alone(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = directory(heapscim, tenant, "username,email\nada,ada@x.org\nada2,ADA@x.org\n")
    before = path.read_text("utf-8")
    listing = heapscim("import", "--list")
    assert "ada@x.org could be any of 2 people (ids ada, ada2). It is left alone." in listing.stderr
    ran = heapscim.json("import", "--user", "ada@x.org", "--yes")
    assert (ran.exit_code, ran.data["counts"]["failed"], path.read_text("utf-8")) == (7, 1, before)


def test_nobody_new_is_a_success(heapscim: CommandLine, tenant: Sandbox) -> None:
    directory(heapscim, tenant)
    heapscim("import", "--all", "--yes")
    ran = heapscim.json("import", "--all", "--yes")
    assert (ran.exit_code, ran.data["run"], ran.data["people"]) == (0, None, [])


def test_the_run_and_each_person_are_in_the_ledger(heapscim: CommandLine, tenant: Sandbox) -> None:
    directory(heapscim, tenant, "username\nada@x.org\n")
    ran = heapscim.json("import", "--all", "--yes")
    assert ran.exit_code == 7
    ledger = open_ledger(heapscim.folder / "state" / "ledgers" / "default.sqlite3", tenant.base_url, time.time)
    run, operations = ledger.last_run(), ledger.operations(ran.data["run"])
    ledger.close()
    assert run is not None
    assert (run.run, run.command, run.outcome) == (ran.data["run"], "import", "failed")
    assert [(found.kind, found.subject, found.state) for found in operations] == [
        ("add_person", "=cmd@x.org", "done"),
        ("add_person", "grace@x.org", "done"),
        ("add_person", "kurt@x.org", "failed"),
    ]
    assert operations[2].message == "The account is inactive, but the roster has no column 'active'."


def test_an_id_that_is_filled_in_later_takes_the_person_over_anew(heapscim: CommandLine, tenant: Sandbox) -> None:
    path = directory(heapscim, tenant)
    heapscim("import", "--user", "grace@x.org", "--yes")
    assert heapscim("sync", "--yes").exit_code == 0
    path.write_text(path.read_text("utf-8").replace(",grace@x.org", "77,grace@x.org"), "utf-8")
    plan = heapscim.json("plan")
    assert (plan.data["counts"], [entry["external_id"] for entry in plan.data["plan"]["adoptions"]]) == ({}, ["77"])
