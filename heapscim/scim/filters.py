"""The filter language of RFC 7644 §3.4.2.2: build, parse, evaluate; and the paths of a PATCH (§3.5.2).

Text compares without regard to case in Unicode NFC, except ``id`` and ``externalId``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from heapscim.errors import UsageError

Operator: TypeAlias = str
Value: TypeAlias = str | int | float | bool | None

MAX_DEPTH = 50
CORE = "urn:ietf:params:scim:schemas:core:"
_OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr")
_CASE_EXACT = frozenset({"id", "externalid"})
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])|(?P<number>-?\d+(?:\.\d+)?(?![\w:.-]))|(?P<word>[\w$:.-]+))'
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute against one value (``pr`` has none)."""

    attribute: str
    operator: Operator
    value: Value = None


@dataclass(frozen=True, slots=True)
class ValuePath:
    """``emails[type eq "work"]``: some value of a multi-valued attribute matches as a whole."""

    attribute: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a filter."""

    operand: Filter


@dataclass(frozen=True, slots=True)
class Both:
    """Both filters match."""

    left: Filter
    right: Filter


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of two filters matches."""

    left: Filter
    right: Filter


Filter: TypeAlias = Comparison | ValuePath | Not | Both | Either


@dataclass(frozen=True, slots=True)
class Path:
    """The target of a PATCH operation: ``members[value eq "2819"].display``."""

    attribute: str
    filter: Filter | None = None
    sub_attribute: str | None = None


def eq(attribute: str, value: str) -> str:
    """Builds ``attribute eq "value"`` with the value escaped as JSON asks."""
    return f"{attribute} eq {json.dumps(value, ensure_ascii=False)}"


def parse(text: str) -> Filter:
    """Parses a filter.

    Raises UsageError with the column where it stops making sense, or where it nests deeper than 50.
    """
    reader = _Reader(text)
    found = reader.either(0)
    reader.end()
    return found


def parse_path(text: str) -> Path:
    """Parses the path of a PATCH operation; raises UsageError like ``parse``."""
    match = re.fullmatch(r"\s*([\w$:.-]+)\s*(?:\[(.*)\](?:\.([\w$-]+))?)?\s*", text, re.DOTALL)
    if match is None:
        raise UsageError(f"{text!r} is not an attribute path.")
    attribute, inner, sub_attribute = match.groups()
    return Path(attribute, parse(inner) if inner is not None else None, sub_attribute)


def matches(filter: Filter, resource: Mapping[str, Any]) -> bool:
    """Whether a resource in wire form matches."""
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
    """The values at an attribute path, flattened; attribute names match without regard to case."""
    urn, _, name = attribute.rpartition(":")
    roots: Sequence[Any] = [resource]
    if urn and not is_core(urn):
        roots = [get(resource, urn)]
    for step in name.split("."):
        roots = [value for root in roots for value in _step(root, step)]
    for value in roots:
        if value is not None:
            yield value


def is_core(urn: str) -> bool:
    """Whether a schema is one whose attributes stand at the top of a resource (RFC 7644 §3.10)."""
    return urn.casefold().startswith(CORE)


def get(resource: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - wire values are any JSON
    """One attribute of a wire document, its name matched without regard to case (RFC 7643 §2.1)."""
    if name in resource:
        return resource[name]
    folded = name.casefold()
    return next((value for key, value in resource.items() if key.casefold() == folded), None)


def _step(root: Any, name: str) -> Sequence[Any]:  # noqa: ANN401
    if not isinstance(root, Mapping):
        return ()
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
    text = unicodedata.normalize("NFC", text)
    return text if exact else unicodedata.normalize("NFC", text.casefold())


class _Reader:
    """A recursive-descent parser over the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def either(self, depth: int) -> Filter:
        found = self._both(depth)
        while self._keyword("or"):
            found = Either(found, self._both(depth))
        return found

    def end(self) -> None:
        if self._text[self._at :].strip():
            raise self._error("`and`, `or` or the end")

    def _both(self, depth: int) -> Filter:
        found = self._single(depth)
        while self._keyword("and"):
            found = Both(found, self._single(depth))
        return found

    def _single(self, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise UsageError(f"The filter nests deeper than {MAX_DEPTH}.")
        if self._mark("("):
            return self._closed(self.either(depth + 1), ")")
        word = self._word("an attribute, `not` or `(`")
        if word.casefold() == "not" and self._mark("("):
            return Not(self._closed(self.either(depth + 1), ")"))
        if self._mark("["):
            return ValuePath(word, self._closed(self.either(depth + 1), "]"))
        operator = self._word("an operator").casefold()
        if operator not in _OPERATORS:
            raise self._error(f"one of {', '.join(_OPERATORS)}", back=len(operator))
        return Comparison(word, operator) if operator == "pr" else Comparison(word, operator, self._value())

    def _closed(self, found: Filter, mark: str) -> Filter:
        if not self._mark(mark):
            raise self._error(f"`{mark}`")
        return found

    def _value(self) -> Value:
        match = _TOKEN.match(self._text, self._at)
        literal = "" if match is None else match["text"] or match["number"] or match["word"] or ""
        try:
            value: Value = json.loads(literal.lower() if literal in ("True", "False") else literal)
        except ValueError:
            raise self._error('a value: "text", a number, true, false or null') from None
        self._at += 0 if match is None else match.end() - self._at
        return value

    def _word(self, expected: str) -> str:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["word"] is None:
            raise self._error(expected)
        self._at = match.end()
        return match["word"]

    def _keyword(self, word: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match is None or (match["word"] or "").casefold() != word:
            return False
        self._at = match.end()
        return True

    def _mark(self, mark: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["mark"] != mark:
            return False
        self._at = match.end()
        return True

    def _error(self, expected: str, *, back: int = 0) -> UsageError:
        column = self._at - back + 1
        return UsageError(
            f"The filter makes no sense at column {column}: {expected} expected.",
            hint='A filter looks like `userName sw "a" and active eq true` (RFC 7644 §3.4.2.2).',
        )
