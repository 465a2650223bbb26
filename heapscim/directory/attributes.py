"""What people of each kind of directory can be known by: the names that a profile's mapping may use."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from heapscim.directory.roster_rows import SOURCE_ATTRIBUTES
from heapscim.directory.snapshot import FIRSTNAME, LASTNAME, ROLE, USERNAME
from heapscim.errors import SettingsError

ROSTER_SUFFIXES = (".csv", ".yaml", ".yml", ".json")
JUMPCLOUD = "jumpcloud"
CUSTOM = "attributes."
"""A custom attribute of a JumpCloud user is ``attributes.NAME``."""

_ROSTER = (USERNAME, FIRSTNAME, LASTNAME, ROLE, *SOURCE_ATTRIBUTES)
JUMPCLOUD_ATTRIBUTES = (
    USERNAME, "email", FIRSTNAME, LASTNAME, "middlename", "displayname", "alternateEmail", "company", "costCenter",
    "department", "description", "employeeIdentifier", "employeeType", "jobTitle", "location", "manager",
    "managedAppleId", "organization", "creationSource", "created", "state", ROLE,
)  # fmt: skip
"""The text attributes of a user as JumpCloud answers it; ``role`` is what the profile's role table makes of groups."""


def is_roster(spec: str) -> bool:
    """Whether a spec is the path of a roster."""
    return Path(spec).suffix.casefold() in ROSTER_SUFFIXES


def usual_scope(spec: str) -> tuple[Literal["all", "groups"], str] | None:
    """Who belongs in Heap where the profile doesn't say, and whose usage that is; None for an installed kind."""
    if is_roster(spec):
        return "all", "a roster"
    return ("groups", "JumpCloud") if spec.partition(":")[0] == JUMPCLOUD else None


def check_attributes(spec: str, names: Iterable[str]) -> None:
    """Raises SettingsError, naming the nearest, for an attribute that no person of this directory can have.

    What people of an installed kind are known by is that kind's own affair.
    """
    kind, _, _ = spec.partition(":")
    known: tuple[str, ...]
    if is_roster(spec):
        known, open_ended, noun = _ROSTER, "", "A roster"
    elif kind == JUMPCLOUD:
        known, open_ended, noun = JUMPCLOUD_ATTRIBUTES, CUSTOM, "JumpCloud"
    else:
        return
    for name in names:
        if name in known or (open_ended and name.startswith(open_ended) and name != open_ended):
            continue
        by_fold = {other.casefold(): other for other in known}
        near = get_close_matches(name.casefold(), by_fold, n=1)
        more = f", and {CUSTOM}NAME" if open_ended else ""
        hint = f"Did you mean {by_fold[near[0]]}?" if near else f"It has {', '.join(known)}{more}."
        raise SettingsError(f"{noun} has no attribute {name}, which [mapping] uses.", hint=hint)
