"""A ledger in PostgreSQL for every test, in a schema of its own."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from heapscim.config.ledger_url import ledger_url
from heapscim.ledger.postgres.place import PostgresPlace
from heapscim.ledger.sql.store import SqlLedger
from tests.builders import TENANT
from tests.fakes.postgres import PostgresServer, schema_for, shared_server
from tests.ledger.conftest import Clock


@pytest.fixture
def server() -> PostgresServer:
    return shared_server()


@pytest.fixture
def schema(tmp_path: Path) -> str:
    return schema_for(tmp_path)


@pytest.fixture
def place(server: PostgresServer, schema: str, clock: Clock) -> PostgresPlace:
    return PostgresPlace(ledger_url(server.url()), schema, clock, "desk")


@pytest.fixture
def shared(place: PostgresPlace) -> Iterator[SqlLedger]:
    opened = place.open(TENANT)
    yield opened
    opened.close()


@pytest.fixture
def hand(server: PostgresServer, schema: str) -> Iterator[psycopg.Connection]:
    """Somebody with another tool, at the tables of the ledger."""
    with server.connect() as connection:
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))
        yield connection
