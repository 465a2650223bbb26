"""Escapes what PostgreSQL doesn't store in a text: NUL and halves of surrogate pairs, which names may hold."""

from __future__ import annotations

import re
from typing import Any

_MARK = "\x1b"
"""Begins an escape; the mark itself is escaped, too, so that each text comes back as it was."""
_UNFIT = re.compile("[\x00\x1b\ud800-\udfff]")
_ESCAPED = re.compile(r"\x1b([0-9a-f]{4})")


def stored(value: Any) -> Any:  # noqa: ANN401 - whatever a column may hold
    """Returns a value as it is stored."""
    if isinstance(value, str):
        return _UNFIT.sub(lambda found: f"{_MARK}{ord(found[0]):04x}", value) if _UNFIT.search(value) else value
    return [stored(entry) for entry in value] if isinstance(value, list) else value


def read(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Returns a stored row as it was given."""
    if not any(isinstance(value, str) and _MARK in value for value in row):
        return row
    return tuple(
        _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value) if isinstance(value, str) else value for value in row
    )
