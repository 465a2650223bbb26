"""How this tenant speaks: what Heap's documents don't say, as settings with an ``auto`` that finds out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias, get_args

from heapscim.errors import SettingsError

Method: TypeAlias = Literal["auto", "patch", "put"]
Maybe: TypeAlias = Literal["auto", "yes", "no"]
Deprovision: TypeAlias = Literal["deactivate", "delete"]
Deactivation: TypeAlias = Literal["auto", "keeps", "removes"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The ``[dialect]`` table of a profile."""

    update_method: Method = "auto"
    """How users are updated. ``auto`` tries PATCH, and PUT once the tenant answers 405 or 501."""
    group_update_method: Method = "auto"
    """How groups are updated, likewise; ``auto`` goes over to PUT also where a PATCH can't say who leaves."""
    role_attribute: str = "role"
    """Where a user's role stands on the wire: an attribute path, or ``URN:attribute``."""
    role_values: Mapping[str, str] = field(default_factory=dict)
    """Directory's role → Heap's role, where the two have different names."""
    role_readable: Literal["yes", "no"] = "yes"
    """``no`` where the tenant takes roles but never shows them; then the last one sent counts."""
    deprovision: Deprovision = "deactivate"
    """What becomes of leavers. ``delete`` destroys their personal charts."""
    deactivation: Deactivation = "auto"
    """Whether the tenant keeps an account that is deactivated. ``auto`` looks at the first one after its deactivation;
    where the tenant ``removes`` them, each plan says that no undo brings them back."""
    list_members: Maybe = "auto"
    """Whether a list of groups holds all their members. ``auto`` asks for each group that is listed without any, and
    for the largest one; ``no`` asks for each group."""
    filter: Maybe = "auto"
    """Whether lists can be searched by name. ``auto`` tries with a name that is there; ``no`` reads the whole list."""
    unique_user_names: Maybe = "auto"
    """Whether the tenant refuses a second account of one userName (409). ``auto`` finds out as it happens; until then a
    create whose answer was lost is sent again only once it can't arrive any more."""
    unique_group_names: Maybe = "auto"
    """The same of groups and their displayNames."""
    page_size: int = 100
    """Items asked for in one page; the tenant may give fewer. Where it refuses to answer for so many, 50, 20 and 10 are
    tried, and remembered."""
    max_members_per_patch: int = 100
    """Membership changes in one request."""

    @property
    def filters(self) -> bool | None:
        """Whether lists can be searched by name, None where that has to be found out."""
        return None if self.filter == "auto" else self.filter == "yes"

    def learned(self, since: Dialect) -> dict[str, Any]:
        """What differs from an earlier state, to be remembered in the profile."""
        now, before = asdict(self), asdict(since)
        return {name: value for name, value in now.items() if value != before[name]}

    def to_wire_role(self, role: str) -> str:
        """Heap's name for a role of the directory."""
        return self.role_values.get(role, role)

    def from_wire_role(self, role: str) -> str:
        """The directory's name for a role of Heap."""
        names = {theirs.casefold(): ours for ours, theirs in self.role_values.items()}
        return names.get(role.casefold(), role)


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "update_method": get_args(Method),
    "group_update_method": get_args(Method),
    "role_readable": ("yes", "no"),
    "deprovision": get_args(Deprovision),
    "deactivation": get_args(Deactivation),
    "list_members": get_args(Maybe),
    "filter": get_args(Maybe),
    "unique_user_names": get_args(Maybe),
    "unique_group_names": get_args(Maybe),
}


def read_dialect(table: Mapping[str, Any]) -> Dialect:
    """Reads a ``[dialect]`` table; raises SettingsError for a key or value that isn't one."""
    known = {entry.name: entry for entry in fields(Dialect)}
    for name, value in table.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise SettingsError(f"[dialect] has no key {name}.", hint=hint)
        _check(name, value)
    return replace(Dialect(), **table)


def _check(name: str, value: object) -> None:
    if choices := _CHOICES.get(name):
        good, expected = value in choices, f"one of {', '.join(choices)}"
    elif name == "role_values":
        good = isinstance(value, Mapping) and all(isinstance(role, str) for pair in value.items() for role in pair)
        expected = "a table of role names"
    elif name == "role_attribute":
        good, expected = isinstance(value, str) and bool(value), "an attribute path"
    else:
        good, expected = isinstance(value, int) and not isinstance(value, bool) and value > 0, "a number above 0"
    if not good:
        raise SettingsError(f"[dialect] {name} is {value!r}.", hint=f"It takes {expected}.")
