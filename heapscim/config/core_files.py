"""Keeps secrets out of core files, on systems that allow it."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache

_PR_SET_DUMPABLE = 4
"""linux/prctl.h. Where the system pipes core files to a program, a size limit of 0 doesn't prevent them."""


@cache
def leave_no_core() -> None:
    """Tells the system, once, to write no core file of this process and to let only root read its memory.

    Called before a secret is read rather than at the start: the Tab key and ``--help`` read none and must stay quick.
    """
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
