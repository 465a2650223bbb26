"""TODO."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether a read proved that it saw everything; without that proof nothing is removed on its word."""

    proven: bool
    evidence: str
    """One sentence with the figures, such as ``412 users announced, 400 unique read``."""
    method: Method = "counted"
    """How it was proven: by a count, by two reads that agree, or by asking for one person or group by id."""


ReadProgress = Callable[[int, int | None], None]
"""Told how many items were read and, where known, of how many."""


Method: TypeAlias = Literal["counted", "read twice", "asked"]
