"""A schema is brought up to date, or refused where it isn't heapscim's, or is a newer heapscim's."""

from dataclasses import replace
from weakref import WeakSet

import psycopg
import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.entries import OperationDraft, Settlement
from heapscim.ledger.postgres import schema as schemas
from heapscim.ledger.postgres.place import PostgresPlace
from heapscim.ledger.sql.store import SqlLedger
from heapscim.model.changes import CreateUser
from tests.builders import TENANT
from tests.fakes.postgres import PostgresServer
from tests.ledger.writing import HEAD, a_run, every_kind_of_link

TRIGGER = (
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
    " CREATE TRIGGER eve BEFORE INSERT ON links FOR EACH ROW EXECUTE FUNCTION f()"
)
FOREIGN = [
    (TRIGGER, "The trigger eve is not heapscim's."),
    ("CREATE RULE eve AS ON INSERT TO links DO INSTEAD NOTHING", "The rule eve is not heapscim's."),
    ("ALTER TABLE links ADD COLUMN eve text", "The relation links is not as heapscim made it."),
    ("ALTER TABLE links ALTER COLUMN name SET DEFAULT 'eve'", "The relation links is not as heapscim made it."),
    ("ALTER TABLE links ENABLE ROW LEVEL SECURITY", "The relation links is not as heapscim made it."),
    ("CREATE POLICY eve ON links USING (false)", "The policy eve is not heapscim's."),
    ("ALTER TABLE links DROP CONSTRAINT links_type_external_id_key", "links_type_external_id_key is missing."),
    ("ALTER TABLE links ADD CONSTRAINT eve CHECK (name <> 'ada@x.org')", "The constraint eve is not heapscim's."),
    ("CREATE VIEW eve AS SELECT * FROM links", "The relation eve is not heapscim's."),
    ("CREATE TABLE eve () INHERITS (links)", "The child of links is not heapscim's."),
    ("CREATE INDEX eve ON links (name)", "The relation eve is not heapscim's."),
]
ACTS_ON_WRITES = [0, 1, 2, 3, 4, 7]
"""The places of those that could change what is written."""


@pytest.mark.parametrize(("statement", "problem"), FOREIGN, ids=lambda text: text[:40])
def test_a_foreign_part_is_named_and_the_ledger_is_not_used(
    place: PostgresPlace, shared: SqlLedger, hand: psycopg.Connection, statement: str, problem: str
) -> None:
    a_run(shared, "ada@x.org")
    hand.execute(statement.encode())
    with pytest.raises(LedgerError, match="was changed by another hand") as refused:
        place.open(TENANT)
    assert problem in refused.value.message
    inspected = place.open(TENANT, inspect=True)
    assert problem in "\n".join(inspected.prove().problems)
    inspected.close()


@pytest.mark.parametrize("statement", [FOREIGN[number][0] for number in ACTS_ON_WRITES], ids=lambda text: text[:40])
def test_a_part_that_would_act_on_a_write_is_noticed_by_that_write(
    shared: SqlLedger, hand: psycopg.Connection, statement: str
) -> None:
    run = shared.begin(HEAD, [OperationDraft("add_person", "ada@x.org", "r", "{}")])
    before = shared.prove().events
    hand.execute(statement.encode())
    with pytest.raises(LedgerError, match="was changed by another hand"):
        shared.record(run, [(0, None)])
    assert hand.execute("SELECT count(*) FROM events").fetchone() == (before,)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE operations SET message = 'fine' WHERE seq = 0", "What became of change 0 of run"),
        ("DELETE FROM events WHERE number = 4", "Event 4 is missing."),
        ("UPDATE events SET content = '[]' WHERE number = 3", "Event 3 (sent, change 0 of run"),
        ("DELETE FROM runs", "is missing."),
        ("UPDATE links SET name = 'eve' WHERE type = 'group'", "What is known of the group Nest (id g7)"),
        ("UPDATE meta SET value = 'https://evil' WHERE key = 'tenant'", "belongs to https://evil, but event"),
        ("INSERT INTO meta VALUES ('eve', '1')", "The note 'eve'"),
    ],
)
def test_tampering_is_noticed(shared: SqlLedger, hand: psycopg.Connection, statement: str, problem: str) -> None:
    a_run(shared, "ada@x.org")
    every_kind_of_link(shared)
    assert shared.prove().problems == ()
    hand.execute(statement.encode())
    assert problem in "\n".join(shared.prove().problems)


def test_an_older_schema_is_brought_up_to_date_with_what_it_holds(
    place: PostgresPlace, monkeypatch: pytest.MonkeyPatch, hand: psycopg.Connection
) -> None:
    monkeypatch.setattr(schemas, "MIGRATIONS", schemas.MIGRATIONS[:1])
    with place._connect() as connection:
        schemas.migrate(connection, place.schema)
        assert schemas.strange_parts(connection, place.schema) == ()
    hand.execute("INSERT INTO meta VALUES ('tenant', %s)", (TENANT,))
    hand.execute("INSERT INTO links VALUES ('user', '1', 'u1', 'ada@x.org', '{}', 0, '{}')")
    assert place.lock().holder() is None
    monkeypatch.undo()
    ledger = place.open(TENANT)
    assert [link.name for link in ledger.links().users] == ["ada@x.org"]
    assert hand.execute("SELECT version, turn FROM version, holder").fetchone() == (len(schemas.MIGRATIONS), 0)
    ledger.close()


def test_a_schema_of_a_newer_heapscim_is_refused(
    place: PostgresPlace, shared: SqlLedger, hand: psycopg.Connection
) -> None:
    shared.close()
    hand.execute("UPDATE version SET version = 99")
    with pytest.raises(LedgerError, match="was written by a newer heapscim"):
        place.open(TENANT)


def test_texts_come_back_as_they_were(shared: SqlLedger) -> None:
    name, id = "a\x00\x1b0000\x1b@x.org", "é\x00\udfff"
    ada = CreateUser(name, name, {"name.givenName": "\x00"}, "r")
    run = shared.begin(HEAD, [OperationDraft.of(ada)])
    shared.record(run, [(0, Settlement("done", id=id, change=ada, message="\x00"))])
    (link,) = shared.links().users
    assert (link.external_id, link.id, link.name) == (name, id, name)
    (operation,) = shared.operations(run, about=id)
    assert (operation.subject, operation.message, shared.history([id])[0][0]) == (name, "\x00", run)
    assert shared.prove().problems == ()


def test_two_profiles_in_one_database_know_nothing_of_each_other(place: PostgresPlace, shared: SqlLedger) -> None:
    other_place = replace(place, schema=f"{place.schema}_b", locks=WeakSet())
    other = other_place.open("https://other.example/scim/v2/2")
    a_run(shared, "ada@x.org")
    with place.lock().held("sync"), other_place.lock().held("sync"):
        a_run(other, "grace@x.org")
    assert [operation.subject for run in other.runs() for operation in other.operations(run.run)] == ["grace@x.org"]
    assert (shared.prove().events, other.prove().events) == (5, 5)
    other.close()


def test_a_database_of_few_letters_is_refused(server: PostgresServer, place: PostgresPlace) -> None:
    name = f"latin_{place.schema}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'".encode())
        with pytest.raises(LedgerError, match="is encoded in LATIN1"):
            replace(place, url=replace(place.url, database=name)).open(TENANT)
        connection.execute(f"DROP DATABASE {name}".encode())
