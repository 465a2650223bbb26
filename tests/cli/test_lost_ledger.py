"""A ledger that was lost says so, and whoever left meanwhile can be taken away by name."""

import shutil

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran

NAMES = [f"u{number:02}@x.org" for number in range(41 + 4)]
STAYING = NAMES[:4]


def rows(names: list[str], group: str = "Design") -> str:
    return "username,groups\n" + "".join(f"{name},{group}\n" for name in names)


def said(ran: Ran) -> list[str]:
    return [notice for notice in ran.data["plan"]["notices"] if "This ledger" in notice]


@pytest.fixture
def lost(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    """45 people were provisioned; the ledger was lost, and 41 of them have left the roster."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(rows(NAMES))))
    assert heapscim("sync", "--yes").exit_code == 0
    shutil.rmtree(heapscim.folder / "state")
    heapscim.roster(rows(STAYING))
    return heapscim


def test_a_lost_ledger_says_how_many_accounts_nobody_manages(lost: CommandLine, sandbox: Sandbox) -> None:
    before = sandbox.tenant.writes
    shown, planned = lost("plan"), lost.json("plan")
    assert (shown.exit_code, sandbox.tenant.writes) == (0, before)
    words = "This ledger knows nobody yet; 41 accounts are in bound groups and not in people.csv: left alone. "
    assert said(planned)[0].startswith(words)
    assert "`heapscim users deactivate NAME …` takes access from those who have left" in said(planned)[0]
    assert "This ledger knows nobody yet; 41 accounts" in " ".join(shown.stdout.split())
    assert said(lost.json("sync", "--yes")) == said(planned)
    assert all(user["active"] is True for user in sandbox.store.users.values())
    assert said(lost.json("plan")) == []


def test_the_way_that_it_names_takes_chosen_ones_away_with_guards_and_can_be_undone(
    lost: CommandLine, sandbox: Sandbox
) -> None:
    assert lost("sync", "--yes").exit_code == 0
    leavers = NAMES[4:]
    listed = [user["user_name"] for user in lost.json("users", "list").data if not user["managed"]]
    assert sorted(listed) == leavers
    refused = lost("users", "deactivate", *leavers, "--yes")
    assert (refused.exit_code, "`--allow-removals 41`" in refused.stdout) == (6, True)
    assert lost("users", "deactivate", *leavers, "--yes", "--allow-removals", "41").exit_code == 0
    active = sorted(user["userName"] for user in sandbox.store.users.values() if user["active"] is True)
    assert active == STAYING
    before = sandbox.tenant.writes
    again = lost.json("sync", "--yes")
    assert (again.exit_code, again.data["counts"], sandbox.tenant.writes) == (0, {}, before)
    assert lost("undo", "last", "--yes", "--allow-updates", "41").exit_code == 0
    assert all(user["active"] is True for user in sandbox.store.users.values())


def test_without_groups_every_stranger_counts(lost: CommandLine) -> None:
    assert lost("activate", "--no-groups").exit_code == 0
    assert said(lost.json("plan"))[0].startswith(
        "This ledger knows nobody yet; 41 accounts are active in Heap and not in people.csv: left alone."
    )


def test_a_ledger_that_knows_its_people_says_nothing(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "root@x.org"})
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(rows(NAMES))))
    assert said(heapscim.json("sync", "--yes")) == []
    heapscim.roster(rows([*NAMES, "new@x.org"]))
    assert said(heapscim.json("sync", "--yes")) == []
