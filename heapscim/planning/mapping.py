"""Maps attributes from the directory's names to Heap's; knows nothing of Heap's state.

A rule is text without braces (a source attribute), text with braces (a template such as ``{firstname} {lastname}``), or
``{constant = "Analyst"}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from heapscim.model import state
from heapscim.model.attribute_mapping import Rule, values_by
from heapscim.model.desired import DesiredGroup, DesiredState, DesiredUser
from heapscim.model.directory import EMAIL, DirectorySnapshot, Person
from heapscim.planning.scoping import InScope


def desired(
    snapshot: DirectorySnapshot, in_scope: InScope, mapping: Mapping[str, Rule], *, manage_groups: bool
) -> DesiredState:
    """Returns what Heap ought to hold.

    A rule without a value asks for nothing: it is never sent, so Heap's default role and edits made in Heap survive
    (article row 4). Raises ValueError for a person without a userName; adapters refuse such a person earlier.
    """
    groups = snapshot.groups if manage_groups else None
    rules = _rules(mapping)
    known = {person.external_id for person in in_scope.people}
    skipped = {skip.external_id for skip in in_scope.skips}
    out = (person for person in snapshot.people if person.external_id in skipped) if skipped else ()
    names = {person.external_id: account_name(person, mapping) for person in out}
    return DesiredState(
        users=tuple(
            DesiredUser(person.external_id, *_mapped(person, rules), person.attributes.get(EMAIL, ""))
            for person in in_scope.people
        ),
        groups=None
        if groups is None
        else tuple(
            DesiredGroup(group.external_id, group.name, _among(group.member_ids, known))
            for group in groups
            if group.bound
        ),
        completeness=snapshot.completeness,
        certain_people=in_scope.certain,
        certain_groups=snapshot.certain_groups,
        unbound_group_ids=frozenset(group.external_id for group in groups or () if not group.bound),
        lists_groups=snapshot.lists_groups,
        skips=tuple(replace(skip, user_name=names.get(skip.external_id, skip.user_name)) for skip in in_scope.skips),
        bound_groups=tuple(group for group in snapshot.groups or () if group.bound),
        source=snapshot.source,
        notices=snapshot.notices,
    )


def mapped(person: Person, mapping: Mapping[str, Rule]) -> tuple[str, dict[str, str]]:
    """Returns a person's userName and the target attributes that have a value; raises ValueError without a userName."""
    return _mapped(person, _rules(mapping))


def account_name(person: Person, mapping: Mapping[str, Rule]) -> str:
    """Returns the userName that a person's account has, or the username if the directory doesn't hold its parts."""
    try:
        return mapped(person, {state.USER_NAME: mapping[state.USER_NAME]})[0]
    except ValueError:
        return person.user_name


def _among(members: frozenset[str], known: set[str]) -> frozenset[str]:
    """Returns those members who are known: the same set, if they all are."""
    return members if members <= known else members & known


_Rules: TypeAlias = Sequence[tuple[str, Callable[[Mapping[str, str]], str]]]


def _rules(mapping: Mapping[str, Rule]) -> _Rules:
    return [(target, values_by(rule)) for target, rule in mapping.items()]


def _mapped(person: Person, rules: _Rules) -> tuple[str, dict[str, str]]:
    source = person.attributes
    values = {target: text for target, value in rules if (text := value(source))}
    user_name = values.pop(state.USER_NAME, "")
    if not user_name:
        raise ValueError(f"{person.external_id!r} has no value for userName")
    return user_name, values
