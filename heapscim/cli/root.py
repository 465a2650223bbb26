"""Takes clocks, random numbers, the environment and the user from this machine: the composition root.

Nothing below reads them in another way, so a test can bring its own.
"""

from __future__ import annotations

import asyncio
import gc
import getpass
import os
import random
import socket
import sys
import threading
import time

from heapscim.http.rate_limit import Timing
from heapscim.ledger.entries import RunContext
from heapscim.output import Format
from heapscim.output.console import Screen
from heapscim.workflows.context import Context
from heapscim.workflows.redaction import RedactingFilter

TIMING = Timing(clock=time.monotonic, now=time.time, sleep=asyncio.sleep, chance=random.random)
WAIT = threading.Event.wait
_COLLECT_AFTER = (20_000, 50, 10)
"""New objects before the garbage collector looks for cycles among them; then how often it looks at older ones, too.

A read and its plan are hundreds of thousands of values without a cycle. By default, each growth by a quarter makes the
collector visit all of them again: a tenth of the time of a sync. A sync loop collects once after each run.
"""
_SWITCH_AFTER = 0.001
"""Seconds after which a thread lets others go on: while one reads a roster, another asks for Heap's next pages."""


def new_context(profile: str, output: Format, *, quiet: bool, has_pager: bool = True) -> Context:
    """Returns the context of one command, for which the garbage collector and the turns of threads are set."""
    gc.set_threshold(*_COLLECT_AFTER)
    sys.setswitchinterval(_SWITCH_AFTER)
    return Context(
        profile,
        Screen(output, quiet, os.environ, has_pager),
        os.environ,
        TIMING,
        RunContext(_user_name(), socket.gethostname(), os.getpid(), allowances={}),
        RedactingFilter(os.environ),
        WAIT,
    )


def _user_name() -> str:
    """Returns the name of the user that runs the command; a container's user may have none."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
