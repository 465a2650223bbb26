"""Multi-valued and other core attributes of a user, from the profile to a tenant and back, over a real socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

HEADER = "id,username,firstname,lastname,email,location,employeeidentifier\n"
ADA = "1,ada@x.org,Ada,Lovelace,ada@x.org,London,E-0042\n"
BOB = "2,bob@x.org,Bob,Byron,,,\n"
MAPPING = (
    "mapping.emails=email",
    "mapping.addresses.locality=location",
    "mapping.externalId=employeeidentifier",
    "mapping.displayName={firstname} {lastname}",
)
WORK = {"value": "ada@x.org", "type": "work", "primary": True}
HOME = {"value": "ada@home.org", "type": "home"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(entries="as_asked") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heapscim.execution.verification.LOOKS_AGAIN_AFTER", (0.0, 0.0))


def connect(heapscim: CommandLine, sandbox: Sandbox, *settings: str) -> None:
    roster = str(heapscim.roster(HEADER + ADA + BOB))
    options = [word for setting in (*MAPPING, *settings) for word in ("--set", setting)]
    heapscim.activate(sandbox, "--directory", roster, *options)


def account(sandbox: Sandbox, name: str = "ada@x.org") -> dict[str, Any]:
    (found,) = (user for user in sandbox.store.users.values() if user["userName"] == name)
    return found


def synced(heapscim: CommandLine, sandbox: Sandbox, *people: str) -> dict[str, Any]:
    """Syncs, twice; the second time nothing is written. Returns the first sync."""
    heapscim.roster(HEADER + "".join(people))
    ran = heapscim.json("sync", "--yes", "--allow-removals", "2")
    assert ran.exit_code == 0, ran.stdout
    writes = sandbox.tenant.writes
    again = heapscim.json("sync", "--yes")
    assert (again.exit_code, again.data["counts"], sandbox.tenant.writes) == (0, {}, writes), again.data["plan"][
        "changes"
    ]
    return dict(ran.data)


FORMS = [{}, {"patch_form": "pathless"}, {"patch": "no"}, {"write_body": "no"}, {"patch_operations": "one"}]
SHOWN = [{"entries": how} for how in ("displayed", "untyped", "reversed")]


@pytest.mark.parametrize("behaviour", [*FORMS, *SHOWN], ids=str)
def test_entries_are_sent_in_their_shape_and_those_of_others_stay(
    heapscim: CommandLine, behaviour: dict[str, str]
) -> None:
    with running_sandbox(**{"entries": "as_asked", **behaviour}) as sandbox:
        connect(heapscim, sandbox)
        synced(heapscim, sandbox, ADA, BOB)
        ada = account(sandbox)
        assert ada["emails"] == [WORK]
        assert ada["addresses"] == [{"locality": "London", "type": "work", "primary": True}]
        assert (ada["externalId"], ada["displayName"]) == ("E-0042", "Ada Lovelace")
        assert {"emails", "addresses", "externalId"}.isdisjoint(account(sandbox, "bob@x.org"))

        ada["emails"] = [HOME, WORK]
        ada["addresses"][0]["country"] = "UK"
        ran = synced(heapscim, sandbox, ADA, BOB)
        assert ran["counts"] == {}
        ran = synced(heapscim, sandbox, ADA.replace(",ada@x.org,London", ",ada@king.org,Ockham"), BOB)
        (change,) = ran["plan"]["changes"]
        assert change["before"] == {"emails": "ada@x.org", "addresses.locality": "London"}
        assert change["after"] == {"emails": "ada@king.org", "addresses.locality": "Ockham"}
        assert held(sandbox, "emails") == {("home", "ada@home.org"), ("work", "ada@king.org")}
        assert [(row["locality"], row["country"]) for row in account(sandbox)["addresses"]] == [("Ockham", "UK")]

        assert heapscim.json("undo", "last", "--yes").exit_code == 0
        assert held(sandbox, "emails") == {("home", "ada@home.org"), ("work", "ada@x.org")}


def held(sandbox: Sandbox, attribute: str) -> set[tuple[str, str]]:
    """The entries with their types; a tenant that shows no types has lost them by a write."""
    types = {HOME["value"]: "home"}
    return {(row.get("type") or types.get(row["value"], "work"), row["value"]) for row in account(sandbox)[attribute]}


@pytest.mark.parametrize("behaviour", FORMS, ids=str)
def test_a_value_that_an_undo_takes_back_leaves_the_entries_of_others(
    heapscim: CommandLine, behaviour: dict[str, str]
) -> None:
    with running_sandbox(**{"entries": "as_asked", **behaviour}) as sandbox:
        connect(heapscim, sandbox)
        synced(heapscim, sandbox, ADA, BOB)
        account(sandbox, "bob@x.org")["emails"] = [{**HOME, "primary": True}]
        synced(heapscim, sandbox, ADA, BOB.replace(",,,", ",bob@work.org,,"))
        assert account(sandbox, "bob@x.org")["emails"] == [
            {**HOME, "primary": True},
            {"value": "bob@work.org", "type": "work"},
        ]
        assert heapscim.json("undo", "last", "--yes").exit_code == 0
        assert account(sandbox, "bob@x.org")["emails"] == [{**HOME, "primary": True}]


def test_a_person_who_returns_gets_the_new_value_with_the_reactivation(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connect(heapscim, sandbox)
    synced(heapscim, sandbox, ADA, BOB)
    synced(heapscim, sandbox, BOB)
    account(sandbox)["emails"].append(HOME)
    ran = synced(heapscim, sandbox, ADA.replace(",ada@x.org,London", ",ada@king.org,London"), BOB)
    assert ran["counts"] == {"reactivate_user": 1}
    assert account(sandbox)["emails"] == [{**WORK, "value": "ada@king.org"}, HOME]


@pytest.mark.parametrize("path", ["emails", 'emails[type eq "work"].value'])
def test_an_attribute_that_is_never_shown_is_a_clear_error_and_then_a_setting(heapscim: CommandLine, path: str) -> None:
    with running_sandbox(entries="hidden") as sandbox:
        connect(heapscim, sandbox, 'mapping.addresses.locality=""', 'mapping.emails=""', f"mapping.{path}=email")
        ran = heapscim.json("sync", "--yes")
        assert ran.exit_code == 7
        assert account(sandbox)["emails"] == [WORK]
        setting = 'dialect.unreadable=["emails"]'
        assert (
            f"If this tenant takes emails and never shows it: `heapscim activate --set '{setting}'`."
            in ran.stdout.replace('\\"', '"')
        )
        assert heapscim("activate", "--set", setting).exit_code == 0
        synced(heapscim, sandbox, ADA, BOB)
        synced(heapscim, sandbox, ADA.replace(",ada@x.org,London", ",ada@king.org,London"), BOB)
        assert account(sandbox)["emails"] == [{**WORK, "value": "ada@king.org"}]
        assert "never shown: emails" in heapscim("status").stdout


def test_two_types_of_one_attribute_are_two_entries_and_one_primary(heapscim: CommandLine, sandbox: Sandbox) -> None:
    connect(heapscim, sandbox, 'mapping.emails[type eq "home"].value=location')
    synced(heapscim, sandbox, ADA, BOB)
    assert account(sandbox)["emails"] == [WORK, {"value": "London", "type": "home"}]
    account(sandbox)["emails"][1]["value"] = "Paris"
    ran = synced(heapscim, sandbox, ADA, BOB)
    assert [change["reason"] for change in ran["plan"]["changes"]] == ['emails[type eq "home"].value changed in Heap']
    assert account(sandbox)["emails"] == [WORK, {"value": "London", "type": "home"}]


def test_a_wrong_shape_is_refused_with_the_right_form_when_the_profile_is_read(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    connect(heapscim, sandbox)
    ran = heapscim("activate", "--set", "mapping.addresses=location")
    assert ran.exit_code == 1
    assert "addresses: it has entries: write addresses.formatted, addresses.streetAddress" in ran.stderr


def test_a_tenant_that_shows_nothing_but_values_in_any_order_is_left_alone(heapscim: CommandLine) -> None:
    with running_sandbox(entries="reversed") as sandbox:
        connect(heapscim, sandbox)
        synced(heapscim, sandbox, ADA, BOB)
        for values in (["ada@x.org", "ada@home.org"], ["ada@home.org", "ada@x.org"]):
            account(sandbox)["emails"] = [{"value": value} for value in values]
            assert synced(heapscim, sandbox, ADA, BOB)["counts"] == {}
