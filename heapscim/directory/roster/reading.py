"""Holds how one profile reads rosters: the names of columns, the encoding, and what makes a userName."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from heapscim.directory.roster.headers import Headers
from heapscim.model.attribute_mapping import DEFAULT_MAPPING, Rule, source_attributes, value_of
from heapscim.model.directory import USERNAME
from heapscim.model.state import USER_NAME


@dataclass(frozen=True, slots=True)
class Reading:
    """Holds what a profile says of rosters."""

    headers: Headers = field(default_factory=Headers)
    encoding: str | None = None
    """None: UTF-8, or what the byte order mark says."""
    mapping: Mapping[str, Rule] = field(default_factory=lambda: DEFAULT_MAPPING)

    @property
    def needed(self) -> tuple[str, ...]:
        """Returns the source attributes that the userName is made of."""
        return tuple(source_attributes({USER_NAME: self.mapping[USER_NAME]}))

    @property
    def only_username(self) -> bool:
        """Reports whether the userName is the column ``username``, as it is by default."""
        return self.needed == (USERNAME,)

    def user_name(self, attributes: Mapping[str, str]) -> str:
        """Returns the userName that a person gets in Heap; empty if the attributes for it are missing."""
        return value_of(self.mapping[USER_NAME], attributes)


DEFAULT = Reading()
