"""Builds and reads the messages of RFC 7644: list responses, PATCH requests, and what a provider says it supports."""

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
"""Whether a member is added or removed, and their id."""
_DIGITS = re.compile(r"\s*\d{1,15}\s*", re.ASCII)


def list_rows(document: object, *, provider: str) -> tuple[list[Any], int]:
    """Returns the rows of a ListResponse and its ``totalResults`` (§3.4.2); ``provider`` names the sender in messages.

    ``Resources`` may be missing if empty, and the total may be text. If there is no total, it is -1: then the rows
    prove nothing. Raises WrongProtocol for anything else.
    """
    if isinstance(document, Mapping):
        rows = get(document, "Resources")
        total = get(document, "totalResults")
        if isinstance(rows, list) or (rows is None and total is not None):
            return rows or [], _number(total)
    raise WrongProtocol(f"{provider}'s response is JSON but not a SCIM list.", hint="Check the Base URL.")


def search(query: Mapping[str, str | int]) -> Document:
    """Returns a search request by POST (§3.4.3), with the query as its body."""
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
    """Returns membership changes as the operations of one PATCH.

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
    """Returns an operation that lists the members to remove as its value, as some widespread clients do.

    The RFC doesn't define this form: a strict server ignores the value and empties the group (§3.5.2.2).
    """
    return [{"op": "remove", "path": "members", "value": [{"value": id} for id in ids]}]


def same_name(one: str, other: str) -> bool:
    """Returns whether two names are the same, in any case and Unicode form."""
    return one == other or len({unicodedata.normalize("NFC", name).strip().lower() for name in (one, other)}) == 1


def id_in(place: str | None, path: str) -> str | None:
    """Returns the id in a ``Location`` (§3.3), or None if it leads to another kind of resource."""
    kind, _, id = urlsplit(place or "").path.rstrip("/").rpartition("/")
    return unquote(id) if kind.endswith(path) and id.strip(".") else None


def supports(config: object, feature: str) -> bool | None:
    """Returns whether a ServiceProviderConfig claims a feature (``patch``, ``bulk`` …); None if it doesn't say."""
    section = get(config, feature) if isinstance(config, Mapping) else None
    claim = get(section, "supported") if isinstance(section, Mapping) else None
    if isinstance(claim, str):
        claim = claim.casefold() == "true"
    return claim if isinstance(claim, bool) else None


def _number(value: object) -> int:
    """Returns a total as a number, or -1 if it isn't one."""
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value) else -1
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1
