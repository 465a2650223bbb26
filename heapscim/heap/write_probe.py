"""Looks at a tenant between the steps of a write probe, and records what they prove. Writes nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from heapscim import errors
from heapscim.heap.dialect import Dialect
from heapscim.heap.forms import FORMS, Form, Write
from heapscim.heap.tenant import HeapTenant
from heapscim.scim.client import USERS
from heapscim.scim.filters import eq, get
from heapscim.scim.messages import Document, same_name

Recorded = Literal["recorded", "as_set", "contradicts"]
_NOBODY = "heapscim-looks-for-nobody"


@dataclass(frozen=True, slots=True)
class FilterFacts:
    """Holds what filters by userName do; None for what isn't known."""

    works: bool | None
    any_case: bool | None = None
    """Whether a name is found in another case as well."""


async def filter_facts(tenant: HeapTenant, user_name: str) -> FilterFacts:
    """Finds out with an existing userName what filters do; raises Unauthenticated."""
    exact = await _names_found(tenant, user_name)
    nobody = await _names_found(tenant, _NOBODY)
    if exact is None or nobody is None:
        return FilterFacts(None)
    works = bool(exact) and not nobody and all(same_name(name, user_name) for name in exact)
    if not works:
        return FilterFacts(works=False)
    other = await _names_found(tenant, user_name.swapcase())
    return FilterFacts(works=True, any_case=None if other is None else bool(other))


async def finds_external_id(tenant: HeapTenant, external_id: str, id: str) -> bool | None:
    """Returns whether a filter by externalId finds exactly this account; None if it couldn't be asked."""
    try:
        found = await tenant.client.read_all(USERS, filter=eq("externalId", external_id))
    except errors.Unauthenticated:
        raise
    except errors.Unavailable:
        return None
    except errors.RequestError:
        return False
    return [user.id for user in found.items] == [id]


async def _names_found(tenant: HeapTenant, name: str) -> tuple[str, ...] | None:
    """Returns the userNames that a filter finds; a refusal finds none. None if the tenant fails."""
    try:
        found = await tenant.client.read_all(USERS, filter=eq("userName", name))
    except errors.Unauthenticated:
        raise
    except errors.Unavailable:
        return None
    except errors.RequestError:
        return ()
    return tuple(user.user_name for user in found.items)


def role_places(document: Document) -> Mapping[str, str]:
    """Returns each attribute path of an account that shows a role, with the role there."""
    return dict(_role_places(document))


def _role_places(document: Document) -> Iterator[tuple[str, str]]:
    if isinstance(role := get(document, "role"), str) and role:
        yield "role", role
    roles = get(document, "roles")
    first = roles[0] if isinstance(roles, list) and roles else None
    value = get(first, "value") if isinstance(first, Mapping) else first
    if isinstance(value, str) and value:
        yield "roles", value
    for name, inner in document.items():
        if name.casefold().startswith("urn:") and isinstance(inner, Mapping):
            role = get(inner, "role")
            if isinstance(role, str) and role:
                yield f"{name}:role", role


def form_in_use(dialect: Dialect, write: Write) -> Form:
    """Returns the form that a write has first by now."""
    of_groups = write in ("group_rename", "member_add", "member_removal")
    said = dialect.group_update_method if of_groups else dialect.update_method
    if said != "auto":
        return said if said in FORMS[write] else "patch"
    if write + "_empties" in dialect.forms:
        return "put"
    return next((form for form in FORMS[write] if form == dialect.forms.get(write)), FORMS[write][0])


def record(tenant: HeapTenant, start: Dialect, name: str, value: object) -> Recorded:
    """Records a finding in the dialect, unless the profile says otherwise: an administrator's word stays."""
    said, default = getattr(start, name), getattr(Dialect(), name)
    if said == value:
        return "as_set"
    if said != default:
        return "contradicts"
    tenant.learn(**{name: value})
    return "recorded"
