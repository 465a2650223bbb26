"""Keeps names for shell completion in small files beside the ledger. Each Tab reads them: it imports hardly a thing.

A line for each name that a terminal shows as it is: ``u``, ``g`` or ``r`` (a role), the form by which names are
compared, a tab, and the name. The lines are sorted, so that a Tab finds those with a beginning by halving the file.
Another file holds a line for each of the newest runs: its name, a tab, and what it was.
"""

from __future__ import annotations

import os

from heapscim.model.caseless import beginnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO, Literal

    from heapscim.config.paths import Folders
    from heapscim.model.state import CurrentState

_LARGEST = 100_000_000
"""Bytes that a Tab press is willing to look into: some two million names."""
_MOST_RUNS = 50


def beside_the_ledger(state: str, profile: str, kind: Literal["names", "runs"]) -> str:
    """Returns the path of a profile's names or runs, as text, in the folder for state."""
    return f"{state}/ledgers/{profile}.{kind}"


def names_file(folders: Folders, profile: str) -> Path:
    """Returns the file of a profile's names; raises UsageError for what can't be a profile's name."""
    return _file(folders, profile, "names")


def runs_file(folders: Folders, profile: str) -> Path:
    """Returns the file of a profile's runs; raises UsageError for what can't be a profile's name."""
    return _file(folders, profile, "runs")


def cached_runs(path: str | Path, prefix: str) -> list[str]:
    """Returns the newest runs whose names begin so, each with a tab and what it was; none without a readable file."""
    try:
        with _opened(path) as file:
            lines = file.read().decode().splitlines()
    except (OSError, ValueError):
        return []
    return [line for line in lines if line and line.startswith(prefix)]


def keep_runs(path: Path, runs: Iterable[tuple[str, str]]) -> None:
    """Adds runs, each with what it was, to those that are kept; the newest stay."""
    kept = dict(line.split("\t", 1) for line in cached_runs(path, "") if "\t" in line)
    newest = sorted((kept | dict(runs)).items(), reverse=True)[:_MOST_RUNS]
    _write(path, (f"{run}\t{' '.join(words.split())}\n" for run, words in newest))


def cached_names(
    path: str | Path, type: Literal["user", "group", "role"], prefix: str, *, most: int = 100
) -> list[str]:
    """Returns the names in Heap, as last read, that begin with ``prefix`` in any case; none without a readable file."""
    try:
        forms = [f"{type[0]}{form}".encode() for form in beginnings(prefix.lstrip())]
        with _opened(path) as file:
            return sorted({name for form in forms for name in _names(file, form, most)})[:most]
    except (OSError, ValueError):
        return []


def keep_names(path: Path, current: CurrentState, *, groups: bool) -> None:
    """Writes the names of a full read in one step; without ``groups`` those were not read, and stay.

    A look at Heap goes on without them where the file can't be written.
    """
    from heapscim.model.state import ROLE, match_key

    def lines(type: str, names: Iterable[str]) -> Iterator[str]:
        return (f"{type}{match_key(name)}\t{name}\n" for name in names if name.isprintable())

    found = [*lines("u", (user.user_name for user in current.users))]
    found += lines("g", (group.name for group in current.groups)) if groups else _group_lines(path)
    roles = {role for user in current.users if (role := user.attributes.get(ROLE))}
    _write(path, sorted({*found, *lines("r", roles)}))


def _file(folders: Folders, profile: str, kind: Literal["names", "runs"]) -> Path:
    from pathlib import Path

    from heapscim.config.paths import checked_name

    return Path(beside_the_ledger(str(folders.state), checked_name(profile, folders.named), kind))


def _write(path: Path, lines: Iterable[str]) -> None:
    from heapscim.config.private_files import private_folder, write_private
    from heapscim.errors import SettingsError

    text = "".join(lines)
    try:
        with _opened(path) as file:
            if file.read() == text.encode():
                return  # what is there already isn't written again: a write waits for the disk
    except OSError:
        pass
    try:
        private_folder(path.parent)
        write_private(path, text)
    except SettingsError:
        return


def _opened(path: str | Path) -> BinaryIO:
    """Opens a file of names; raises OSError where it is none."""
    if not os.path.isfile(path) or os.stat(path).st_size > _LARGEST:  # noqa: PTH113, PTH116 - pathlib costs a Tab more
        raise OSError  # a pipe would keep the Tab key waiting for ever
    return open(path, "rb")  # noqa: PTH123 - both callers close it


def _names(file: BinaryIO, begin: bytes, most: int) -> Iterator[str]:
    """Yields the names in the first lines that begin so."""
    before, behind = 0, file.seek(0, os.SEEK_END)
    while before < behind:
        middle = (before + behind) // 2
        if _next_line(file, middle) >= begin:
            behind = middle
        else:
            before = middle + 1
    line = _next_line(file, before)
    for _ in range(most):
        if not (line.startswith(begin) and line.endswith(b"\n")):
            return
        if name := line[:-1].decode().partition("\t")[2]:
            yield name
        line = file.readline()


def _next_line(file: BinaryIO, place: int) -> bytes:
    """Returns the first line that begins at a place of the file or behind it; behind the last one, a greatest line."""
    file.seek(max(place - 1, 0))
    if place:
        file.readline()
    return file.readline() or b"\xff"


def _group_lines(path: Path) -> list[str]:
    """Returns the lines of groups as they are."""
    try:
        with _opened(path) as file:
            lines = file.read().decode().splitlines(keepends=True)
    except (OSError, ValueError):
        return []
    return [line for line in lines if line.startswith("g")]
