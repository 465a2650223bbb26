"""Heap as a roster: a plan with it finds nothing to do, in every form, whatever the tenant holds."""

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

FORMS = ["people.yaml", "people.json", "people.csv", "people.tsv"]
ROLES = st.sampled_from(["", "Admin", "=A"])
TAKES_OVER = "take_over_group"
NAMES = st.one_of(
    st.sampled_from(["=1+1", "Nul\u0301l", "no", "0755", "O'Brien; jr", "- a: b", '"', "'=x", "{x}", "#", "a,b", "~"]),
    st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=12),
)


def people(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """Accounts and groups that somebody made in Heap before provisioning began."""
    heapscim.activate(sandbox)
    users = [("ada@x.org", "Ada", "Admin", True), ("bob@x.org", "Bob", "", True), ("old@x.org", "", "", False)]
    fill(sandbox.store, users, [("Research", [0, 1]), ("Design", [0]), ("Empty", [])])


def fill(store: Store, users: list[tuple[str, str, str, bool]], groups: list[tuple[str, list[int]]]) -> None:
    ids = []
    for name, first, role, active in users:
        made = store.add_user(
            {"userName": name, "name": {"givenName": first}, "active": active, "role": role}, unique=False
        )
        ids.append(made["id"])
    for name, members in groups:
        store.add_group({"displayName": name, "members": [ids[at] for at in members]})


def planned(heapscim: CommandLine, path: str | Path) -> list[str]:
    """The kinds of changes in a plan with this roster; taking a group over sends nothing."""
    ran = heapscim.json("plan", "--directory", str(path))
    assert ran.exit_code in (0, 8), ran.stderr
    plan = ran.data["plan"]
    return [change["kind"] for change in (*plan["changes"], *plan["withheld"]) if change.get("kind") != TAKES_OVER]


@pytest.mark.parametrize("form", FORMS)
def test_a_plan_with_the_export_finds_nothing_to_do(heapscim: CommandLine, sandbox: Sandbox, form: str) -> None:
    people(heapscim, sandbox)
    ran = heapscim("export", "--out", form)
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.startswith(f"{form}: 3 people and ")
    assert planned(heapscim, form) == []
    writes = sandbox.tenant.writes
    assert heapscim("sync", "--yes", "--directory", form).exit_code == 0
    assert sandbox.tenant.writes == writes
    again = heapscim.json("plan", "--exit-code", "--directory", form)
    assert (again.exit_code, again.data["plan"]["adoptions"]) == (0, [])


@pytest.mark.parametrize("form", FORMS)
def test_after_a_sync_an_export_is_the_same_to_the_byte_and_still_plans_to_nothing(
    heapscim: CommandLine, sandbox: Sandbox, form: str
) -> None:
    people(heapscim, sandbox)
    heapscim("export", "--out", form)
    heapscim("sync", "--yes", "--directory", form)
    before = Path(form).read_bytes()
    assert heapscim("export", "--out", form, "--yes").exit_code == 0
    assert Path(form).read_bytes() == before
    assert heapscim("plan", "--exit-code", "--directory", form).exit_code == 0


def test_who_is_managed_keeps_the_id_of_the_directory(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("id,username,groups\nx-17,ada@x.org,Design\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    heapscim("sync", "--yes")
    made = yaml.safe_load(heapscim("export").stdout)
    assert made["people"] == [{"id": "x-17", "username": "ada@x.org", "role": "Analyst"}]
    assert made["groups"] == [{"id": "design", "name": "Design", "members": ["ada@x.org"]}]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_tenant_holds_its_export_plans_to_nothing(
    heapscim: CommandLine, form: str, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, 5))
    users = [
        (f"{data.draw(NAMES)}{at}@x.org", data.draw(NAMES), data.draw(ROLES), data.draw(st.booleans()))
        for at in range(count)
    ]
    names = data.draw(st.lists(NAMES, max_size=3, unique_by=str.casefold))
    members = st.lists(st.integers(0, count - 1), unique=True) if count else st.just([])
    with running_sandbox() as sandbox:
        fill(sandbox.store, users, [(name, data.draw(members)) for name in names])
        shutil.rmtree(heapscim.folder / "state", ignore_errors=True)
        shutil.rmtree(heapscim.folder / "config", ignore_errors=True)
        heapscim.activate(sandbox)
        ran = heapscim("export", "--out", form, "--yes")
        assert ran.exit_code == 0, ran.stderr
        assert ran.stdout.startswith(form)
        assert planned(heapscim, form) == []


def test_a_group_whose_members_are_not_all_shown_is_not_bound(heapscim: CommandLine) -> None:
    with running_sandbox(members_shown="1") as sandbox:
        heapscim.activate(sandbox, "--set", "dialect.members_shown=1")
        fill(sandbox.store, [("ada@x.org", "Ada", "", True), ("bob@x.org", "", "", True)], [("Mixed", [0, 1])])
        ran = heapscim("export", "--out", "people.yaml")
        assert ran.exit_code == 0
        assert "Not bound, since a roster can't hold all their members: Mixed." in ran.stderr
        assert yaml.safe_load(Path("people.yaml").read_text())["groups"][0]["bound"] is False
        assert planned(heapscim, "people.yaml") == []
        assert "CSV can't say that a group isn't bound" in heapscim("export", "--out", "people.csv").stderr
        assert planned(heapscim, "people.csv") == []


def test_what_a_plan_would_change_all_the_same_is_told(heapscim: CommandLine, sandbox: Sandbox) -> None:
    people(heapscim, sandbox)
    heapscim("activate", "--set", "mapping.displayName={firstname} the Great")
    ran = heapscim("export", "--out", "people.yaml")
    assert ran.exit_code == 7
    assert (
        "A plan with this roster would still make 1 change: update user ada@x.org." in ran.stderr
        or "changes" in ran.stderr
    )
    assert set(planned(heapscim, "people.yaml")) == {"update_user"}


def test_names_that_two_accounts_have_are_left_out(heapscim: CommandLine) -> None:
    with running_sandbox(unique_names="no") as sandbox:
        heapscim.activate(sandbox)
        fill(sandbox.store, [("ada@x.org", "", "", True), ("ADA@x.org", "", "", True), ("bob@x.org", "", "", True)], [])
        ran = heapscim("export", "--out", "people.csv")
        assert "Left out, since Heap has several of this name: ADA@x.org." in ran.stderr
        assert planned(heapscim, "people.csv") == []
        assert "bob@x.org" in Path("people.csv").read_text()


def test_a_list_that_proves_nothing_is_not_exported(heapscim: CommandLine) -> None:
    with running_sandbox(lists="first_rows", rows_shown=2) as sandbox:
        heapscim.activate(sandbox)
        fill(sandbox.store, [(f"p{number}@x.org", "", "", True) for number in range(3)], [])
        ran = heapscim("export", "--out", "people.csv")
    assert (ran.exit_code, Path("people.csv").exists()) == (8, False)
    assert "so nothing was written" in ran.stderr


def test_an_existing_file_is_replaced_only_if_that_was_said(heapscim: CommandLine, sandbox: Sandbox) -> None:
    people(heapscim, sandbox)
    heapscim.roster("mine", "people.csv")
    ran = heapscim("export", "--out", "people.csv")
    assert (ran.exit_code, Path("people.csv").read_text()) == (2, "mine")
    assert "--yes is needed" in ran.stderr
    assert heapscim("export", "--out", "people.csv", "--yes").exit_code == 0
    assert Path("people.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("out", "words"), [("people.xlsx", "workbook"), ("jumpcloud:Heap", "can't be a roster")])
def test_what_can_be_no_roster_is_refused(heapscim: CommandLine, sandbox: Sandbox, out: str, words: str) -> None:
    people(heapscim, sandbox)
    ran = heapscim("export", "--out", out)
    assert ran.exit_code == 2
    assert words in ran.stderr


def test_without_a_file_it_goes_to_stdout_in_the_form_that_was_asked_for(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    people(heapscim, sandbox)
    assert heapscim("export").stdout.startswith("people:\n  - id: ")
    assert heapscim("export", "-o", "csv").stdout.startswith("id,username,firstname")
    assert heapscim.json("export").data["text"].startswith("people:\n")


def test_the_csv_of_users_list_is_a_roster_that_plans_to_nothing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    people(heapscim, sandbox)
    for _ in range(2):  # before they are managed, and after
        heapscim.roster(heapscim("users", "list", "-o", "csv").stdout, "users.csv")
        assert planned(heapscim, "users.csv") == []
        writes = sandbox.tenant.writes
        assert heapscim("sync", "--yes", "--directory", "users.csv").exit_code == 0
        assert sandbox.tenant.writes == writes
