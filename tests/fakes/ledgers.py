"""Ledgers with something in them, for tests that need no tenant."""

from collections.abc import Iterable
from pathlib import Path

from heapscim.config.paths import Folders
from heapscim.ledger.completion_names import keep_names, keep_runs, names_file, runs_file
from tests.builders import a_team, an_account, in_heap


def remember(  # noqa: PLR0913
    folder: Path,
    profile: str,
    users: Iterable[str] = (),
    groups: Iterable[str] = (),
    *,
    role: str = "",
    runs: Iterable[str] = (),
) -> None:
    """A profile whose last full read found these users and groups, and whose newest runs were these syncs."""
    folders = Folders(folder / "config", folder / "state")
    settings = folders.settings_file(profile)
    settings.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.touch(0o600)
    accounts = [an_account(str(number), name, role=role) for number, name in enumerate(users)]
    teams = [a_team(str(number), name=name) for number, name in enumerate(groups)]
    keep_names(names_file(folders, profile), in_heap(accounts, teams), groups=True)
    keep_runs(runs_file(folders, profile), [(run, "sync") for run in runs])
