"""Explains what a refusal means at Heap, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from heapscim import errors
from heapscim.heap.conversion import Conversion
from heapscim.heap.dialect import Dialect
from heapscim.scim.client import USERS, ScimClient
from heapscim.scim.resources import Resource

R = TypeVar("R", bound=Resource)
_ELSEWHERE = (
    "A person with a Heap account in another organisation must have that account deleted, "
    "and have it made again in yours."
)
_OTHER_LETTERS = (
    "Heap may hold an account whose name it takes for the same one, such as one with ss for ß: it is left alone. "
    "Look for it with `heapscim users list`; where it belongs to somebody else, give one of them another userName."
)
_HIDDEN = (
    "The account is in this tenant, though its list doesn't show it. A sync takes it over; nothing must be deleted."
)


async def explained_taken(error: errors.Taken, user_name: str, client: ScimClient, convert: Conversion) -> errors.Taken:
    """Returns the 409 of a create with the next step, by where the account of that name seems to be."""
    hint = _OTHER_LETTERS if convert.looks_alike(user_name) else _ELSEWHERE
    try:
        if await client.find(USERS, user_name):
            hint = _HIDDEN
    except errors.Unauthenticated:
        raise
    except errors.RequestError:
        pass  # a lookup that fails tells nothing about where the account is
    return errors.Taken(error.message, hint=hint, status=error.status, scim_type=error.scim_type)


@contextmanager
def explaining_role(dialect: Dialect, role: str | None) -> Iterator[None]:
    """Adds to a refusal where a role is translated, since the role may be what the tenant refuses."""
    try:
        yield
    except errors.Rejected as error:
        if role is not None and error.hint is None:
            wire = dialect.to_wire_role(role)
            error.hint = f"Should it be the role, {wire!r}: role_values under [dialect] says how Heap calls it."
        raise


@contextmanager
def explaining_no_delete(hint: str) -> Iterator[None]:
    """Says what to do if the tenant has no DELETE."""
    try:
        yield
    except errors.NotImplementedByService as error:
        error.hint = hint
        raise


def at_most_one(found: tuple[R, ...], name: str) -> R | None:
    """Returns the only resource of a name, None if there is none; raises Rejected if there are several."""
    if len(found) > 1:
        raise errors.Rejected(f"Heap has {len(found)} resources named {name}.", hint="Give the id instead.")
    return found[0] if found else None
