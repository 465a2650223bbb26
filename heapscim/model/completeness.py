"""Says whether a read proved that it saw everything, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Method: TypeAlias = Literal["counted", "read twice", "asked"]
"""How a read was proven: by a count, by two reads that agree, or by asking for one person or group by id."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """Holds whether a read proved that it saw everything; without that proof nothing is removed because of it."""

    proven: bool
    evidence: str
    """One sentence with the figures, such as ``412 users announced, 400 unique read``."""
    method: Method = "counted"


ReadProgress = Callable[[int, int | None], None]
"""Is called with the number of items read so far and, if known, the total."""
