"""The rules of linking do the same to every table of links, and refuse what can't be."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.errors import LedgerError
from heapscim.ledger.entries import DamagedEntry, Settlement
from heapscim.ledger.linking import LinkRow, LinkTable, MemoryLinks, settle, take_over
from heapscim.ledger.sql.links import SqlLinks
from heapscim.ledger.sqlite.connection import SqliteConnection
from heapscim.ledger.sqlite.schema import MIGRATIONS, migrate_step
from heapscim.ledger.sqlite.store import SqliteLedger
from heapscim.model.changes import (
    CreateGroup,
    CreateUser,
    DeleteUser,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.plan import TakeOver
from tests.ledger.writing import HEAD

IDS, PEOPLE, TRUTH = st.sampled_from("ABC"), st.sampled_from(["1", "2", "3"]), st.booleans()
NONE = st.none()
ROLES = st.dictionaries(st.sampled_from(["role", "name.givenName"]), st.sampled_from(["x", "y"]))
CLEARED = st.dictionaries(st.sampled_from(["role", "name.givenName"]), st.sampled_from(["x", None]))
EMPTY = st.just(())
WHY = st.just("r")
CHANGES = st.one_of(
    st.builds(CreateUser, PEOPLE, PEOPLE, ROLES, WHY, NONE | IDS, by_hand=TRUTH),
    st.builds(UpdateUser, IDS, PEOPLE, PEOPLE, st.just({}), CLEARED, WHY, by_hand=TRUTH),
    st.builds(ReactivateUser, IDS, PEOPLE, PEOPLE, st.just({}), CLEARED, WHY, replaces=NONE | IDS, by_hand=TRUTH),
    st.builds(DeleteUser, IDS, PEOPLE, PEOPLE, st.just({}), WHY),
    st.builds(ReleaseUser, IDS, PEOPLE, PEOPLE, WHY, by_hand=TRUTH),
    st.builds(CreateGroup, NONE | PEOPLE, PEOPLE, EMPTY, WHY, by_hand=TRUTH),
    st.builds(TakeOverGroup, IDS, PEOPLE, PEOPLE, WHY),
    st.builds(RenameGroup, IDS, PEOPLE, PEOPLE, PEOPLE, WHY, by_hand=TRUTH),
    st.builds(ReleaseGroup, IDS, PEOPLE, PEOPLE, WHY, by_hand=TRUTH),
)
SETTLEMENTS = st.builds(
    Settlement,
    st.sampled_from(["done", "failed"]),
    NONE | IDS,
    change=CHANGES,
    kept=st.dictionaries(st.sampled_from(["role", "userName", "displayName"]), st.sampled_from(["K"])),
    unseen=st.sampled_from([(), ("m",)]),
)
TAKEN = st.builds(TakeOver, IDS, PEOPLE, PEOPLE, NONE | IDS, by_hand=TRUTH)


def clashes(table: LinkTable, step: Settlement | TakeOver) -> bool:
    try:
        take_over(table, step) if isinstance(step, TakeOver) else settle(table, step)
        if isinstance(table, SqlLinks):
            table.flush()
    except (DamagedEntry, sqlite3.IntegrityError):
        if isinstance(table, SqlLinks):  # what waits is written as far as it can be: a run would roll all of it back
            with suppress(sqlite3.IntegrityError):
                table.flush()
            table._waiting.clear()
        return True
    return False


def rows(table: Iterable[LinkRow]) -> list[LinkRow]:
    return sorted(table, key=lambda row: (row.type, row.id))


@given(st.lists(st.tuples(SETTLEMENTS | TAKEN, TRUTH), max_size=12))
def test_a_database_and_memory_come_to_the_same_links(steps: list[tuple[Settlement | TakeOver, bool]]) -> None:
    with closing(sqlite3.connect(":memory:", factory=SqliteConnection)) as connection:
        for version in range(1, len(MIGRATIONS) + 1):
            migrate_step(connection, version)
        memory = MemoryLinks()
        for step, looked_up in steps:
            stored = SqlLinks(connection)
            if looked_up and isinstance(step, Settlement):
                stored.look_up([step])
            assert clashes(stored, step) == clashes(memory, step)
            assert rows(stored) == rows(memory)
            for row in memory:
                found = memory.by_id(row.type, row.id), memory.by_external_id(row.type, row.external_id)
                assert found == (row, row)


def test_two_resources_never_share_an_external_id() -> None:
    table = MemoryLinks([LinkRow("user", "1", "A", "ada@x.org"), LinkRow("group", "1", "B", "Ops")])
    with pytest.raises(DamagedEntry, match="two links have the external id 1"):
        table.put(LinkRow("user", "1", "B", "eve@x.org"))
    table.put(LinkRow("user", "2", "A", "ada@x.org"))
    table.put(LinkRow("user", "1", "B", "eve@x.org"))
    assert {(row.type, row.external_id, row.id) for row in table} == {
        ("user", "2", "A"),
        ("user", "1", "B"),
        ("group", "1", "B"),
    }


def test_a_link_that_another_hand_spoiled_is_damage_and_nothing_is_written(ledger: SqliteLedger, path: Path) -> None:
    run = ledger.begin(HEAD, [], [TakeOver("A", "1", "ada@x.org")])
    with closing(sqlite3.connect(path, isolation_level=None)) as other_hand:
        other_hand.execute("UPDATE links SET sent = '[]'")
    update = UpdateUser("A", "1", "ada@x.org", {}, {"role": "Admin"}, "r")
    before = path.with_name(path.name + "-wal").stat().st_size
    with pytest.raises(LedgerError, match="is damaged: what was sent to a linked resource isn't a JSON object"):
        ledger.record(run, [(0, Settlement("done", id="A", change=update))])
    assert path.with_name(path.name + "-wal").stat().st_size == before
