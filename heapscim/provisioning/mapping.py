"""Attribute mapping: from what the directory calls things to what Heap calls them. Knows nothing of Heap's state.

A rule is text without braces (a source attribute), text with braces (a template such as ``{firstname} {lastname}``), or
``{constant = "Analyst"}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

from heapscim.directory.snapshot import FIRSTNAME, LASTNAME, ROLE, USERNAME, DirectorySnapshot, Person
from heapscim.provisioning import state
from heapscim.provisioning.scoping import InScope
from heapscim.provisioning.state import DesiredGroup, DesiredState, DesiredUser

Rule: TypeAlias = str | Mapping[str, str]
"""As written in the profile."""

DEFAULT_MAPPING: Mapping[str, str] = {
    state.USER_NAME: USERNAME,
    "name.givenName": FIRSTNAME,
    "name.familyName": LASTNAME,
    state.ROLE: ROLE,
}
"""Target attribute → source attribute (the article's attribute table)."""

_TARGET = re.compile(r"(urn:[!-~]+:)?[A-Za-z$][\w$-]*(\.[A-Za-z$][\w$-]*)*")
_NOT_MAPPED = {
    "active": "whether a person is active decides it",
    "id": "Heap gives it",
    "meta": "Heap keeps it",
    "schemas": "the protocol says it",
    "groups": "memberships decide it",
}
_TEMPLATE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


def desired(
    snapshot: DirectorySnapshot, in_scope: InScope, mapping: Mapping[str, Rule], *, manage_groups: bool
) -> DesiredState:
    """States what Heap ought to hold.

    A rule without a value asks for nothing: it is never sent, so Heap's default role and edits made in Heap survive
    (article row 4). A person without a value for userName is a ValueError: adapters refuse them earlier.
    """
    groups = snapshot.groups if manage_groups else None
    known = {person.external_id for person in in_scope.people}
    refused = {skip.external_id for skip in in_scope.skips if skip.is_refused}
    names = {
        person.external_id: _account_name(person, mapping)
        for person in snapshot.people
        if person.external_id in refused
    }
    return DesiredState(
        users=tuple(_desired_user(person, mapping) for person in in_scope.people),
        groups=None
        if groups is None
        else tuple(
            DesiredGroup(group.external_id, group.name, group.member_ids & known) for group in groups if group.bound
        ),
        completeness=snapshot.completeness,
        gone=snapshot.gone,
        unbound_group_ids=frozenset(group.external_id for group in groups or () if not group.bound),
        lists_groups=snapshot.lists_groups,
        skips=tuple(replace(skip, user_name=names.get(skip.external_id, skip.user_name)) for skip in in_scope.skips),
        memberships=in_scope.memberships,
        source=snapshot.source,
        notices=snapshot.notices,
    )


def mapped(person: Person, mapping: Mapping[str, Rule]) -> tuple[str, dict[str, str]]:
    """A person's userName and the target attributes that have a value; raises ValueError without a userName."""
    values = {target: _value(rule, person.attributes) for target, rule in mapping.items()}
    user_name = values.pop(state.USER_NAME, "")
    if not user_name:
        raise ValueError(f"{person.external_id!r} has no value for userName")
    return user_name, {path: value for path, value in values.items() if value}


def check_mapping(mapping: Mapping[str, Rule]) -> None:
    """Raises ValueError, naming the target, where a mapping makes no sense whatever the directory is."""
    if state.USER_NAME not in mapping:
        raise ValueError("userName: it must be mapped")
    for target, rule in mapping.items():
        if target.partition(".")[0] in _NOT_MAPPED:
            raise ValueError(f"{target}: it can't be mapped, {_NOT_MAPPED[target.partition('.')[0]]}")
        if not _TARGET.fullmatch(target):
            raise ValueError(f"{target}: this is no attribute path such as name.givenName")
        if not isinstance(rule, str) and (set(rule) != {"constant"} or not rule["constant"].strip()):
            raise ValueError(f'{target}: a table is a constant, {{ constant = "Analyst" }}')
        try:
            tuple(source_attributes({target: rule}))
        except ValueError as error:
            raise ValueError(f"{target}: {error}") from None


def source_attributes(mapping: Mapping[str, Rule]) -> Iterator[str]:
    """Every source attribute that a mapping uses; raises ValueError for a template that can't be read."""
    for rule in mapping.values():
        if isinstance(rule, str):
            yield from (part.name for part in _parts(rule) if isinstance(part, _Placeholder))


def _desired_user(person: Person, mapping: Mapping[str, Rule]) -> DesiredUser:
    user_name, attributes = mapped(person, mapping)
    return DesiredUser(person.external_id, user_name, attributes)


def _account_name(person: Person, mapping: Mapping[str, Rule]) -> str:
    """The userName that the account of somebody out of scope would have, as far as the directory still says it."""
    try:
        return mapped(person, {state.USER_NAME: mapping[state.USER_NAME]})[0]
    except ValueError:
        return person.user_name


@dataclass(frozen=True, slots=True)
class _Placeholder:
    name: str


def _value(rule: Rule, attributes: Mapping[str, str]) -> str:
    if not isinstance(rule, str):
        return rule["constant"].strip()
    parts = _parts(rule)
    found = [attributes.get(part.name, "").strip() for part in parts if isinstance(part, _Placeholder)]
    if len(parts) == 1 and found:
        return found[0]
    if found and not any(found):
        return ""
    values = iter(found)
    return " ".join("".join(next(values) if isinstance(part, _Placeholder) else part for part in parts).split())


@cache
def _parts(rule: str) -> tuple[str | _Placeholder, ...]:
    """The text and placeholders of a rule; raises ValueError where braces don't fit."""
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
