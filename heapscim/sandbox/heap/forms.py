"""Decides which forms of a PATCH the rehearsal tenant knows, and what its responses to writes look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from heapscim.sandbox.heap.store import Document
from heapscim.sandbox.heap.switches import Behaviour
from heapscim.scim.filters import eq, get


def knows_form(kind: str, request: object, behaviour: Behaviour) -> bool:
    """Reports whether the tenant knows the form of a PATCH."""
    operations = list(_operations(request))
    if len(operations) > 1 and behaviour.patch_operations == "one":
        return False
    if kind == "Users":
        return all(_knows(behaviour.patch_form, one) for one in operations)
    return all(_knows_of_group(behaviour, one) for one in operations)


def with_listed_removals(request: object, behaviour: Behaviour) -> object:
    """Returns the request with each list of removed members split into single removals, if the tenant accepts lists."""
    if behaviour.member_removal not in ("values", "both"):
        return request
    told: list[object] = []
    for one in _operations(request):
        if _removes_by_list(one):
            ids = [get(row, "value") for row in get(one, "value")]
            told += [{"op": "remove", "path": f"members[{eq('value', str(id))}]"} for id in ids]
        else:
            told.append(one)
    return {"Operations": told} if told else request


def answer_to_write(document: Document, before: Document | None, how: str, *, is_update: bool) -> object:
    """Returns the body of a response to a write; None for an empty body."""
    name = "userName" if "userName" in document else "displayName"
    shapes: Mapping[str, object] = {
        "before": before or document,
        "other_name": {**document, name: f"OTHER/{document.get(name)}"},
        "other_id": {**document, "id": "0"} if is_update else document,
        "empty": {},
        "list": [document],
        "wrapped": {"resource": document},
        "location": None,
    }
    return shapes.get(how, document)


def _operations(request: object) -> Iterator[Mapping[str, Any]]:
    rows = get(request, "Operations") if isinstance(request, Mapping) else None
    yield from (row for row in rows or () if isinstance(row, Mapping))


def _knows(switch: str, operation: Mapping[str, Any]) -> bool:
    return switch in ("both", "path" if get(operation, "path") else "pathless")


def _knows_of_group(behaviour: Behaviour, operation: Mapping[str, Any]) -> bool:
    path, value = str(get(operation, "path") or ""), get(operation, "value")
    if not path.startswith("members") and not (isinstance(value, Mapping) and "members" in value):
        return _knows(behaviour.rename_form, operation)
    if get(operation, "op") == "remove":
        return behaviour.member_removal in ("filter", "both") or _removes_by_list(operation, behaviour)
    rows = value if path else get(value, "members")
    match behaviour.member_addition:
        case "one":
            return not isinstance(rows, list) or len(rows) == 1
        case "pathless":
            return not path
        case switch:
            return switch == "any"


def _removes_by_list(operation: Mapping[str, Any], behaviour: Behaviour | None = None) -> bool:
    by_list = get(operation, "path") == "members" and isinstance(get(operation, "value"), list)
    return get(operation, "op") == "remove" and by_list and (behaviour is None or behaviour.member_removal != "none")
