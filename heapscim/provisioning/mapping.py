"""Attribute mapping: from what the directory calls things to what Heap calls them. Knows nothing of Heap's state."""

from __future__ import annotations

from collections.abc import Mapping

from heapscim.directory.snapshot import FIRSTNAME, LASTNAME, ROLE, USERNAME, DirectorySnapshot, Person
from heapscim.provisioning import state
from heapscim.provisioning.scoping import InScope
from heapscim.provisioning.state import DesiredGroup, DesiredState, DesiredUser

DEFAULT_MAPPING: Mapping[str, str] = {
    state.USER_NAME: USERNAME,
    "name.givenName": FIRSTNAME,
    "name.familyName": LASTNAME,
    state.ROLE: ROLE,
}
"""Target attribute → source attribute (the article's attribute table)."""


def desired(
    snapshot: DirectorySnapshot, in_scope: InScope, mapping: Mapping[str, str], *, manage_groups: bool
) -> DesiredState:
    """States what Heap ought to hold.

    A source attribute without a value asks for nothing: it is never sent, so Heap's default role and edits made in
    Heap survive (article row 4). A person without a value for userName is a ValueError: adapters refuse them earlier.
    """
    groups = snapshot.groups if manage_groups else None
    known = {person.external_id for person in in_scope.people}
    return DesiredState(
        users=tuple(_desired_user(person, mapping) for person in in_scope.people),
        groups=None
        if groups is None
        else tuple(
            DesiredGroup(group.external_id, group.name, group.member_ids & known) for group in groups if group.bound
        ),
        completeness=snapshot.completeness,
        unbound_group_ids=frozenset(group.external_id for group in groups or () if not group.bound),
        lists_groups=snapshot.lists_groups,
        skips=in_scope.skips,
        memberships=in_scope.memberships,
        source=snapshot.source,
    )


def mapped(person: Person, mapping: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """A person's userName and the target attributes that have a value; raises ValueError without a userName."""
    values = {target: person.attributes.get(source, "").strip() for target, source in mapping.items()}
    user_name = values.pop(state.USER_NAME, "")
    if not user_name:
        raise ValueError(f"{person.external_id!r} has no value for userName")
    return user_name, {path: value for path, value in values.items() if value}


def _desired_user(person: Person, mapping: Mapping[str, str]) -> DesiredUser:
    user_name, attributes = mapped(person, mapping)
    return DesiredUser(person.external_id, user_name, attributes)
