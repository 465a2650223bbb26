"""Parses the filters of RFC 7644 §3.4.2.2 and the paths of a PATCH (§3.5.2)."""

from __future__ import annotations

import json
import re

from heapscim.errors import UsageError
from heapscim.scim.filters import Both, Comparison, Either, Filter, Not, Path, Value, ValuePath

MAX_DEPTH = 50
_OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr")
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])|(?P<number>-?\d+(?:\.\d+)?(?![\w:.-]))|(?P<word>[\w$:.-]+))'
)


def parse(text: str) -> Filter:
    """Parses a filter.

    Raises UsageError with the column of the first mistake, or if the filter nests deeper than 50.
    """
    reader = _Reader(text)
    found = reader.either(0)
    reader.end()
    return found


def parse_path(text: str) -> Path:
    """Parses the path of a PATCH operation; raises UsageError like ``parse``."""
    match = re.fullmatch(r"\s*([\w$:.-]+)\s*(?:\[(.*)\](?:\.([\w$-]+))?)?\s*", text, re.DOTALL)
    if match is None:
        raise UsageError(f"{text!r} isn't an attribute path.")
    attribute, inner, sub_attribute = match.groups()
    return Path(attribute, parse(inner) if inner is not None else None, sub_attribute)


class _Reader:
    """Parses the tokens of one filter by recursive descent."""

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
            f"The filter has a mistake at column {column}: {expected} expected.",
            hint='A filter looks like `userName sw "a" and active eq true` (RFC 7644 §3.4.2.2).',
        )
