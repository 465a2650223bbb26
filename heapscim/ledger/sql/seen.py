"""Keeps what earlier runs have seen and missed. It may be lost: that only costs requests or time."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet

from heapscim.execution.absences import Absences
from heapscim.ledger.entries import Memo
from heapscim.ledger.sql.connection import Connection
from heapscim.ledger.sql.events import NOTE
from heapscim.model.state import CurrentState, Kind


def known_ids(connection: Connection, type: Kind, *, before: float) -> frozenset[str]:
    """Returns Heap ids of what full reads had found before that moment (seconds since 1970), and is still there."""
    rows = connection.execute("SELECT id FROM seen WHERE type = ? AND since <= ?", (type, before))
    return frozenset(id for (id,) in rows)


def remember_seen(connection: Connection, current: CurrentState, now: float, *, groups: bool) -> None:
    """Keeps since when each id of a full read is known; without ``groups`` those were not read, and stay."""
    _remember(connection, "user", current.users_by_id.keys(), now)
    if groups:
        _remember(connection, "group", current.groups_by_id.keys(), now)


def _remember(connection: Connection, type: Kind, found: AbstractSet[str], now: float) -> None:
    before = {id for (id,) in connection.execute("SELECT id FROM seen WHERE type = ?", (type,))}
    if found != before:
        gone = ((type, id) for id in before - found)
        connection.executemany("DELETE FROM seen WHERE type = ? AND id = ?", gone)
        new = ((type, id, now) for id in found - before)
        connection.executemany("INSERT INTO seen (type, id, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", new)


def absences(connection: Connection) -> Absences:
    """Returns who was absent when last looked at; ignores what can't be read."""
    rows = connection.execute("SELECT key, value FROM meta WHERE key IN ('absent_users', 'absent_groups')")
    found = {key: _ids_in(value) for key, value in rows}
    return Absences(found.get("absent_users", ()), found.get("absent_groups", ()))


def remember_absences(connection: Connection, absences: Absences) -> None:
    """Keeps who is absent."""
    rows = (("absent_users", json.dumps(absences.users)), ("absent_groups", json.dumps(absences.groups)))
    connection.executemany(NOTE, rows)


def memo(connection: Connection, about: Memo) -> str:
    """Returns the text that was kept last; empty if there is none."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (about,)).fetchone()
    return "" if row is None else str(row[0])


def keep_memo(connection: Connection, about: Memo, text: str) -> None:
    """Keeps a text for later runs."""
    connection.execute(NOTE, (about, text))


def _ids_in(text: str) -> tuple[str, ...]:
    """Returns the texts of a JSON list; none if it is anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(id for id in found if isinstance(id, str)) if isinstance(found, list) else ()
