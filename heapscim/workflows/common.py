"""Holds the options that every command takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["table", "json", "csv"]


@dataclass(frozen=True, slots=True)
class Common:
    """What every command can be told."""

    profile: str
    output: Format
    quiet: bool
    debug: bool
