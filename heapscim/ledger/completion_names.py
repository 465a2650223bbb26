"""Keeps names for shell completion in small files beside the ledger. Each Tab reads them: it imports hardly a thing.

A line for each name that a terminal shows as it is: ``u``, ``g`` or ``r`` (a role), the form by which names are
compared, a tab, and the name. Each kind is sorted by name, so that the first names that match are the first in order.
Another file holds a line for each of the newest runs: its name, a tab, and what it was.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from heapscim.model.caseless import beginnings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from heapscim.config.paths import Folders
    from heapscim.model.state import CurrentState

_LARGEST = 100_000_000
"""Bytes that a Tab press is willing to read: some two million names."""
_MOST_RUNS = 50


def names_file(folders: Folders, profile: str) -> Path:
    """Returns the file of a profile's names; raises UsageError for what can't be a profile's name."""
    return _beside_the_ledger(folders, profile, "names")


def runs_file(folders: Folders, profile: str) -> Path:
    """Returns the file of a profile's runs; raises UsageError for what can't be a profile's name."""
    return _beside_the_ledger(folders, profile, "runs")


def cached_runs(path: Path, prefix: str) -> list[str]:
    """Returns the newest runs whose names begin so, each with a tab and what it was; none without a readable file."""
    try:
        lines = _content(path).decode().splitlines()
    except (OSError, ValueError):
        return []
    return [line for line in lines if line and line.startswith(prefix)]


def keep_runs(path: Path, runs: Iterable[tuple[str, str]]) -> None:
    """Adds runs, each with what it was, to those that are kept; the newest stay."""
    kept = dict(line.split("\t", 1) for line in cached_runs(path, "") if "\t" in line)
    newest = sorted((kept | dict(runs)).items(), reverse=True)[:_MOST_RUNS]
    _write(path, (f"{run}\t{' '.join(words.split())}\n" for run, words in newest))


def cached_names(path: Path, type: Literal["user", "group", "role"], prefix: str, *, most: int = 100) -> list[str]:
    """Returns the names in Heap, as last read, that begin with ``prefix`` in any case; none without a readable file."""
    try:
        content = _content(path)
        forms = [f"\n{type[0]}{form}".encode() for form in beginnings(prefix.lstrip())]
        return sorted({name for form in forms for name in _matches(content, form, most)})[:most]
    except (OSError, ValueError):
        return []


def keep_names(path: Path, current: CurrentState, *, groups: bool) -> None:
    """Writes the names of a full read in one step; without ``groups`` those were not read, and stay.

    A look at Heap goes on without them where the file can't be written.
    """
    from heapscim.model.state import ROLE, match_key

    def lines(type: str, names: Iterable[str]) -> Iterator[str]:
        return (f"{type}{match_key(name)}\t{name}\n" for name in sorted(set(names)) if name.isprintable())

    found = [*lines("u", (user.user_name for user in current.users))]
    found += lines("g", (group.name for group in current.groups)) if groups else _group_lines(path)
    roles = {role for user in current.users if (role := user.attributes.get(ROLE))}
    _write(path, (*found, *lines("r", roles)))


def _beside_the_ledger(folders: Folders, profile: str, suffix: str) -> Path:
    from heapscim.config.paths import checked_name

    return folders.state / "ledgers" / f"{checked_name(profile, folders.named)}.{suffix}"


def _write(path: Path, lines: Iterable[str]) -> None:
    from heapscim.config.private_files import private_folder, write_private
    from heapscim.errors import SettingsError

    with suppress(SettingsError):
        private_folder(path.parent)
        write_private(path, "".join(lines))


def _content(path: Path) -> bytes:
    """Returns the bytes of a file, behind a line break."""
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise OSError  # a pipe would keep the Tab key waiting for ever
    return b"\n" + path.read_bytes()


def _matches(content: bytes, form: bytes, most: int) -> Iterator[str]:
    end = 0
    for _ in range(most):
        start = content.find(form, end)
        end = content.find(b"\n", start + 1)
        if start < 0 or end < 0:
            return
        if name := content[start:end].decode().partition("\t")[2]:
            yield name


def _group_lines(path: Path) -> list[str]:
    """Returns the lines of groups as they are."""
    try:
        lines = _content(path).decode().splitlines(keepends=True)
    except (OSError, ValueError):
        return []
    return [line for line in lines if line.startswith("g")]
