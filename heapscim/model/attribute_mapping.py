"""Reads the rules of the attribute mapping: a source attribute, a template, or a constant.

Knows which target attributes can't be mapped; knows no directory and nothing of Heap's state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from heapscim.model import state
from heapscim.model.directory import FIRSTNAME, LASTNAME, ROLE, USERNAME
from heapscim.model.multi_valued import check_shape, entry_path

Rule: TypeAlias = str | Mapping[str, str]
"""A rule as written in the profile."""
DEFAULT_MAPPING: Mapping[str, str] = {
    state.USER_NAME: USERNAME,
    "name.givenName": FIRSTNAME,
    "name.familyName": LASTNAME,
    state.ROLE: ROLE,
}
"""Target attribute → source attribute (the article's attribute table)."""
_TARGET = re.compile(r"(urn:[!-~]+:)?[A-Za-z$][\w$-]*(\.[A-Za-z$][\w$-]*)*")
_ENTRY = 'emails[type eq "work"].value'
_NOT_MAPPED = {
    "active": "whether a person is active decides it",
    "id": "Heap gives it",
    "meta": "Heap keeps it",
    "schemas": "the protocol says it",
    "groups": "memberships decide it",
    "roles": "map role, and set dialect.role_attribute",
}
_TEMPLATE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


def mapping_problems(mapping: Mapping[str, Rule]) -> Iterator[str]:
    """Yields, beginning with the target attribute, each thing in a mapping that is wrong for any directory."""
    if state.USER_NAME not in mapping:
        yield "userName: it must be mapped"
    for target, rule in mapping.items():
        if target.partition(".")[0] in _NOT_MAPPED:
            yield f"{target}: it can't be mapped, {_NOT_MAPPED[target.partition('.')[0]]}"
        elif entry_path(target) is None and not _TARGET.fullmatch(target):
            yield f"{target}: this is no attribute path such as name.givenName or {_ENTRY}"
        elif not isinstance(rule, str) and (set(rule) != {"constant"} or not rule["constant"].strip()):
            yield f'{target}: a table is a constant, {{ constant = "Analyst" }}'
        else:
            try:
                check_shape(target)
                tuple(source_attributes({target: rule}))
            except ValueError as error:
                yield f"{target}: {error}"
    meanings = [(entry_path(target) or target.casefold(), target) for target in mapping]
    first = dict(reversed(meanings))
    for meaning, target in meanings:
        if first[meaning] != target:
            yield f"{target}: it means the same as {first[meaning]}, so leave one of them out"


def source_attributes(mapping: Mapping[str, Rule]) -> Iterator[str]:
    """Returns each source attribute that a mapping uses; raises ValueError for a template that can't be read."""
    for rule in mapping.values():
        if isinstance(rule, str):
            yield from (part.name for part in _parts(rule) if isinstance(part, _Placeholder))


@dataclass(frozen=True, slots=True)
class _Placeholder:
    name: str


def value_of(rule: Rule, attributes: Mapping[str, str]) -> str:
    """Returns what a rule makes of a person's source attributes; empty if they have no value for it."""
    return values_by(rule)(attributes)


def values_by(rule: Rule) -> Callable[[Mapping[str, str]], str]:
    """Returns ``value_of`` for one rule, read once for many people."""
    if not isinstance(rule, str):
        constant = rule["constant"].strip()
        return lambda _attributes: constant
    parts = _parts(rule)
    if len(parts) == 1 and isinstance(only := parts[0], _Placeholder):
        name = only.name
        return lambda attributes: attributes.get(name, "").strip()

    def filled(attributes: Mapping[str, str]) -> str:
        found = [attributes.get(part.name, "").strip() for part in parts if isinstance(part, _Placeholder)]
        if found and not any(found):
            return ""
        values = iter(found)
        return " ".join("".join(next(values) if isinstance(part, _Placeholder) else part for part in parts).split())

    return filled


@cache
def _parts(rule: str) -> tuple[str | _Placeholder, ...]:
    """Returns the texts and placeholders of a rule; raises ValueError for unbalanced braces."""
    if "{" not in rule and "}" not in rule:
        if not rule.strip():
            raise ValueError("the source attribute is empty")
        return (_Placeholder(rule.strip()),)
    parts: list[str | _Placeholder] = []
    for match in _TEMPLATE.finditer(rule):
        piece = match[0]
        if match[1] is not None:
            if not match[1].strip():
                raise ValueError(f"{rule!r} has an empty placeholder")
            parts.append(_Placeholder(match[1].strip()))
        elif piece in ("{", "}"):
            raise ValueError(
                f"{rule!r} has a {piece!r} without its partner; {piece * 2!r} stands for one that is meant"
            )
        else:
            parts.append({"{{": "{", "}}": "}"}.get(piece, piece))
    return tuple(parts)
