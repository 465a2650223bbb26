"""Selects the attributes of a response (RFC 7644 §3.9), and reads a search sent by POST (§3.4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heapscim.sandbox.heap.store import Document
from heapscim.scim.filters import get, is_core

_ALWAYS = frozenset({"id", "schemas"})


def projected(document: Document, query: Mapping[str, str]) -> Document:
    """Returns the document with only the ``attributes``, or without the ``excludedAttributes``."""
    if not isinstance(document, dict):
        return document
    wanted, unwanted = _names(query.get("attributes")), _names(query.get("excludedAttributes"))
    if wanted:
        return _kept(document, wanted)
    return _without(document, unwanted) if unwanted else document


def leaves_out(query: Mapping[str, str], attribute: str) -> bool:
    """Reports whether a response to this query leaves out an attribute."""
    return attribute.casefold() not in (name.casefold() for name in projected({attribute: ()}, query))


def search_query(document: object) -> dict[str, str]:
    """Returns the query of a SearchRequest in the form of a URL's query."""
    if not isinstance(document, Mapping):
        return {}
    query = {
        name: get(document, name)
        for name in ("filter", "startIndex", "count", "attributes", "excludedAttributes", "sortBy")
    }
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in query.items()
        if value is not None
    }


def _names(text: str | None) -> tuple[tuple[str, ...], ...]:
    """Returns attribute paths as steps, case-folded."""
    return tuple(_steps(path.strip()) for path in (text or "").split(",") if path.strip())


def _steps(path: str) -> tuple[str, ...]:
    urn, _, name = path.rpartition(":")
    return (*([urn.casefold()] if urn and not is_core(urn) else ()), *name.casefold().split("."))


def _kept(document: Document, wanted: Iterable[tuple[str, ...]]) -> Document:
    found: Document = {}
    for name, value in document.items():
        inner = [steps[1:] for steps in wanted if steps[0] == name.casefold()]
        if name in _ALWAYS or () in inner:
            found[name] = value
        elif inner:
            found[name] = _each(value, lambda part, inner=inner: _kept(part, inner))
    return found


def _without(document: Document, unwanted: Iterable[tuple[str, ...]]) -> Document:
    found: Document = {}
    for name, value in document.items():
        inner = [steps[1:] for steps in unwanted if steps[0] == name.casefold()]
        if () not in inner or name in _ALWAYS:
            found[name] = _each(value, lambda part, inner=inner: _without(part, inner)) if inner else value
    return found


def _each(value: Any, project: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_each(row, project) for row in value]
    return project(value) if isinstance(value, dict) else value
