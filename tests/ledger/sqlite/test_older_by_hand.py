"""What an older ledger, which knew of nothing made by hand, is told to have been."""

import json
import sqlite3
import time
from dataclasses import asdict, replace
from pathlib import Path

from heapscim.ledger.recorded import change_from_json
from heapscim.ledger.sqlite.schema import MIGRATIONS
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.model.changes import (
    BY_HAND,
    Change,
    CreateGroup,
    CreateUser,
    TakeOverGroup,
)
from tests.builders import TENANT

BOB = CreateUser("bob@x.org", "bob@x.org", {"role": "Analyst"}, BY_HAND, by_hand=True)
ALPHA = CreateGroup("alpha", "Alpha", (), BY_HAND, by_hand=True)


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
    ledger = open_ledger(path, TENANT, time.time)
    links = ledger.links()
    ledger.close()
    assert [link.id for link in (*links.made_by_hand.users, *links.made_by_hand.groups)] == ["1", "t"]


def test_a_create_of_an_older_ledger_that_is_still_in_doubt_is_by_hand(path: Path) -> None:
    text = json.dumps({key: value for key, value in asdict(BOB).items() if key != "by_hand"})
    assert change_from_json(text) == BOB
    directory = replace(BOB, reason="new in people.csv", by_hand=False)
    assert change_from_json(json.dumps(asdict(directory))) == directory
    assert not path.exists()
