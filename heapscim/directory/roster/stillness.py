"""Waits until no program writes a roster, for reads that begin at any moment, without a person."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from heapscim.directory.roster.file_events import mark_of
from heapscim.errors import DirectoryError
from heapscim.http.rate_limit import Timing

_STILL = 2.0
"""Seconds without a change after which a file counts as written. A program may make longer pauses: guards hold then."""
_LONGEST = 60.0
_STEP = 0.25


async def await_stillness(path: Path, timing: Timing) -> None:
    """Waits until a file, or its absence, is the same for two seconds and no program has the file open to write it.

    Raises DirectoryError if that takes a minute, unless the file was the same for all of it: some programs never close
    what they have written.
    """
    begun = changed = since = timing.clock()
    before = await asyncio.to_thread(mark_of, path)
    while timing.clock() - since < _STILL:
        if timing.clock() - begun > _LONGEST:
            if changed == begun:
                return
            raise DirectoryError(
                f"{path} was being written for more than a minute, so it wasn't read.",
                hint="Write a new file beside it, and rename that one.",
            )
        await timing.sleep(_STEP)
        now = await asyncio.to_thread(mark_of, path)
        if now != before:
            before, changed = now, timing.clock()
            since = changed
        elif await asyncio.to_thread(_is_open_for_writing, path):
            since = timing.clock()


def _is_open_for_writing(path: Path) -> bool:
    """Reports whether a program has a file open to write it, as far as the system tells: Linux tells its owner.

    Linux gives a lease for reading only while no program has the file open for writing (fcntl(2), F_SETLEASE).
    """
    if sys.platform != "linux":
        return False
    import fcntl
    import signal

    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # A program that opens the file just now makes Linux send a signal: one that nobody heeds, instead of SIGIO.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:  # another user's file, or a file system without leases
        return False
    finally:
        os.close(file)
    return False
