"""Makes, checks, writes and deletes folders and files that only their owner may read, on every system."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from heapscim.config.atomic_replace import kind_of, replace_bytes
from heapscim.errors import SettingsError
from heapscim.model.phrases import reason_of

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> Path:
    """Creates a folder with mode 0700, and its parents; raises SettingsError if that fails or others may enter it."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be created: {reason_of(error)}.", hint="Check the folder's permissions."
        ) from error
    check_private(path)
    return path


def check_private(path: Path) -> None:
    """Raises SettingsError, with the command that helps, if others may read a file or enter a folder.

    On Windows, the access list of the user's own folder protects it, so there is nothing to check.
    """
    if (mode := mode_for_others(path)) is not None:
        right = "700" if path.is_dir() else "600"
        raise SettingsError(f"{path} is open to others ({mode:o}).", hint=f"chmod {right} {shlex.quote(str(path))}")


def mode_for_others(path: Path) -> int | None:
    """Returns the mode of a file or folder that others may use; None if it is private, or isn't there."""
    if sys.platform == "win32" or not path.exists():
        return None
    mode = stat.S_IMODE(path.stat().st_mode)
    return mode if mode & _OTHERS else None


def check_owned(path: Path) -> None:
    """Raises SettingsError, with the command that helps, if a file or folder belongs to another user."""
    if sys.platform == "win32" or not path.exists():
        return
    owner, user = path.stat().st_uid, os.geteuid()
    if owner != user:
        raise SettingsError(
            f"{path} belongs to another user (uid {owner}; this is {user}).",
            hint=f"chown {user} {shlex.quote(str(path))}, or run heapscim as its owner.",
        )


def write_private(path: Path, text: str) -> None:
    """Writes a file with mode 0600 in one step: readers see the old text or the new one, never half of it."""
    _write(path, text)


def _write(path: Path, text: str, prepare: Callable[[Path, Path], None] | None = None) -> None:
    try:
        replace_bytes(path, text.encode("utf-8"), prepare)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be written: {reason_of(error)}.", hint="Check the path, its space and its permissions."
        ) from error


def write_public(path: Path, text: str) -> None:
    """Writes a file with mode 0644, which other programs may read, in one step."""

    def prepare(draft: Path, _: Path) -> None:
        draft.chmod(0o644)

    _write(path, text, prepare)


def remove(path: Path) -> bool:
    """Deletes a file and reports whether there was one; raises SettingsError if it can't be deleted."""
    there = path.exists()
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be deleted: {reason_of(error)}.", hint="Check its permissions, and deactivate again."
        ) from error
    return there


def make_private(path: Path) -> None:
    """Creates an empty file with mode 0600 unless it exists, never through a link; raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {kind_of(mode)}, not a file")
