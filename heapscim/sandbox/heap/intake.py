"""Takes accounts in as the rehearsal tenant keeps them: what it demands, refuses and drops, by its switches."""

from __future__ import annotations

from collections.abc import Mapping

from heapscim.model.caseless import caseless
from heapscim.sandbox.heap.display import ROLE_EXTENSION
from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.heap.store import Document
from heapscim.sandbox.heap.switches import Behaviour
from heapscim.scim.filters import get

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "nothing": (),
    "emails": ("emails",),
    "display_name": ("displayName",),
    "emails_and_display_name": ("emails", "displayName"),
    "all": ("emails", "displayName", "externalId"),
}
_ROLES = frozenset({"admin", "architect", "analyst", "consumer", "read-only"})
_READ_ONLY = frozenset({"id", "meta", "schemas", "groups", "password"})


def check_needs(wire: Document, behaviour: Behaviour) -> None:
    """Refuses an account that lacks what the tenant demands of each new one."""
    for name in _NEEDS[behaviour.create_needs]:
        if not get(wire, name):
            raise Refused(400, f"{name} is required.", "invalidValue")


def user_from(wire: Document, behaviour: Behaviour) -> Document:
    """Returns an account as it is kept, from the form of the wire."""
    user = {name: value for name, value in wire.items() if name not in _READ_ONLY}
    user["userName"] = required_text(wire, "userName")
    user.pop(ROLE_EXTENSION, None)
    user.pop("roles", None)
    if behaviour.entries == "no_emails":
        user.pop("emails", None)
    if behaviour.external_id == "refused" and "externalId" in user:
        raise Refused(400, "externalId can't be set.", "invalidValue")
    if behaviour.external_id == "ignored":
        user.pop("externalId", None)
    user.pop("role", None)
    if role := _role_in(wire, behaviour):
        user["role"] = role
    if "active" in user:
        user["active"] = str(user["active"]).casefold() != "false"
    return user


def _role_in(wire: Document, behaviour: Behaviour) -> str:
    match behaviour.role:
        case "roles":
            rows = wire.get("roles")
            role = rows[0].get("value") if isinstance(rows, list) and rows else None
        case "extension":
            role = (wire.get(ROLE_EXTENSION) or {}).get("role")
        case _:
            role = wire.get("role")
    if role and behaviour.roles == "known" and caseless(str(role)) not in _ROLES:
        raise Refused(400, f"There is no role {role}.", "invalidValue")
    return str(role or "")


def required_text(wire: Document, name: str) -> str:
    """Returns a text that a resource must have; refuses one without it."""
    value = get(wire, name)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"{name} is required.", "invalidValue")
    return value
