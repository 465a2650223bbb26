"""Ledgers with something in them, for tests that need no tenant."""

from collections.abc import Iterable
from pathlib import Path

from heapscim.config.paths import Folders
from heapscim.ledger.sqlite.store import open_ledger
from tests.builders import TENANT, a_team, an_account, in_heap


def remember(folder: Path, profile: str, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
    """A profile whose last full read found these users and groups."""
    folders = Folders(folder / "config", folder / "state")
    settings = folders.settings_file(profile)
    settings.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.touch(0o600)
    ledger = open_ledger(folders.ledger_file(profile), TENANT)
    try:
        accounts = [an_account(str(number), name) for number, name in enumerate(users)]
        teams = [a_team(str(number), name=name) for number, name in enumerate(groups)]
        ledger.remember_names(in_heap(accounts, teams), groups=True)
    finally:
        ledger.close()
