"""Keeps secrets out of core files, where the system allows that."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache

_PR_SET_DUMPABLE = 4
"""linux/prctl.h. A limit of 0 alone doesn't keep a core from a program that the system hands cores to."""


@cache
def leave_no_core() -> None:
    """Tells the system, once, that this process leaves no core file, and that only root may look into its memory.

    Called before a secret is read, not at the start: a Tab and ``--help`` have none, and shouldn't pay for it.
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
