"""Names for shell completion out of the ledger. Needs no more than sqlite3, since every Tab press pays for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from heapscim.model.caseless import beginnings

_LAST = "\U0010ffff"
_QUERY = "SELECT DISTINCT name FROM names WHERE type = ? AND key >= ? AND key < ? ORDER BY name LIMIT ?"


def cached_names(path: Path, type: Literal["user", "group"], prefix: str, *, most: int = 100) -> list[str]:
    """Names in Heap as last read that begin so, in any case; empty where there is no readable ledger."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0.2)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'names'").fetchone():
                return []  # a view could keep the Tab key waiting for ever
            forms = [(form, form + _LAST) for form in beginnings(prefix.lstrip())]
            found = {name for form in forms for (name,) in connection.execute(_QUERY, (type, *form, most))}
            return sorted(found)[:most]
    except (sqlite3.Error, OSError):
        return []
