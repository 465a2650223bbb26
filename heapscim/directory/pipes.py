"""Knows the specs that are no file with a name: standard input, and the pipes that a shell makes."""

from __future__ import annotations

import re

_PIPE = re.compile(r"-|/dev/stdin|/dev/fd/\d+|/proc/self/fd/\d+")
"""``-``, or what a shell calls standard input and the pipe of ``<(command)``."""


def is_pipe(spec: str) -> bool:
    """Reports whether a spec is standard input or another pipe, which can be read only once."""
    return _PIPE.fullmatch(spec) is not None
