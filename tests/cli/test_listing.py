"""``users list``: which accounts are listed, and how many of how many."""

import csv
import io

import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.hands import after_a_sync
from tests.conftest import CommandLine


@pytest.fixture
def people(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    """ada and carl are managed; eve, an admin, and two other analysts, one of them inactive, are not."""
    after_a_sync(heapscim, sandbox)
    sandbox.store.add_user({"userName": "eve@x.org", "role": "Admin"})
    sandbox.store.add_user({"userName": "bob@x.org", "role": "Analyst", "active": False})
    sandbox.store.add_user({"userName": "zoe@x.org", "role": "Analyst"})
    return heapscim


def names(heapscim: CommandLine, *options: str) -> list[str]:
    ran = heapscim.json("users", "list", *options)
    assert ran.exit_code == 0, ran.stderr
    return [user["user_name"].removesuffix("@x.org") for user in ran.data]


@pytest.mark.parametrize(
    ("options", "listed"),
    [
        ("", ["ada", "bob", "carl", "eve", "zoe"]),
        ("--role Analyst", ["ada", "bob", "carl", "zoe"]),
        ("--role ANALYST --unmanaged", ["bob", "zoe"]),
        ("--role analyst --unmanaged --inactive", ["bob"]),
        ("--inactive", ["bob"]),
        ("--active --unmanaged", ["eve", "zoe"]),
        ("--managed", ["ada", "carl"]),
        ("--unmanaged --limit 1", ["bob"]),
        ("--limit 2", ["ada", "bob"]),
        ("--managed --inactive", []),
        ("--limit 9", ["ada", "bob", "carl", "eve", "zoe"]),
    ],
)
def test_filters_combine(people: CommandLine, options: str, listed: list[str]) -> None:
    assert names(people, *options.split()) == listed
    rows = list(csv.DictReader(io.StringIO(people("users", "list", *options.split(), "-o", "csv").stdout)))
    assert [row["userName"].removesuffix("@x.org") for row in rows] == listed
    table = people("users", "list", *options.split()).stdout.splitlines()[1:]
    assert [line.partition("@")[0] for line in table] == listed


def test_accounts_managed_by_hand_are_managed(people: CommandLine) -> None:
    assert people("users", "create", "hal@x.org", "--yes").exit_code == 0
    assert names(people, "--managed") == ["ada", "carl", "hal"]
    assert "hal" not in names(people, "--unmanaged")


def test_accounts_without_a_role_are_asked_for_by_an_empty_one(people: CommandLine, sandbox: Sandbox) -> None:
    without = [name for name, user in sandbox.store.snapshot()["users"].items() if not user.get("role")]
    assert names(people, "--role", "") == sorted(name.removesuffix("@x.org") for name in without)


def test_a_scim_filter_combines_too(people: CommandLine) -> None:
    ran = people.json("users", "list", "--filter", 'userName sw "e" or userName sw "z"', "--role", "Admin")
    assert [user["user_name"] for user in ran.data] == ["eve@x.org"]
    assert ran.envelope["notices"] == ["Filtered by Heap.", "1 of 2 users, 0 managed."]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_the_count_says_how_many_of_how_many(people: CommandLine, form: str) -> None:
    ran = people("users", "list", "--unmanaged", "--limit", "2", "-o", form)
    said = ["2 of 5 users, 0 managed.", "1 more match: raise --limit."]
    assert (ran.envelope["notices"] if form == "json" else ran.stderr.splitlines()) == said


def test_large_counts_are_readable(heapscim: CommandLine, sandbox: Sandbox) -> None:
    for number in range(1200):
        sandbox.store.add_user({"userName": f"u{number}@x.org", "active": number % 100 > 0})
    heapscim.activate(sandbox)
    assert "12 of 1,200 users, 0 managed." in heapscim("users", "list", "--inactive").stderr


def test_a_role_that_nobody_has_names_the_nearest_or_all(people: CommandLine) -> None:
    ran = people("users", "list", "--role", "Admn")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "0 of 5 users, 0 managed.\nNobody has the role Admn. Did you mean Admin?\n" in ran.stderr
    assert "Nobody has the role Chef. Roles: Admin, Analyst" in people("users", "list", "--role", "Chef").stderr
    assert "Nobody" not in people("users", "list", "--role", "admin", "--inactive").stderr


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_lists_nobody_is_refused(people: CommandLine, limit: int) -> None:
    ran = people("users", "list", "--limit", str(limit))
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert f"Invalid value for '--limit': {limit} is below 1." in ran.stderr
