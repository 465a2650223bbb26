"""Replaces a file in one step, whoever else may write in its folder: readers see the old bytes or the new ones.

New bytes go into a draft beside the file, under a name that nobody can foresee and that must not be there yet. Only
regular files are replaced. A draft that a kill left behind is removed the next time; one that is in use is locked.
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
"""Folders in which a name stands for something that is open, or for a device."""


def file_behind(path: Path) -> Path:
    """The file that a path means, by way of links; there may be none yet.

    Raises OSError, with a reason for a person, for what no file may take the place of: a folder, a device, a pipe, a
    name of an open file such as ``/dev/stdout``; and for another user's link in a folder where all may write.
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
    """What something is that isn't a file."""
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


@contextmanager
def drafted(target: Path, content: bytes) -> Iterator[Path]:
    """A file beside the target with the new content, on disk, for its owner alone; gone after the block.

    Who renames it to ``target`` inside the block has replaced the target. Raises OSError.
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
            if sys.platform != "win32":  # there, what is open can't be renamed, nor removed by others
                yield draft
        if sys.platform == "win32":
            yield draft
    finally:
        with suppress(OSError):  # most often it has the target's name by now; one that stays is removed the next time
            draft.unlink()


def replace_bytes(path: Path, content: bytes, prepare: Callable[[Path, Path], None] | None = None) -> None:
    """Puts content in place of a file, or makes it, for its owner alone unless ``prepare`` dresses draft and target.

    Raises OSError, having changed nothing.
    """
    target = file_behind(path)
    with drafted(target, content) as draft:
        if prepare is not None:
            prepare(draft, target)
        draft.replace(target)
    _settle_folder(target.parent)


def remove_drafts(target: Path) -> None:
    """Removes drafts of a file that a kill left behind: regular files of ours that no process holds."""
    ours = re.compile(re.escape(f".{target.name}") + _RANDOM)
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if ours.fullmatch(entry.name):
                _remove_abandoned(Path(entry.path))


def _remove_abandoned(draft: Path) -> None:
    with suppress(OSError):
        if sys.platform == "win32":  # there, what is open can't be removed
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
    """Marks a draft as in use for as long as it is open; raises OSError where another process has it."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_foreign(link: os.stat_result, folder: os.stat_result) -> bool:
    """Whether another user may have laid a link: the rule of Linux's ``protected_symlinks``, on every system."""
    if sys.platform == "win32" or not (folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH):
        return False
    return link.st_uid not in (os.geteuid(), folder.st_uid)


def _settle_folder(folder: Path) -> None:
    """Brings the new name to the disk, where a system can do that for folders."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
