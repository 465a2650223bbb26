"""Ledgers as heapscim 0.1 wrote them, from dumps that it left."""

import sqlite3
from contextlib import closing
from pathlib import Path

FIXTURES = Path(__file__).parents[1] / "fixtures"


def put_old_ledger(path: Path, kind: str = "whole", *, tenant: str | None = None) -> None:
    """Puts the ledger of 0.1 there: Strauß, Ada and Weiß (who has an id) created, νικος taken over, a group Straße.

    In ``pruned`` the run that did it is forgotten. A creation of groß@x.org is in doubt in both.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FIXTURES / f"ledger-0.1-{kind}.sql").read_text("utf-8"))
        if tenant is not None:
            with connection:
                connection.execute("UPDATE meta SET value = ? WHERE key = 'tenant'", (tenant,))
