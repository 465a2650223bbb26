"""Reads changes back from the text that a ledger keeps of them. Knows no store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args

from heapscim.ledger.entries import DamagedEntry
from heapscim.ledger.rekeying import rekeyed, rekeyed_take_over
from heapscim.model.changes import BY_HAND, Change, ChangeKind, CreateGroup, CreateUser
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import TakeOver

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KINDS = frozenset(get_args(ChangeKind))
"""The kinds of provisioning changes; other commands bring their own."""


def recorded_change(operation: tuple[Any, ...], *, former: bool) -> Iterator[Recorded]:
    """Yields the provisioning change of an operation, by the ids of today; nothing for another command's operation.

    The operation is its seq, kind, change, state and id. ``former`` says that its run began before the ledger of
    heapscim 0.1 was brought up to date.
    """
    seq, kind, text, state, id = operation
    if kind in KINDS:
        change = change_from_json(text)
        yield Recorded(seq, rekeyed(change) if former else change, state, id)


def take_overs_from_json(text: str, *, former: bool) -> tuple[TakeOver, ...]:
    """Returns the accounts that an event says were taken over, by the ids of today."""
    found = [TakeOver(**entry) for entry in json.loads(text)]
    return tuple(map(rekeyed_take_over, found) if former else found)


def change_from_json(text: str) -> Change:
    """Returns a change as a value; raises DamagedEntry where the text isn't one."""
    try:
        change = _change_adapter().validate_json(text)
    except ValueError as error:
        raise DamagedEntry("a change can't be read back") from error
    if isinstance(change, CreateUser | CreateGroup) and change.reason == BY_HAND:
        return replace(change, by_hand=True)  # in older ledgers the reason alone says so
    return change


@cache
def _change_adapter() -> TypeAdapter[Change]:
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Change, Field(discriminator="kind")])  # else each of 13 kinds is tried for each change
