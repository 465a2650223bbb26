"""Connects to an SQLite file with what a ledger needs beside statements."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator

from heapscim.ledger.audit import MOST_PROBLEMS
from heapscim.ledger.sqlite.schema import MIGRATIONS, strange_parts, version_of
from heapscim.model.phrases import counted


class SqliteConnection(sqlite3.Connection):
    """Represents a connection to the tables of one ledger."""

    any_damaged_link = (
        "SELECT EXISTS (SELECT 1 FROM links WHERE CASE WHEN json_valid(sent) AND json_valid(set_by_hand)"
        " THEN json_type(sent) <> 'object' OR json_type(set_by_hand) <> 'object' ELSE 1 END)"
    )

    def listed(self, values: Collection[str], /) -> tuple[str, object]:
        """Returns a query for the entries of a list, and the value that it takes."""
        return "SELECT value FROM json_each(?)", json.dumps(list(values))

    def damage(self) -> Iterator[str]:
        """Yields what SQLite itself finds: broken pages and indexes, and changes without a run."""
        found = self.execute(f"PRAGMA integrity_check({MOST_PROBLEMS})")
        yield from (f"The file is damaged: {words}." for (words,) in found if words != "ok")
        orphans = sum(1 for _ in self.execute("PRAGMA foreign_key_check"))
        if orphans:
            yield f"{counted(orphans, 'change')} belong{'s' if orphans == 1 else ''} to no run."

    def foreign_parts(self) -> tuple[str, ...]:
        """Returns in words the parts of the schema that aren't heapscim's."""
        return strange_parts(self)

    def is_outdated(self) -> bool:
        """Reports whether the schema has an older version."""
        return version_of(self) < len(MIGRATIONS)
