"""Defines the tables of a ledger in PostgreSQL, version by version, and checks that a schema has exactly these.

A foreign trigger, rule or policy could link and unlink people at each write, or hide a run.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from heapscim.ledger.postgres.parts import PARTS

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE version (version integer NOT NULL);
    INSERT INTO version VALUES (0);
    CREATE TABLE meta (key text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL);
    CREATE TABLE links (
        type text COLLATE "C" NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        sent text COLLATE "C" NOT NULL,
        by_hand integer NOT NULL,
        set_by_hand text COLLATE "C" NOT NULL,
        PRIMARY KEY (type, id),
        UNIQUE (type, external_id)
    );
    CREATE TABLE links_before (
        type text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        link text COLLATE "C" NOT NULL,
        PRIMARY KEY (type, id)
    );
    CREATE TABLE runs (
        rowid bigint GENERATED ALWAYS AS IDENTITY,
        run text COLLATE "C" PRIMARY KEY,
        command text COLLATE "C" NOT NULL,
        who text COLLATE "C" NOT NULL,
        host text COLLATE "C" NOT NULL,
        pid bigint NOT NULL,
        started double precision NOT NULL,
        ended double precision,
        source text COLLATE "C" NOT NULL,
        fingerprint text COLLATE "C" NOT NULL,
        allowances text COLLATE "C" NOT NULL,
        continues text COLLATE "C",
        outcome text COLLATE "C"
    );
    CREATE TABLE operations (
        run text COLLATE "C" NOT NULL,
        seq integer NOT NULL,
        kind text COLLATE "C" NOT NULL,
        subject text COLLATE "C" NOT NULL,
        reason text COLLATE "C" NOT NULL,
        change text COLLATE "C" NOT NULL,
        state text COLLATE "C" NOT NULL,
        sent_at double precision,
        settled_at double precision,
        id text COLLATE "C",
        error_code text COLLATE "C",
        message text COLLATE "C",
        attempts integer NOT NULL DEFAULT 0,
        seconds double precision NOT NULL DEFAULT 0,
        PRIMARY KEY (run, seq)
    ) WITH (fillfactor = 70);
    CREATE INDEX unsettled ON operations (run, seq) WHERE state = 'sent';
    CREATE INDEX operations_by_id ON operations USING hash (id);
    CREATE INDEX operations_by_subject ON operations USING hash (subject);
    CREATE TABLE events (
        number bigint PRIMARY KEY,
        at double precision NOT NULL,
        run text COLLATE "C",
        seq integer,
        kind text COLLATE "C" NOT NULL,
        content text COLLATE "C" NOT NULL,
        hash text COLLATE "C" NOT NULL
    );
    CREATE INDEX events_of_runs ON events (run, number);
    CREATE TABLE seen (
        type text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        since double precision NOT NULL,
        PRIMARY KEY (type, id)
    );
    """,
    # Who holds the ledger, in its one row; each holder takes the next turn, so that one before it can't write any more.
    """
    CREATE TABLE holder (
        turn bigint NOT NULL,
        backend integer,
        command text COLLATE "C",
        pid bigint,
        host text COLLATE "C",
        since double precision
    );
    INSERT INTO holder (turn) VALUES (0);
    """,
)
"""Each entry brings the schema one version further."""

_PARTS = """
    WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = %(schema)s),
    relations AS (SELECT pg_class.* FROM pg_class JOIN ours ON relnamespace = ours.oid),
    columns AS (
        SELECT attrelid, string_agg(
            attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
            || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') || attidentity::text || attgenerated::text
            || CASE WHEN attcollation NOT IN (0, 'pg_catalog."C"'::regcollation) THEN ' collated' ELSE '' END,
            ', ' ORDER BY attnum
        ) AS words
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped GROUP BY attrelid
    )
    SELECT 'relation', relname::text, CASE relkind WHEN 'i' THEN pg_get_indexdef(relations.oid) ELSE
        relkind::text || relpersistence::text
        || CASE WHEN relrowsecurity OR relforcerowsecurity OR relispartition THEN '!' ELSE '' END
        || ': ' || coalesce(words, '') END
        FROM relations LEFT JOIN columns ON attrelid = relations.oid WHERE relkind <> 'S'
    UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(pg_constraint.oid)
        FROM pg_constraint JOIN ours ON connamespace = ours.oid WHERE contype <> 'n'
    UNION ALL SELECT 'trigger', tgname::text, pg_get_triggerdef(pg_trigger.oid)
        FROM pg_trigger JOIN relations ON tgrelid = relations.oid WHERE NOT tgisinternal
    UNION ALL SELECT 'rule', rulename::text, '' FROM pg_rewrite JOIN relations ON ev_class = relations.oid
        WHERE relkind = 'r'
    UNION ALL SELECT 'policy', polname::text, '' FROM pg_policy JOIN relations ON polrelid = relations.oid
    UNION ALL SELECT 'function', proname::text, '' FROM pg_proc JOIN ours ON pronamespace = ours.oid
    UNION ALL SELECT 'operator', oprname::text, '' FROM pg_operator JOIN ours ON oprnamespace = ours.oid
    UNION ALL SELECT 'child of', relations.relname::text, inhrelid::regclass::text
        FROM pg_inherits JOIN relations ON inhparent = relations.oid OR inhrelid = relations.oid WHERE relkind = 'r'
"""
_TABLES = """
    SELECT pg_class.oid::int8 FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid
    WHERE nspname = %(schema)s AND relkind = 'r'
"""
_SIGNATURE = """
    SELECT (SELECT string_agg(oid || '/' || xmin, ' ' ORDER BY oid) FROM pg_class WHERE oid = ANY(%(tables)s))
        || ' ' || coalesce((SELECT string_agg(oid || '/' || xmin, ' ' ORDER BY oid) FROM pg_attrdef
            WHERE adrelid = ANY(%(tables)s)), '')
        || ' ' || (SELECT count(*) FROM pg_trigger WHERE tgrelid = ANY(%(tables)s))
        || ' ' || (SELECT count(*) FROM pg_rewrite WHERE ev_class = ANY(%(tables)s))
"""


def version_of(connection: psycopg.Connection, schema: str) -> int:
    """Returns the version of a schema; 0 if there is none."""
    if not has_schema(connection, schema):
        return 0
    table = sql.Identifier(schema, "version")  # a role without rights to the schema is told so
    row = connection.execute(sql.SQL("SELECT version FROM {}").format(table)).fetchone()
    return 0 if row is None else int(row[0])


def has_schema(connection: psycopg.Connection, schema: str) -> bool:
    """Reports whether there is a ledger in a schema."""
    query = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = %s AND tablename = 'version')"
    row = connection.execute(query, (schema,)).fetchone()
    return bool(row and row[0])


def migrate(connection: psycopg.Connection, schema: str) -> None:
    """Brings a schema up to date, in one transaction; another process may do the same now."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"heapscim schema {schema}",))
        version = version_of(connection, schema)
        if version == 0 and not _exists(connection, schema):
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for number in range(version, len(MIGRATIONS)):
            connection.execute(MIGRATIONS[number].encode())
            connection.execute("UPDATE version SET version = %s", (number + 1,))


def strange_parts(connection: psycopg.Connection, schema: str) -> tuple[str, ...]:
    """Returns in words the parts of a schema that differ from its version."""
    found = parts_of(connection, schema)
    ours = {key: words for made in PARTS[: version_of(connection, schema)] for key, words in made.items()}
    return tuple(_differences(ours, found))


def parts_of(connection: psycopg.Connection, schema: str) -> dict[str, str]:
    """Returns every part of a schema by kind and name."""
    rows = connection.execute(_PARTS, {"schema": schema})
    qualifier = sql.Identifier(schema).as_string(connection) + "."
    return {f"{kind} {name}": words.replace(qualifier, "").replace(f"{schema}.", "") for kind, name, words in rows}


def signature_of(connection: psycopg.Connection, tables: list[int]) -> psycopg.Cursor[tuple[str]]:
    """Asks for a text that changes if a table, a trigger or a rule of these tables does."""
    return connection.execute(_SIGNATURE, {"tables": tables})


def tables_of(connection: psycopg.Connection, schema: str) -> list[int]:
    """Returns the ids of the tables of a schema."""
    rows = connection.execute(_TABLES, {"schema": schema})
    return [oid for (oid,) in rows]


def _exists(connection: psycopg.Connection, schema: str) -> bool:
    return connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is not None


def _differences(ours: dict[str, str], found: dict[str, str]) -> Iterator[str]:
    yield from (f"The {part} is not heapscim's." for part in sorted(found.keys() - ours.keys()))
    yield from (f"The {part} is missing." for part in sorted(ours.keys() - found.keys()))
    for part in sorted(ours.keys() & found.keys()):
        if ours[part] != found[part]:
            yield f"The {part} is not as heapscim made it."
