"""A ledger of heapscim 0.1 goes on: who was linked by a folded name is linked by today's, and all is still proven."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.entries import Settlement
from heapscim.ledger.sqlite.store import SqliteLedger, open_ledger
from heapscim.model.changes import CreateGroup, CreateUser
from heapscim.model.outcomes import Outcome
from heapscim.model.state import Link, Links
from tests.builders import TENANT
from tests.fakes.old_ledgers import put_old_ledger
from tests.ledger.conftest import Clock
from tests.ledger.writing import DAY, create, do

KINDS = pytest.mark.parametrize("kind", ["whole", "pruned"])
LINKS = Links(
    users=(
        Link("17", "u3", "weiß@x.org", {"name.givenName": "G"}),
        Link("ada@x.org", "u2", "ada@x.org", {"name.givenName": "G"}),
        Link("strauß@x.org", "u1", "Strauß@x.org", {"name.givenName": "G", "role": "Zoë"}),
        Link("νικος@x.org", "u9", "νικος@x.org"),
    ),
    groups=(Link("straße", "g1", "Straße"),),
)


def links_of(ledger: SqliteLedger) -> Links:
    found = ledger.links()
    return Links(
        tuple(sorted(found.users, key=lambda link: link.external_id)),
        tuple(sorted(found.groups, key=lambda link: link.external_id)),
    )


def upgraded(path: Path, clock: Clock, kind: str) -> SqliteLedger:
    put_old_ledger(path, kind)
    return open_ledger(path, TENANT, clock)


@KINDS
def test_links_by_folded_names_follow_the_names_of_today(path: Path, clock: Clock, kind: str) -> None:
    ledger = upgraded(path, clock, kind)
    assert links_of(ledger) == LINKS
    assert ledger.prove().problems == ()
    ledger.close()
    again = open_ledger(path, TENANT, clock)
    assert (links_of(again), again.prove().events) == (LINKS, {"whole": 18, "pruned": 19}[kind])
    again.close()


@KINDS
def test_what_0_1_left_in_doubt_is_settled_by_the_ids_of_today(path: Path, clock: Clock, kind: str) -> None:
    ledger = upgraded(path, clock, kind)
    ((run, (entry,)),) = ledger.in_doubt().items()
    assert isinstance(entry.change, CreateUser)
    ledger.record(run, [(entry.seq, Settlement.of(Outcome(entry.change, "done", id="u5")))])
    ledger.end_run(run, "done")
    assert Link("groß@x.org", "u5", "groß@x.org", {"name.givenName": "G"}) in ledger.links().users
    assert ledger.prove().problems == ()
    clock.now += 1_000 * DAY
    assert ledger.prune(keep=DAY) == {"whole": 3, "pruned": 2}[kind]
    assert ledger.prove().problems == ()
    ledger.close()


def test_what_0_1_did_is_told_by_the_ids_of_today(path: Path, clock: Clock) -> None:
    ledger = upgraded(path, clock, "whole")
    _, second, first = (run.run for run in ledger.runs())
    assert [getattr(entry.change, "external_id", None) for entry in ledger.recorded(first)] == [
        "strauß@x.org",
        "ada@x.org",
        "17",
    ]
    assert [adoption.external_id for adoption in ledger.take_overs(first)] == ["νικος@x.org"]
    update, group = (entry.change for entry in ledger.recorded(second))
    assert update.external_id == "strauß@x.org"
    assert isinstance(group, CreateGroup)
    assert (group.external_id, group.members[0].external_id) == ("straße", "strauß@x.org")
    ledger.close()


def test_an_id_of_a_new_run_is_taken_as_it_is(path: Path, clock: Clock) -> None:
    """A directory may well give strauß@ the id strauss@."""
    ledger = upgraded(path, clock, "whole")
    run = do(ledger, create("weiß@x.org", "weiss@x.org"))
    assert [getattr(entry.change, "external_id", None) for entry in ledger.recorded(run)] == ["weiss@x.org"]
    assert ledger.prove().problems == ()
    ledger.close()


def test_who_was_there_before_is_known_by_id(path: Path, clock: Clock) -> None:
    """Names for the Tab key come back with the next read."""
    put_old_ledger(path)
    with closing(sqlite3.connect(path)) as connection:
        there = {id for (id,) in connection.execute("SELECT id FROM names WHERE type = 'user'")}
    ledger = open_ledger(path, TENANT, clock)
    assert ledger.known_ids("user", before=1.0) == there != set()
    ledger.close()


def test_a_name_that_is_taken_is_given_to_nobody_else(path: Path, clock: Clock) -> None:
    put_old_ledger(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE links SET external_id = 'strauß@x.org' WHERE id = 'u3'")
    ledger = open_ledger(path, TENANT, clock)
    ids = {link.id: link.external_id for link in ledger.links().users}
    assert (ids["u1"], ids["u3"]) == ("strauss@x.org", "strauß@x.org")
    ledger.close()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM links WHERE id = 'u2'", "The user ada@x.org (id u2) is missing among what is managed."),
        (
            "UPDATE links SET external_id = 'strauß@x.org' WHERE id = 'u3'",
            "What is known of the user weiß@x.org (id u3) was changed: external_id.",
        ),
    ],
)
def test_what_was_changed_before_the_upgrade_is_told_after_it(
    path: Path, clock: Clock, statement: str, problem: str
) -> None:
    put_old_ledger(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    ledger = open_ledger(path, TENANT, clock)
    assert problem in ledger.prove().problems
    ledger.close()


def test_links_of_a_pruned_ledger_are_sealed_as_they_are_found(path: Path, clock: Clock) -> None:
    put_old_ledger(path, "pruned")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM links WHERE id = 'u2'")
    ledger = open_ledger(path, TENANT, clock)
    assert ledger.prove().problems == ()
    ledger._file.connection.execute("DELETE FROM links WHERE id = 'u3'")
    assert ledger.prove().problems == ("The user weiß@x.org (id u3) is missing among what is managed.",)
    ledger.close()


def test_a_ledger_of_0_1_with_a_trigger_is_not_upgraded(path: Path, clock: Clock) -> None:
    put_old_ledger(path)
    trigger = "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM links; END"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(trigger)
    with pytest.raises(LedgerError, match="The trigger 't' is not heapscim's"):
        open_ledger(path, TENANT, clock)
    inspected = open_ledger(path, TENANT, clock, inspect=True)
    assert inspected.prove().problems == ("The trigger 't' is not heapscim's.",)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM links WHERE type = 'user'").fetchone() == (4,)
    with pytest.raises(LedgerError, match="was changed by another hand"):
        inspected.prune(keep=0)
    inspected.close()
