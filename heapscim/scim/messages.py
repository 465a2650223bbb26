"""Builds and reads the messages of RFC 7644: list responses, PATCH requests, errors, provider configurations."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from heapscim.errors import WrongProtocol
from heapscim.scim import urns
from heapscim.scim.filters import eq, get

Document = dict[str, Any]
MemberChange: TypeAlias = tuple[Literal["add", "remove"], str]
"""Whether to add a member or to remove them, and their id."""
_DIGITS = re.compile(r"\s*\d{1,15}\s*", re.ASCII)


def list_rows(document: object, *, provider: str) -> tuple[list[Any], int]:
    """Returns the rows of a ListResponse and its ``totalResults`` (§3.4.2); ``provider`` names who sent it.

    ``Resources`` may be missing when empty, and the total may be text. Without a total the rows are no proof of
    anything: the total is then -1. Raises WrongProtocol for anything else.
    """
    if isinstance(document, Mapping):
        rows = get(document, "Resources")
        total = get(document, "totalResults")
        if isinstance(rows, list) or (rows is None and total is not None):
            return rows or [], _number(total)
    raise WrongProtocol(f"{provider}'s answer is JSON but not a SCIM list.", hint="Check the Base URL.")


def search(query: Mapping[str, str | int]) -> Document:
    """Returns a search by POST (§3.4.3): a query as a message."""
    return {"schemas": [urns.SEARCH_REQUEST], **query}


def patch(operations: Collection[Document]) -> Document:
    """Returns a PATCH request (§3.5.2)."""
    return {"schemas": [urns.PATCH_OP], "Operations": list(operations)}


def replace_operations(values: Mapping[str, object]) -> list[Document]:
    """Returns one ``replace`` operation for each attribute path; ``remove`` if the value is None (§3.5.2.2)."""
    return [
        {"op": "remove", "path": path} if value is None else {"op": "replace", "path": path, "value": value}
        for path, value in values.items()
    ]


def pathless_operations(value: Mapping[str, object]) -> list[Document]:
    """Returns one ``replace`` operation without a path, whose value holds all attributes (§3.5.2.3)."""
    return [{"op": "replace", "value": dict(value)}]


def member_operations(changes: Iterable[MemberChange]) -> list[Document]:
    """Returns changes of members as the operations of one PATCH.

    A removal names its member in the path: ``remove`` of bare ``members`` empties the group on a strict server.
    """
    changes = tuple(changes)
    joining = [{"value": id} for op, id in changes if op == "add"]
    operations: list[Document] = [{"op": "add", "path": "members", "value": joining}] if joining else []
    return operations + [
        {"op": "remove", "path": f"members[{eq('value', id)}]"} for op, id in changes if op == "remove"
    ]


def pathless_additions(ids: Iterable[str]) -> list[Document]:
    """Returns an operation without a path that adds members (§3.5.2.1)."""
    return [{"op": "add", "value": {"members": [{"value": id} for id in ids]}}]


def listed_removals(ids: Iterable[str]) -> list[Document]:
    """Returns an operation that lists the members who leave as its value, as some widespread clients send it.

    The RFC knows no such form: a strict server ignores the value and empties the group (§3.5.2.2).
    """
    return [{"op": "remove", "path": "members", "value": [{"value": id} for id in ids]}]


def same_name(attribute: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Returns whether two resources have the same name, in any case and Unicode form."""
    names = (unicodedata.normalize("NFC", str(get(resource, attribute))) for resource in (one, other))
    return len({name.strip().lower() for name in names}) == 1


def id_in(place: str | None, path: str) -> str | None:
    """Returns the id in a ``Location`` (§3.3), None if it leads to another kind of resource."""
    kind, _, id = urlsplit(place or "").path.rstrip("/").rpartition("/")
    return unquote(id) if kind.endswith(path) and id.strip(".") else None


def supports(config: object, feature: str) -> bool | None:
    """Returns whether a ServiceProviderConfig claims a feature (``patch``, ``filter`` …); None if it doesn't say."""
    section = get(config, feature) if isinstance(config, Mapping) else None
    claim = get(section, "supported") if isinstance(section, Mapping) else None
    if isinstance(claim, str):
        claim = claim.casefold() == "true"
    return claim if isinstance(claim, bool) else None


def _number(value: object) -> int:
    """Returns a total; -1 if it isn't a number."""
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value) else -1
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1
