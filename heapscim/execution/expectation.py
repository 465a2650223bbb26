"""Holds what a change leads to expect of a resource, once Heap took the request for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from heapscim.model.changes import (
    Change,
)
from heapscim.model.state import (
    CurrentGroup,
    CurrentUser,
)

Actual: TypeAlias = CurrentUser | CurrentGroup | None
"""The resource as Heap shows it afterwards; None if it isn't there."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Holds a change that Heap took, and what must be true of its resource from then on."""

    change: Change
    id: str | None
    """The Heap id of the resource, None if it was created and not shown."""
    member_ids: tuple[str, ...] = ()
    """Heap ids of the members to join or leave."""
    without_account: tuple[str, ...] = ()
    """userNames of members who have no account, so that the request could not name them."""
    refused: tuple[str, ...] = ()
    """userNames of members whom Heap refused while it took the others."""
    refusal: str = ""
    """What Heap said about them."""
    others: int | None = None
    """The number of other members that the group had before; None if they aren't compared."""
    bystanders: Mapping[str, str] = field(default_factory=dict)
    """Those other members as far as they are known: id → userName."""
    restored: tuple[str, ...] = ()
    """userNames of members whom the request removed without being asked to, and who were put back at once."""
    certain: bool = True
    """False if no response said that Heap took the request, so that only a later look can tell."""
    namesakes: tuple[str, ...] = ()
    """Heap ids of others that had the name under which Heap keeps this one."""
