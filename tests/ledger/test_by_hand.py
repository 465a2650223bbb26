"""What the links say of things made by hand, and what an older ledger is told to have been."""

import json
import sqlite3
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from heapscim.ledger.entries import RunContext, Settlement
from heapscim.ledger.sqlite.queries import change_from_json
from heapscim.ledger.sqlite.schema import MIGRATIONS
from heapscim.ledger.sqlite.store import Ledger, open_ledger
from heapscim.model.changes import (
    BY_HAND,
    Change,
    CreateGroup,
    CreateUser,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.plan import TakeOver
from heapscim.model.state import Link, Links
from tests.builders import TENANT, a_snapshot, desired_of, in_heap, plan_of

BOB = CreateUser("bob@x.org", "bob@x.org", {"role": "Analyst"}, BY_HAND, by_hand=True)
ALPHA = CreateGroup("alpha", "Alpha", (), BY_HAND, by_hand=True)


def carry_out(ledger: Ledger, *changes: tuple[Change, str], adoptions: tuple[TakeOver, ...] = ()) -> None:
    """Records changes as done, each with the Heap id it has in the end."""
    plan = replace(
        plan_of(desired_of(a_snapshot()), in_heap()),
        changes=tuple(change for change, _ in changes),
        adoptions=adoptions,
    )
    run = ledger.begin_run(plan, RunContext("ada", "desk", 42, {}))
    ledger.record(run, [(seq, Settlement("done", id=id, change=change)) for seq, (change, id) in enumerate(changes)])


def made(ledger: Ledger) -> None:
    carry_out(ledger, (BOB, "1"), (ALPHA, "t"))


def test_what_is_made_by_hand_is_linked_as_that(ledger: Ledger) -> None:
    made(ledger)
    bob = Link("bob@x.org", "1", "bob@x.org", {"role": "Analyst"}, by_hand=True)
    assert ledger.links() == Links((bob,), (Link("alpha", "t", "Alpha", by_hand=True),))


def test_a_sync_takes_it_over_and_knows_what_was_sent(ledger: Ledger) -> None:
    made(ledger)
    over = TakeOverGroup("t", "g", "Alpha", "bound", by_hand=True)
    carry_out(ledger, (over, "t"), adoptions=(TakeOver("1", "7", "bob@x.org", by_hand=True),))
    assert ledger.links() == Links((Link("7", "1", "bob@x.org", {"role": "Analyst"}),), (Link("g", "t", "Alpha"),))


def test_what_is_released_to_the_hand_is_by_hand_again_and_else_gone(ledger: Ledger) -> None:
    made(ledger)
    over = TakeOverGroup("t", "g", "Alpha", "bound", by_hand=True)
    carry_out(ledger, (over, "t"), adoptions=(TakeOver("1", "7", "bob@x.org", by_hand=True),))
    back = (
        ReleaseUser("1", "7", "bob@x.org", "undo", by_hand=True),
        ReleaseGroup("t", "g", "Alpha", "undo", by_hand=True),
    )
    carry_out(ledger, (back[0], "1"), (back[1], "t"))
    links = ledger.links()
    assert [(link.id, link.by_hand) for link in (*links.users, *links.groups)] == [("1", True), ("t", True)]
    carry_out(ledger, (replace(back[0], by_hand=False), "1"), (replace(back[1], by_hand=False), "t"))
    assert ledger.links() == Links()


@pytest.mark.parametrize("by_hand", [True, False])
def test_who_asked_for_a_value_last_is_known(ledger: Ledger, *, by_hand: bool) -> None:
    carry_out(ledger, (replace(BOB, by_hand=False), "1"), (replace(ALPHA, by_hand=False), "t"))
    carry_out(
        ledger,
        (UpdateUser("1", "bob@x.org", "bob@x.org", {}, {"role": "Admin"}, "r", by_hand=True), "1"),
        (RenameGroup("t", "alpha", "Alpha", "Beta", "r", by_hand=True), "t"),
    )
    carry_out(
        ledger,
        (ReactivateUser("1", "bob@x.org", "bob@x.org", {}, {"role": "Analyst"}, "r", by_hand=by_hand), "1"),
        (RenameGroup("t", "alpha", "Beta", "Alpha", "r", by_hand=by_hand), "t"),
    )
    links = ledger.links()
    assert links.users[0].set_by_hand == (frozenset({"role"}) if by_hand else frozenset())
    assert links.groups[0].set_by_hand == (frozenset({"displayName"}) if by_hand else frozenset())


def test_somebody_else_of_the_same_id_in_the_directory_leaves_it_by_hand(ledger: Ledger) -> None:
    made(ledger)
    carry_out(ledger, (CreateUser("bob@x.org", "robert@x.org", {}, "new in people.csv"), "2"))
    assert {(link.external_id, link.id, link.by_hand) for link in ledger.links().users} == {
        ("bob@x.org (by hand 1)", "1", True),
        ("bob@x.org", "2", False),
    }


def older(path: Path, *, adopted: str = "[]") -> None:
    """A ledger as it was before it knew of anything made by hand."""
    path.parent.mkdir(mode=0o700)
    path.touch(0o600)
    connection = sqlite3.connect(path)
    connection.executescript(f"{MIGRATIONS[0]}; PRAGMA user_version = 1;")
    connection.execute("INSERT INTO runs VALUES ('r', 'x', 'a', 'h', 1, 1.0, 2.0, '', '', '{}', NULL, 'done')")
    columns = "run, seq, kind, subject, reason, change, state, id"
    insert = f"INSERT INTO operations ({columns}) VALUES ('r', ?, ?, ?, ?, ?, 'done', ?)"  # noqa: S608 - our own columns
    changes: list[tuple[Change, str]] = [
        (BOB, "1"),
        (CreateUser("ada@x.org", "ada@x.org", {}, "new in people.csv"), "2"),
        (CreateUser("eve@x.org", "eve@x.org", {}, BY_HAND), "3"),
        (ALPHA, "t"),
        (CreateGroup("beta", "Beta", (), BY_HAND), "u"),
        (TakeOverGroup("u", "beta", "Beta", "bound"), "u"),
        (CreateUser("dan@x.org", "dan@x.org", {}, BY_HAND), "4"),
    ]
    for seq, (change, id) in enumerate(changes):
        document = {key: value for key, value in asdict(change).items() if key != "by_hand"}
        name = getattr(change, "user_name", None) or getattr(change, "name", "")
        connection.execute(insert, (seq, change.kind, name, change.reason, json.dumps(document), id))
    rows = [("user", "bob@x.org", "1"), ("user", "ada@x.org", "2"), ("user", "eve@x.org", "3"), ("user", "17", "4"),
            ("group", "alpha", "t"), ("group", "beta", "u")]  # fmt: skip
    connection.executemany("INSERT INTO links (type, external_id, id, name) VALUES (?, ?, ?, 'x')", rows)
    connection.execute("INSERT INTO events VALUES (1, 1.0, 'r', NULL, 'adopted', ?, 'x')", (adopted,))
    connection.commit()
    connection.close()


def test_what_an_older_ledger_made_by_hand_is_by_hand_unless_a_directory_asked_for_it_since(path: Path) -> None:
    older(path, adopted='[{"id":"3","external_id":"eve@x.org"}]')
    ledger = open_ledger(path, TENANT)
    links = ledger.links()
    ledger.close()
    assert [link.id for link in (*links.made_by_hand.users, *links.made_by_hand.groups)] == ["1", "t"]


def test_a_create_of_an_older_ledger_that_is_still_in_doubt_is_by_hand(path: Path) -> None:
    text = json.dumps({key: value for key, value in asdict(BOB).items() if key != "by_hand"})
    assert change_from_json(text) == BOB
    directory = replace(BOB, reason="new in people.csv", by_hand=False)
    assert change_from_json(json.dumps(asdict(directory))) == directory
    assert not path.exists()
