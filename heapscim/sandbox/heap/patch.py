"""Carries out PATCH on the rehearsal tenant's users and groups (RFC 7644 §3.5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heapscim.errors import UsageError
from heapscim.sandbox.heap.store import Document
from heapscim.scim.filter_parser import parse_path
from heapscim.scim.filters import Path, get, is_core, matches

_OPERATIONS = ("add", "replace", "remove")


class BadPatch(Exception):
    """Refuses a PATCH that can't be carried out; holds the RFC's scimType and a detail."""

    def __init__(self, scim_type: str, detail: str) -> None:
        super().__init__(detail)
        self.scim_type = scim_type
        self.detail = detail


def apply_patch(document: Document, request: object) -> Document:
    """Returns the document after all operations, without changing the given one. Raises BadPatch."""
    operations = get(request, "Operations") if isinstance(request, Mapping) else None
    if not isinstance(operations, list) or not operations:
        raise BadPatch("invalidSyntax", "Operations must be a list with something in it.")
    result = dict(document)
    for operation in operations:
        _apply(result, operation)
    return result


def misread(request: object, how: str) -> object:
    """Returns the request as misread by a tenant that ``replaces`` members by the added ones, or ``empties`` groups."""
    swapped = {"replaces": ("add", "replace"), "empties": ("remove", "remove")}.get(how)
    operations = get(request, "Operations") if isinstance(request, Mapping) else None
    if swapped is None or not isinstance(operations, list):
        return request
    op, instead = swapped
    return {
        "Operations": [
            {**one, "op": instead, "path": "members"}
            if isinstance(one, Mapping) and (get(one, "op"), str(get(one, "path"))[:7]) == (op, "members")
            else one
            for one in operations
        ]
    }


def _apply(document: Document, operation: object) -> None:
    if not isinstance(operation, Mapping):
        raise BadPatch("invalidSyntax", "An operation must be an object.")
    op, path, value = str(get(operation, "op")).casefold(), get(operation, "path"), get(operation, "value")
    if op not in _OPERATIONS:
        raise BadPatch("invalidSyntax", f"{op!r} isn't an operation.")
    if not path:
        _apply_whole(document, op, value)
        return
    try:
        target = parse_path(str(path))
    except UsageError as error:
        raise BadPatch("invalidPath", error.message) from None
    if target.filter is not None:
        _apply_to_rows(document, op, target, value)
    elif op == "remove":
        _remove(document, target.attribute)
    else:
        _set(document, op, target.attribute, value)


def _apply_whole(document: Document, op: str, value: object) -> None:
    if op == "remove":
        raise BadPatch("noTarget", "A removal needs a path.")
    if not isinstance(value, Mapping):
        raise BadPatch("invalidValue", "Without a path the value must be an object.")
    for name, part in value.items():
        if name.casefold().startswith("urn:") and isinstance(part, Mapping):  # an extension with its attributes
            for attribute, inner in part.items():
                _set(document, op, f"{name}:{attribute}", inner)
        else:
            _set(document, op, name, part)


def _set(document: Document, op: str, attribute: str, value: object) -> None:
    place, name = _place(document, attribute)
    old = place.get(name)
    if op == "add" and isinstance(old, list):
        rows = value if isinstance(value, list) else [value]
        place[name] = old + [row for row in rows if row not in old]
    elif isinstance(old, Mapping) and isinstance(value, Mapping):
        place[name] = {**old, **value}
    else:
        place[name] = value


def _remove(document: Document, attribute: str) -> None:
    """Removes an attribute; an object without any value left is removed, too (RFC 7643 §2.5)."""
    steps = _steps(attribute)
    places = [document]
    for step in steps[:-1]:
        inner = places[-1].get(_spelling(places[-1], step))
        if not isinstance(inner, Mapping):
            return
        places.append(dict(inner))
    places[-1].pop(_spelling(places[-1], steps[-1]), None)
    for place, step, inner in zip(places[-2::-1], steps[-2::-1], places[:0:-1], strict=True):
        name = _spelling(place, step)
        place[name] = inner
        if not inner:
            del place[name]


def _place(document: Document, attribute: str) -> tuple[Document, str]:
    """Returns the object that holds an attribute, and its name there; objects on the way are copied."""
    steps = _steps(attribute)
    place = document
    for step in steps[:-1]:
        name = _spelling(place, step)
        inner = place.get(name)
        place[name] = dict(inner) if isinstance(inner, Mapping) else {}
        place = place[name]
    return place, _spelling(place, steps[-1])


def _steps(attribute: str) -> list[str]:
    urn, _, dotted = attribute.rpartition(":")
    return [*([urn] if urn and not is_core(urn) else []), *dotted.split(".")]


def _spelling(place: Mapping[str, Any], name: str) -> str:
    return next((key for key in place if key.casefold() == name.casefold()), name)


def _apply_to_rows(document: Document, op: str, target: Path, value: object) -> None:
    place, name = _place(document, target.attribute)
    rows: Iterable[Any] = place.get(name) or []
    chosen = [row for row in rows if isinstance(row, Mapping) and target.filter and matches(target.filter, row)]
    if not chosen and op != "remove":
        raise BadPatch("noTarget", "No value matches the path's filter.")
    if op == "remove" and target.sub_attribute is None:
        place[name] = [row for row in rows if row not in chosen]
    else:
        place[name] = [_changed(row, op, target.sub_attribute, value) if row in chosen else row for row in rows]


def _changed(row: Mapping[str, Any], op: str, sub_attribute: str | None, value: object) -> object:
    if sub_attribute is None:
        return {**row, **value} if isinstance(value, Mapping) else value
    if op == "remove":
        return {key: part for key, part in row.items() if key.casefold() != sub_attribute.casefold()}
    return {**row, sub_attribute: value}
