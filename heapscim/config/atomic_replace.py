"""Replaces a file in one step, even in a folder where others can write: readers see the old bytes or the new ones.

New bytes go into a draft beside the file, under a random name that must not exist yet. Only regular files are replaced.
A draft that a killed process left behind is removed the next time; a draft in use is locked.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MOST_LINKS = 40
_RANDOM = r"\.(?:[a-z0-9_]{8}|\d+)\.new"
"""What ``mkstemp`` adds, or a process id as older versions did."""
_SPECIAL = ("/proc", "/dev", "/dev/fd")
"""Folders in which a name stands for an open file or a device."""


def file_behind(path: Path) -> Path:
    """Returns the file that a path leads to, through links; the file need not exist yet.

    Raises OSError, with a readable reason, for anything that must not be replaced: a folder, a device, a pipe, the name
    of an open file such as ``/dev/stdout``, and another user's link in a folder where everybody may write.
    """
    for _ in range(_MOST_LINKS):
        folder = Path(os.path.realpath(path.parent))
        path = folder / path.name
        if str(folder).startswith("/proc/") or str(folder) in _SPECIAL:
            raise OSError(errno.EINVAL, f"{folder} holds no files that could be replaced")
        try:
            found = path.lstat()
        except FileNotFoundError:
            return path
        if stat.S_ISREG(found.st_mode):
            return path
        if not stat.S_ISLNK(found.st_mode):
            raise OSError(errno.EINVAL, f"it is {kind_of(found.st_mode)}, not a file")
        if _is_foreign(found, folder.stat()):
            raise OSError(errno.EACCES, "it is another user's link in a folder where everybody may write")
        path = folder / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def kind_of(mode: int) -> str:
    """Returns what something is that isn't a file, in words."""
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


@contextmanager
def drafted(target: Path, content: bytes) -> Iterator[Path]:
    """Provides a private file beside the target with the new content, on disk; removes it after the block.

    To rename it to ``target`` inside the block replaces the target. Raises OSError.
    """
    import tempfile

    remove_drafts(target)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _lock(file.fileno())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if sys.platform != "win32":  # Windows can't rename an open file
                yield draft
        if sys.platform == "win32":
            yield draft
    finally:
        with suppress(OSError):  # most often it has the target's name by now; a draft that stays is removed next time
            draft.unlink()


def replace_bytes(path: Path, content: bytes, prepare: Callable[[Path, Path], None] | None = None) -> None:
    """Replaces or creates a file. It is private unless ``prepare`` changes the draft's mode or owner.

    Raises OSError and changes nothing if that fails.
    """
    target = file_behind(path)
    with drafted(target, content) as draft:
        if prepare is not None:
            prepare(draft, target)
        draft.replace(target)
    _settle_folder(target.parent)


def remove_drafts(target: Path) -> None:
    """Removes drafts of a file that a killed process left behind: regular files of this user that no process locks."""
    ours = re.compile(re.escape(f".{target.name}") + _RANDOM)
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if ours.fullmatch(entry.name):
                _remove_abandoned(Path(entry.path))


def _remove_abandoned(draft: Path) -> None:
    with suppress(OSError):
        if sys.platform == "win32":  # which refuses to remove an open file by itself
            draft.unlink()
            return
        found = draft.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            return
        descriptor = os.open(draft, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            _lock(descriptor)
            draft.unlink()
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Locks a draft for as long as it is open; raises OSError if another process has locked it."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_foreign(link: os.stat_result, folder: os.stat_result) -> bool:
    """Reports whether another user may have made a link: Linux's rule ``protected_symlinks``, on every system."""
    if sys.platform == "win32" or not (folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH):
        return False
    return link.st_uid not in (os.geteuid(), folder.st_uid)


def _settle_folder(folder: Path) -> None:
    """Writes the folder's new entry to the disk, on systems that can do that."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
