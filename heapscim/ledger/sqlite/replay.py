"""Replays the events of a chain into links: what is managed must be what the log says was created and taken over.

Where old runs were forgotten, the replay begins with the links they left, which an event vouches for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any, TypeAlias

from heapscim.ledger.chain import canonical
from heapscim.ledger.entries import Settlement
from heapscim.ledger.rekeying import rekeyed
from heapscim.ledger.sqlite.links import link_statements, settled_statements
from heapscim.ledger.sqlite.queries import KINDS, change_from_json
from heapscim.ledger.sqlite.schema import empty_ledger
from heapscim.model.plan import TakeOver

Key: TypeAlias = tuple[str, str]
"""Type and Heap id."""
Row: TypeAlias = Mapping[str, Any]
"""A whole row of links, by column."""
_SETTLEMENT = frozenset(field.name for field in fields(Settlement)) - {"change"}


class CantReplay(Exception):
    """An event says nothing that links could follow from."""


@dataclass(frozen=True, slots=True)
class LinksBefore:
    """The links that a replay begins with."""

    upto: int = 0
    """The last event that is part of them."""
    count: int = 0
    digest: str = sha256().hexdigest()


def rows_of(connection: sqlite3.Connection) -> dict[Key, Row]:
    """Every link of a ledger as it stands in its table."""
    found = connection.execute("SELECT * FROM links")
    columns = [column[0] for column in found.description]
    rows = (dict(zip(columns, row, strict=True)) for row in found)
    return {(row["type"], row["id"]): row for row in rows}


def replayed(
    connection: sqlite3.Connection, before: LinksBefore, *, upto: int, failed: list[str]
) -> dict[Key, Row] | None:
    """The links that events amount to, up to one of them; says in ``failed`` which can't be replayed.

    None where what the replay begins with isn't what was vouched for.
    """
    if _digest_of_links_before(connection) != (before.count, before.digest):
        failed.append("What was managed before the oldest event here (links_before) was changed.")
        return None
    with closing(empty_ledger()) as scratch:
        _load(scratch, connection)
        for number, *event in connection.execute(_EVENTS, (before.upto, upto)):
            try:
                _replay(scratch, *event)
            except (CantReplay, sqlite3.Error, ValueError, TypeError, LookupError):
                failed.append(f"Which links follow from event {number} can't be told.")
        return rows_of(scratch)


def links_before(connection: sqlite3.Connection) -> LinksBefore:
    """What the newest event that speaks of it vouches for."""
    query = "SELECT content FROM events WHERE kind IN ('pruned', 'upgraded') ORDER BY number DESC"
    for (content,) in connection.execute(query):
        try:
            said = json.loads(content).get("links")
            if said is not None:
                return LinksBefore(int(said["upto"]), int(said["count"]), str(said["digest"]))
        except (ValueError, TypeError, LookupError, AttributeError):
            break  # its seal is broken, and says so
    return LinksBefore()


def _digest_of_links_before(connection: sqlite3.Connection) -> tuple[int, str]:
    """How many links stand there for what was forgotten, and a digest of them."""
    count, digest = 0, sha256()
    for row in connection.execute("SELECT type, id, link FROM links_before ORDER BY type, id"):
        count += 1
        digest.update(canonical(row).encode("utf-8", "surrogatepass") + b"\n")
    return count, digest.hexdigest()


def keep_links_before(connection: sqlite3.Connection, rows: Mapping[Key, Row], *, upto: int) -> Mapping[str, object]:
    """Puts links in the place of forgotten events; returns what the event has to say that vouches for them."""
    wanted = {key: canonical(row) for key, row in rows.items()}
    found = {(type, id): link for type, id, link in connection.execute("SELECT type, id, link FROM links_before")}
    gone = found.keys() - wanted.keys()
    connection.executemany("DELETE FROM links_before WHERE type = ? AND id = ?", gone)
    changed = ((*key, link) for key, link in wanted.items() if found.get(key) != link)
    connection.executemany("INSERT OR REPLACE INTO links_before (type, id, link) VALUES (?, ?, ?)", changed)
    count, digest = _digest_of_links_before(connection)
    return {"upto": upto, "count": count, "digest": digest}


_EVENTS = """
    SELECT events.number, events.kind, events.content, operations.kind, change,
        number > upgrade AND (SELECT min(number) FROM events AS own WHERE own.run = events.run) < upgrade
    FROM (SELECT min(number) AS upgrade FROM events WHERE kind = 'upgraded'), events
    LEFT JOIN operations ON operations.run = events.run AND operations.seq = events.seq
    WHERE number > ? AND number <= ? AND events.kind IN ('adopted', 'settled', 'upgraded') ORDER BY number
"""
"""With the change of an operation, and whether it was planned before the upgrade and settled after it."""


def _load(scratch: sqlite3.Connection, connection: sqlite3.Connection) -> None:
    for (text,) in connection.execute("SELECT link FROM links_before"):
        row = json.loads(text)
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        scratch.execute(f"INSERT INTO links ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608


def _replay(scratch: sqlite3.Connection, kind: str, content: str, *operation: Any) -> None:  # noqa: ANN401
    change_kind, text, former = operation
    said = json.loads(content)
    match kind:
        case "adopted":
            for adoption in said:
                _execute(scratch, link_statements(TakeOver(**adoption)))
        case "upgraded":
            for moved in said["moved"]:
                values = (moved["external_id"], moved["type"], moved["id"])
                scratch.execute("UPDATE links SET external_id = ? WHERE type = ? AND id = ?", values)
        case _ if change_kind is None or text is None:
            raise CantReplay
        case _ if change_kind in KINDS:
            change = change_from_json(text)
            known = {name: value for name, value in said.items() if name in _SETTLEMENT}
            _execute(scratch, settled_statements(Settlement(**known, change=rekeyed(change) if former else change)))


def _execute(scratch: sqlite3.Connection, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
    for statement, values in statements:
        scratch.execute(statement, values)


def differences(expected: Mapping[Key, Row], found: Mapping[Key, Row]) -> Iterator[str]:
    """Says in which links two sets differ."""
    for key in sorted(expected.keys() | found.keys()):
        was, now = expected.get(key), found.get(key)
        if was is None or now is None:
            named = was or now or {}
            words = "is managed, but no event says since when" if was is None else "is missing among what is managed"
            yield f"The {key[0]} {named.get('name')} (id {key[1]}) {words}."
        elif changed := [column for column in {**was, **now} if not _same(was.get(column), now.get(column))]:
            words = "was" if len(changed) == 1 else "were"
            yield f"What is known of the {key[0]} {was.get('name')} (id {key[1]}) was changed: {', '.join(changed)}."


def _same(one: object, other: object) -> bool:
    """Whether two values are the same; versions of SQLite write one JSON document in different ways."""
    if one == other:
        return True
    try:
        return isinstance(one, str) and isinstance(other, str) and json.loads(one) == json.loads(other)
    except ValueError:
        return False
