"""Replaces a roster in one step, and only if it hasn't changed since it was read.

Mode and owner stay; a symbolic link stays a link. A file without write permission isn't replaced, although its folder
would allow that.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from pathlib import Path

from heapscim.config.atomic_replace import replace_bytes
from heapscim.errors import DirectoryError
from heapscim.model.phrases import reason_of

_NEW_FILE_MODE = 0o600  # only its owner may read people's names until an administrator decides otherwise


def digest(content: bytes) -> str:
    """Returns the digest of what a file held when it was read, for ``replace_file``."""
    return hashlib.sha256(content).hexdigest()


def replace_file(path: Path, content: bytes, *, expected: str | None) -> None:
    """Replaces the content whose digest is ``expected``; None if there must be no file yet.

    Raises DirectoryError and changes nothing if the file has changed or can't be written.
    """

    def prepare(draft: Path, target: Path) -> None:
        _check_writable(target)
        _dress(draft, target)
        if digest_of(target) != expected:
            raise DirectoryError(
                f"{path} has changed since it was read; nothing was written.", hint="Run the same command again."
            )

    try:
        replace_bytes(path, content, prepare)
    except OSError as error:
        raise DirectoryError(
            f"{path} can't be written: {reason_of(error)}.", hint="Check the permissions and space of its folder."
        ) from error


def digest_of(path: Path) -> str | None:
    """Returns the digest of what a file holds now; None if there is no file."""
    try:
        return digest(path.read_bytes())
    except FileNotFoundError:
        return None


def _check_writable(target: Path) -> None:
    if target.exists() and not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _dress(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.chmod(_NEW_FILE_MODE)
        return
    was, now = target.stat(), draft.stat()
    if sys.platform != "win32" and (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.chown(draft, was.st_uid, was.st_gid)
        except PermissionError as error:
            raise DirectoryError(
                f"{target} can't be written: it belongs to another user or group, and a new file would be yours.",
                hint="Run the command as its owner.",
            ) from error
    draft.chmod(stat.S_IMODE(was.st_mode))
