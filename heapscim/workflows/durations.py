"""Reads durations such as ``50ms``, ``30s``, ``1.5h``, ``7d``, ``2w``."""

from __future__ import annotations

import re

from heapscim.errors import UsageError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(ms|[smhdw])", re.ASCII | re.IGNORECASE)
FORMS = "30s, 15m, 12h, 7d or 2w"


def duration(text: str) -> float | None:
    """Returns the seconds, or None if the text isn't a duration."""
    found = _SPAN.fullmatch(text.strip())
    return float(found[1]) * _UNITS[found[2].lower()] if found else None


def seconds_of(text: str) -> float:
    """Returns the seconds; raises UsageError if the text isn't a duration."""
    seconds = duration(text)
    if seconds is None:
        raise UsageError(f"{text!r} isn't a duration.", hint=f"Write it like 50ms, {FORMS}.")
    return seconds
