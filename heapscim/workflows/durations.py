"""Spans of time as people write them: ``30s``, ``15m``, ``12h``, ``7d``, ``2w``."""

from __future__ import annotations

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MOST_DIGITS = 6
FORMS = "30s, 15m, 12h, 7d or 2w"


def duration(text: str) -> float | None:
    """Seconds, None where the text is no span of time."""
    number, unit = text[:-1], text[-1:].lower()
    if number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS and unit in _SECONDS:
        return float(int(number) * _SECONDS[unit])
    return None
