"""What an earlier version left on a machine, and the tenant beside it; each in a folder of ``fixtures/golden``.

They were written by commit 1142a80 against its own sandbox, at a clock of March 2025: a profile, a roster, a ledger,
the tenant's content, and what that version's undo of the last sync brought about (``undone.json``).
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from heapscim.heap import connection
from heapscim.http.auth import Endpoint
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import TOKEN

GOLDEN = Path(__file__).parents[1] / "fixtures" / "golden"


def put_golden(name: str, heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts everything where that version had it, and its tenant where the profile says that it is."""
    for file in (GOLDEN / name).glob("*.csv"):
        heapscim.roster(file.read_text("utf-8"), file.name)
    profile = (GOLDEN / name / "profile.toml").read_text("utf-8").replace("{folder}", str(heapscim.folder))
    _private(heapscim.folder / "config" / "profiles" / "default.toml").write_text(profile, "utf-8")
    ledger = _private(heapscim.folder / "state" / "ledgers" / "default.sqlite3")
    with closing(sqlite3.connect(ledger)) as database:
        database.executescript((GOLDEN / name / "ledger.sql").read_text("utf-8"))
    sandbox.store.load(GOLDEN / name / "tenant.json")
    sandbox.store.created.update(golden(name, "tenant.json")["created"])
    monkeypatch.setattr(connection, "Endpoint", lambda _url, *rest: Endpoint(sandbox.base_url, *rest))
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)


def golden(name: str, file: str) -> Any:  # noqa: ANN401
    """A JSON document of that version."""
    return json.loads((GOLDEN / name / file).read_text("utf-8"))


def _private(path: Path) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(0o600)
    return path
