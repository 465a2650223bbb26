"""Keeps names for shell completion in a small file beside the ledger. Each Tab reads it: it imports hardly a thing.

A line for each name that a terminal shows as it is: ``u`` or ``g``, the form by which names are compared, a tab, and
the name. Users and groups are sorted by name, so that the first names that match are the first in order.
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


def names_file(folders: Folders, profile: str) -> Path:
    """Returns the file of a profile's names; raises UsageError for what can't be a profile's name."""
    from heapscim.config.paths import checked_name

    return folders.state / "ledgers" / f"{checked_name(profile, folders.named)}.names"


def cached_names(path: Path, type: Literal["user", "group"], prefix: str, *, most: int = 100) -> list[str]:
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
    from heapscim.config.private_files import private_folder, write_private
    from heapscim.errors import SettingsError

    lines = [*_lines("u", ((user.user_name, user.match_key) for user in current.users))]
    lines += _lines("g", ((group.name, group.match_key) for group in current.groups)) if groups else _group_lines(path)
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


def _lines(type: str, names: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{type}{key}\t{name}\n" for name, key in sorted(set(names)) if name.isprintable())


def _group_lines(path: Path) -> list[str]:
    """Returns the lines of groups as they are."""
    try:
        lines = _content(path).decode().splitlines(keepends=True)
    except (OSError, ValueError):
        return []
    return [line for line in lines if line.startswith("g")]
