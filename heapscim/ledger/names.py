"""Names for shell completion out of the ledger. Needs nothing but sqlite3, since every Tab press pays for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal


def cached_names(path: Path, type: Literal["user", "group"], prefix: str, *, most: int = 100) -> list[str]:
    """Names in Heap as last read that begin so, in any case; empty where there is no readable ledger."""
    pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    query = "SELECT DISTINCT name FROM names WHERE type = ? AND name LIKE ? ESCAPE '\\' ORDER BY name LIMIT ?"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0.2)) as connection:
            return [name for (name,) in connection.execute(query, (type, pattern, most))]
    except (sqlite3.Error, OSError):
        return []
