"""Upgrades a ledger of heapscim 0.1 once: ids that were folded names follow today's comparison.

heapscim 0.1 compared by case folding, which took strauß@ for strauss@. People and groups that the directory gives no id
have their folded name for one. The move is an event of the chain, and so is proven like everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from heapscim.ledger.chain import Event, canonical
from heapscim.ledger.rekeying import todays_id
from heapscim.ledger.replay import links_to_keep, vouching_for
from heapscim.ledger.sql.events import Chain
from heapscim.ledger.sql.links import SqlLinks, keep_links_before
from heapscim.ledger.sqlite.connection import SqliteConnection

REKEYED = 2
"""The version of the schema that came with it."""


class Moved(TypedDict):
    """Holds a link that was given another external id."""

    type: str
    id: str
    external_id: str


def upgrade(connection: SqliteConnection, clock: Callable[[], float]) -> None:
    """Gives links the external ids of today, and seals that; belongs inside a transaction.

    The links of a ledger that 0.1 pruned can't be held against events that are gone: they are sealed as they are.
    """
    chain = Chain(connection)
    number, _ = chain.head()
    if number == 0:
        return
    moved = _moved(connection)
    for link in moved:
        values = (link["external_id"], link["type"], link["id"])
        connection.execute("UPDATE links SET external_id = ? WHERE type = ? AND id = ?", values)
    content: dict[str, object] = {"tenant": chain.tenant(), "moved": moved}
    anchor, _ = chain.anchor()
    if anchor > 0:
        kept = links_to_keep(SqlLinks(connection))
        keep_links_before(connection, kept)
        content["links"] = vouching_for(kept, upto=number + 1)
    chain.append([Event("upgraded", None, None, canonical(content))], clock())


def _moved(connection: SqliteConnection) -> list[Moved]:
    rows = connection.execute("SELECT type, external_id, id, name FROM links ORDER BY type, id").fetchall()
    taken = {(type, external_id) for type, external_id, _, _ in rows}
    found: list[Moved] = []
    for type, external_id, id, name in rows:
        key = todays_id(external_id, name)
        if key != external_id and (type, key) not in taken:
            taken.add((type, key))
            found.append(Moved(type=type, id=id, external_id=key))
    return found
