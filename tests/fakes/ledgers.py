"""Ledgers with something in them, for tests that need no tenant."""

from collections.abc import Iterable
from pathlib import Path

from heapscim.config.paths import Folders
from heapscim.ledger.completion_names import keep_names, names_file
from tests.builders import a_team, an_account, in_heap


def remember(folder: Path, profile: str, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
    """A profile whose last full read found these users and groups."""
    folders = Folders(folder / "config", folder / "state")
    settings = folders.settings_file(profile)
    settings.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.touch(0o600)
    accounts = [an_account(str(number), name) for number, name in enumerate(users)]
    teams = [a_team(str(number), name=name) for number, name in enumerate(groups)]
    keep_names(names_file(folders, profile), in_heap(accounts, teams), groups=True)
