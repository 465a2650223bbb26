"""Defines the tables of a ledger, version by version, and checks that a file has exactly these.

A foreign trigger, view or constraint could link and unlink people at each write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from typing import TypeAlias

from heapscim.model.state import match_key

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE links (
        type TEXT NOT NULL CHECK (type IN ('user', 'group')),
        external_id TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        sent TEXT NOT NULL DEFAULT '{}',
        PRIMARY KEY (type, external_id),
        UNIQUE (type, id)
    ) STRICT;
    CREATE TABLE runs (
        run TEXT PRIMARY KEY,
        command TEXT NOT NULL,
        who TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started REAL NOT NULL,
        ended REAL,
        source TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        allowances TEXT NOT NULL,
        continues TEXT,
        outcome TEXT
    ) STRICT;
    CREATE TABLE operations (
        run TEXT NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        reason TEXT NOT NULL,
        change TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('planned', 'sent', 'done', 'failed', 'not_attempted')),
        sent_at REAL,
        settled_at REAL,
        id TEXT,
        error_code TEXT,
        message TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0.0,
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unsettled ON operations (state) WHERE state = 'sent';
    CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        run TEXT,
        seq INTEGER,
        kind TEXT NOT NULL CHECK (kind IN ('begun', 'adopted', 'sent', 'settled', 'ended', 'pruned')),
        content TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_of_runs ON events (run, number);
    CREATE TABLE names (
        type TEXT NOT NULL CHECK (type IN ('user', 'group')),
        name TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (type, name, id)
    ) STRICT, WITHOUT ROWID;
    """,
    # What 0.1 made by hand was linked as if a directory had asked for it; the change says who did.
    """
    ALTER TABLE links ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));
    ALTER TABLE links ADD COLUMN set_by_hand TEXT NOT NULL DEFAULT '{}';
    UPDATE links SET by_hand = 1
    WHERE (type, id, external_id) IN (
        SELECT substr(kind, length('create_') + 1), id, json_extract(change, '$.external_id') FROM operations
        WHERE kind IN ('create_user', 'create_group') AND reason = 'asked for by hand' AND id IS NOT NULL
    )
    AND (type, id) NOT IN (
        SELECT 'group', id FROM operations WHERE kind = 'take_over_group' AND state = 'done' AND id IS NOT NULL
        UNION SELECT 'user', json_extract(value, '$.id') FROM events, json_each(
            CASE WHEN events.kind = 'adopted' AND json_valid(content) THEN content ELSE '[]' END
        ) WHERE json_extract(value, '$.id') IS NOT NULL
    );
    CREATE TABLE kept_events AS SELECT * FROM events;
    DROP TABLE events;
    CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        run TEXT,
        seq INTEGER,
        kind TEXT NOT NULL CHECK (kind IN ('begun', 'adopted', 'sent', 'settled', 'ended', 'pruned', 'upgraded')),
        content TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    INSERT INTO events SELECT number, at, run, seq, kind, content, hash FROM kept_events;
    DROP TABLE kept_events;
    CREATE INDEX events_of_runs ON events (run, number);
    CREATE TABLE links_before (
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        link TEXT NOT NULL,
        PRIMARY KEY (type, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE kept_names AS SELECT * FROM names;
    DROP TABLE names;
    CREATE TABLE names (
        type TEXT NOT NULL CHECK (type IN ('user', 'group')),
        key TEXT NOT NULL,
        name TEXT NOT NULL,
        id TEXT NOT NULL,
        seen REAL NOT NULL,
        PRIMARY KEY (type, key, name, id)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO names SELECT type, match_key(name), name, id, 0.0 FROM kept_names;
    DROP TABLE kept_names;
    CREATE INDEX operations_by_id ON operations (id) WHERE id IS NOT NULL;
    CREATE INDEX operations_by_subject ON operations (subject);
    """,
    # Names are of use to the Tab key alone, which has a file of its own; since when an id is known is kept here.
    """
    CREATE TABLE seen (
        type TEXT NOT NULL CHECK (type IN ('user', 'group')),
        id TEXT NOT NULL,
        since REAL NOT NULL,
        PRIMARY KEY (type, id)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO seen SELECT type, id, min(seen) FROM names GROUP BY type, id;
    DROP TABLE names;
    """,
)
"""Each entry brings the schema one version further; ``PRAGMA user_version`` counts them."""
_Parts: TypeAlias = dict[tuple[str, str], str]


def migrate_step(connection: sqlite3.Connection, number: int) -> None:
    """Brings a schema to this version from the one before; belongs inside a transaction."""
    connection.create_function("match_key", 1, match_key, deterministic=True)
    for statement in MIGRATIONS[number - 1].split(";"):  # executescript would commit first
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {number}")


def version_of(connection: sqlite3.Connection) -> int:
    """Returns the version of a file's schema."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def strange_parts(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Returns in words the parts of a file's schema that differ from its version."""
    return tuple(_differences(_made(version_of(connection)), _parts(connection)))


@cache
def _made(version: int) -> _Parts:
    """Returns the parts that the schema of a version consists of."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for number in range(1, version + 1):
            migrate_step(connection, number)
        return _parts(connection)


def _parts(connection: sqlite3.Connection) -> _Parts:
    """Returns every part of a schema by type and name, without the statistics of ANALYZE, which decide nothing."""
    query = (
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master "
        "WHERE type != 'table' OR name NOT GLOB 'sqlite_stat[0-9]'"
    )
    return {(type, name): f"{table}: {' '.join(sql.split())}" for type, name, table, sql in connection.execute(query)}


def _differences(ours: _Parts, found: _Parts) -> Iterator[str]:
    for type, name in sorted(found.keys() - ours.keys()):
        yield f"The {type} {name!r} is not heapscim's."
    for type, name in sorted(ours.keys() - found.keys()):
        yield f"The {type} {name!r} is missing."
    for type, name in sorted(ours.keys() & found.keys()):
        if ours[type, name] != found[type, name]:
            yield f"The {type} {name!r} is not as heapscim made it."
