"""Notices that a roster has changed: by the system's file events, and by a look every two seconds.

An event only makes the next look come sooner. Network file systems don't tell of changes on other machines, and a
system may have no more events to give; there, and without the library for events, looks alone notice each change.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import aclosing
from pathlib import Path

from heapscim.directory.protocol import Look
from heapscim.http.rate_limit import Timing

_LOOK_EVERY = 2.0
"""Seconds."""
_LOOKS = 30
_SETTLE, _STEP = 200, 50
"""Milliseconds in which events that follow each other count as one, and between two of them."""
_MOST_LINKS = 40

_log = logging.getLogger(__name__)


async def look(path: Path, mark: object | None, timing: Timing) -> Look:
    """Returns when the file isn't what the mark says, and after a minute without that; at once if there is no mark."""
    now = await asyncio.to_thread(mark_of, path)
    for _ in range(_LOOKS):
        if mark is None or now != mark:
            break
        await _event_in(await asyncio.to_thread(_folders_to, path), timing)
        now = await asyncio.to_thread(mark_of, path)
    return Look(now, changed=mark is not None and now != mark)


def mark_of(path: Path) -> tuple[int, ...]:
    """Returns which file is there, its size and its times; nothing if there is none. An unchanged one has the same."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


async def _event_in(folders: tuple[Path, ...], timing: Timing) -> None:
    """Waits until something happens in one of these folders, two seconds at most."""
    try:
        from watchfiles import awatch

        events = awatch(
            *folders,
            watch_filter=None,
            debounce=_SETTLE,
            step=_STEP,
            rust_timeout=int(_LOOK_EVERY * 1000),
            yield_on_timeout=True,
            recursive=False,
        )
        async with aclosing(events):
            await anext(events)
    except (ImportError, OSError, RuntimeError) as error:
        _log.debug("No file events: %s", error)
        await timing.sleep(_LOOK_EVERY)


def _folders_to(path: Path) -> tuple[Path, ...]:
    """Returns the folders in which a change of one entry leads to another file: of each link on the way, and its own.

    So a link to a file in a linked folder, as Kubernetes makes for a ConfigMap, is watched where that folder's link is.
    """
    found: dict[Path, None] = {}
    whole = path.absolute()
    at, parts, links = Path(whole.anchor), list(whole.parts[1:]), 0
    while parts:
        part = parts.pop(0)
        entry = at.parent if part == os.pardir else at / part
        if not entry.is_symlink() or links == _MOST_LINKS:
            at = entry
            continue
        found[at] = None
        links += 1
        target = entry.readlink()
        if target.is_absolute():
            at, parts = Path(target.anchor), [*target.parts[1:], *parts]
        else:
            parts = [*target.parts, *parts]
    found[at.parent] = None
    return tuple(folder for folder in found if folder.is_dir())
