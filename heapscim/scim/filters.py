"""Builds and evaluates filters (RFC 7644 §3.4.2.2); ``filter_parser`` parses them.

Text compares without regard to case and in Unicode NFC, except ``id`` and ``externalId``.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from heapscim.model.caseless import caseless

Operator: TypeAlias = str
Value: TypeAlias = str | int | float | bool | None

CORE = "urn:ietf:params:scim:schemas:core:"
_CASE_EXACT = frozenset({"id", "externalid"})
_MOST_NAMES = 100
"""Names in one object beyond which their spelling isn't remembered."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares one attribute with one value (``pr`` has none)."""

    attribute: str
    operator: Operator
    value: Value = None


@dataclass(frozen=True, slots=True)
class ValuePath:
    """Matches if one value of a multi-valued attribute matches as a whole: ``emails[type eq "work"]``."""

    attribute: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class Not:
    """Matches if the operand doesn't."""

    operand: Filter


@dataclass(frozen=True, slots=True)
class Both:
    """Matches if both filters match."""

    left: Filter
    right: Filter


@dataclass(frozen=True, slots=True)
class Either:
    """Matches if at least one of the filters matches."""

    left: Filter
    right: Filter


Filter: TypeAlias = Comparison | ValuePath | Not | Both | Either


@dataclass(frozen=True, slots=True)
class Path:
    """Holds the target of a PATCH operation: ``members[value eq "2819"].display``."""

    attribute: str
    filter: Filter | None = None
    sub_attribute: str | None = None


def eq(attribute: str, value: str) -> str:
    """Returns ``attribute eq "value"``, with the value escaped as in JSON."""
    return f"{attribute} eq {json.dumps(value, ensure_ascii=False)}"


def matches(filter: Filter, resource: Mapping[str, Any]) -> bool:
    """Returns whether a resource in wire form matches."""
    match filter:
        case Both(left, right):
            return matches(left, resource) and matches(right, resource)
        case Either(left, right):
            return matches(left, resource) or matches(right, resource)
        case Not(operand):
            return not matches(operand, resource)
        case ValuePath(attribute, inner):
            rows = values_at(resource, attribute)
            return any(isinstance(row, Mapping) and matches(inner, row) for row in rows)
        case Comparison():
            return _compare(filter, tuple(values_at(resource, filter.attribute)))


def values_at(resource: Mapping[str, Any], attribute: str) -> Iterator[Any]:
    """Yields the values at an attribute path, flattened; the case of attribute names doesn't matter."""
    roots: Sequence[Any] = [resource]
    for step in steps_of(attribute):
        # An extension is one object, whatever else its URN might hold.
        found = [root for root in roots if isinstance(root, Mapping)]
        roots = [get(resource, step)] if ":" in step else [value for root in found for value in _values(root, step)]
    for value in roots:
        if value is not None:
            yield value


@lru_cache(maxsize=1024)
def steps_of(attribute: str) -> tuple[str, ...]:
    """Returns the names that lead to an attribute: the URN of an extension, the attribute, its sub-attribute."""
    urn, _, name = attribute.rpartition(":")
    return (*((urn,) if urn and not is_core(urn) else ()), *name.split("."))


def is_core(urn: str) -> bool:
    """Returns whether a schema's attributes are at the top level of a resource (RFC 7644 §3.10)."""
    return urn.casefold().startswith(CORE)


def get(resource: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - wire values are any JSON
    """Returns one attribute of a wire document, whatever the case of its name (RFC 7643 §2.1)."""
    if name in resource:
        return resource[name]
    spelled = spelling_of(resource)[name]
    return None if spelled is None else resource[spelled]


class Spelling(dict[str, str | None]):
    """Maps the name of an attribute to its spelling in one object: exact, or in another case; None if it isn't there.

    Objects of one server have the same few sets of names. So each is searched once, not at every object.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, name: str) -> str | None:
        folded = name.casefold()
        found = name if name in self._names else next((it for it in self._names if it.casefold() == folded), None)
        self[name] = found
        return found


def spelling_of(resource: Mapping[str, Any]) -> Spelling:
    """Returns how the names of an object are spelt."""
    names = tuple(resource)
    return _spelling(names) if len(names) <= _MOST_NAMES else Spelling(names)


@lru_cache(maxsize=1024)
def _spelling(names: tuple[str, ...]) -> Spelling:
    return Spelling(names)


def _values(root: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = get(root, name)
    return value if isinstance(value, list) else (value,)


def _compare(comparison: Comparison, found: tuple[Any, ...]) -> bool:
    if comparison.operator == "pr":
        return any(value not in ("", [], {}) for value in found)
    exact = comparison.attribute.rpartition(":")[2].casefold() in _CASE_EXACT
    if comparison.operator == "ne":
        return not any(_holds("eq", value, comparison.value, exact=exact) for value in found)
    if comparison.value is None:
        return comparison.operator == "eq" and not found
    return any(_holds(comparison.operator, value, comparison.value, exact=exact) for value in found)


def _holds(operator: Operator, found: Any, wanted: Value, *, exact: bool) -> bool:  # noqa: ANN401
    if isinstance(found, Mapping):
        found = get(found, "value")
    if isinstance(found, bool) or isinstance(wanted, bool):
        return operator == "eq" and str(found).casefold() == str(wanted).casefold()
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return _ordered(operator, found, wanted)
    if not isinstance(found, str | int | float) or wanted is None:
        return False
    left, right = _folded(str(found), exact=exact), _folded(str(wanted), exact=exact)
    match operator:
        case "co":
            return right in left
        case "sw":
            return left.startswith(right)
        case "ew":
            return left.endswith(right)
        case _:
            return _ordered(operator, left, right)


def _ordered(operator: Operator, left: Any, right: Any) -> bool:  # noqa: ANN401
    match operator:
        case "eq":
            return bool(left == right)
        case "gt":
            return bool(left > right)
        case "ge":
            return bool(left >= right)
        case "lt":
            return bool(left < right)
        case "le":
            return bool(left <= right)
        case _:
            return False


def _folded(text: str, *, exact: bool) -> str:
    return unicodedata.normalize("NFC", text) if exact else caseless(text)
