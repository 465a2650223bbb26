"""How this tenant speaks: what Heap's documents don't say, as settings with an ``auto`` that finds out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias, get_args

from heapscim.errors import SettingsError
from heapscim.model.caseless import caseless
from heapscim.model.changes import Deactivation, Deprovision
from heapscim.scim.ways import Way

Method: TypeAlias = Literal["auto", "patch", "patch_pathless", "patch_one", "put", "put_id"]
GroupMethod: TypeAlias = Literal["auto", "patch", "patch_pathless", "patch_one", "patch_values", "put", "put_id"]
MediaType: TypeAlias = Literal["auto", "application/scim+json", "application/json"]
ListMethod: TypeAlias = Literal["auto", "pages", "one_page", "search", "sorted_by_id", "sorted_by_name"]
Maybe: TypeAlias = Literal["auto", "yes", "no"]
Inactive: TypeAlias = Literal["auto", "shown", "omitted"]
MembersShown: TypeAlias = int | Literal["auto", "all", "some"]
MemberWay: TypeAlias = Literal["users_of_group", "members", "members_value", "members_path", "groups_of_user"]
MemberLookup: TypeAlias = Literal["auto", "none"] | MemberWay


@dataclass(frozen=True, slots=True)
class Dialect:
    """The ``[dialect]`` table of a profile."""

    update_method: Method = "auto"
    """The form of each user update: PATCH with paths (``patch``), without (``patch_pathless``, as Okta sends it), one
    operation at a time (``patch_one``), PUT (``put``), PUT with the id in its body (``put_id``). ``auto`` begins with
    ``patch``, and tries the next form where one is refused or changes nothing."""
    group_update_method: GroupMethod = "auto"
    """The form of each group update, likewise; ``patch_values`` removes members by a list instead of a path, as
    JumpCloud and Entra do. A write that has no such form takes ``patch``."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """What ``auto`` found out of each kind of write: the form whose effect was seen. Remove the table to have it found
    out again."""
    media_type: MediaType = "auto"
    """The media type of what is sent. ``auto`` begins with application/scim+json, and goes over to application/json
    where the tenant answers 415 to it (or 406)."""
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
    inactive: Inactive = "auto"
    """Whether an inactive account shows ``active: false``. With ``omitted`` an account without ``active`` is inactive,
    with ``shown`` it is active. ``auto`` takes it for active until an account that showed ``active: true`` shows none
    once it is deactivated, while others still do."""
    list_members: Maybe = "auto"
    """Whether a list of groups holds all their members. ``auto`` asks for each group that is listed without any, and
    for the largest one; ``no`` asks for each group."""
    members_shown: MembersShown = "auto"
    """How many of its members a group shows at most when it is read by itself: a number, 0 for none; ``some`` where
    others are left out. ``auto`` believes ``all`` until members that were sent aren't shown."""
    member_lookup: MemberLookup = "auto"
    """How a tenant that doesn't show all members is asked for one: by a filter of users (``groups.value``) or of groups
    (``members``, ``members.value``, ``members[value]``), or by the groups of a user. ``auto`` takes the first that
    tells a member from a stranger; with ``none`` members are sent once and remembered."""
    filter: Maybe = "auto"
    """Whether lists can be searched by name. ``auto`` tries with a name that is there; ``no`` reads the whole list."""
    list_method: ListMethod = "auto"
    """How lists are read. ``auto`` reads plain pages; where those can't prove a list complete it tries one page of
    everything, pages sorted by id or by name, and a search by POST, as far as each may help, and remembers which way
    proves it. ``pages`` tries no other."""
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

    def shows_all_of(self, shown: int) -> bool:
        """Whether a group that shows so many members has no others."""
        limit = self.members_shown
        return shown < limit if isinstance(limit, int) else limit != "some"

    def is_active(self, *, shown: bool | None) -> bool:
        """Whether an account works that shows this as its ``active``, None where it shows none."""
        return self.inactive != "omitted" if shown is None else shown

    @property
    def way(self) -> Way | None:
        """How lists are read, None where that has to be found out."""
        return None if self.list_method == "auto" else self.list_method

    def learned(self, since: Dialect) -> dict[str, Any]:
        """What differs from an earlier state, to be remembered in the profile."""
        now, before = asdict(self), asdict(since)
        return {name: value for name, value in now.items() if value != before[name]}

    def to_wire_role(self, role: str) -> str:
        """Heap's name for a role of the directory."""
        return self.role_values.get(role, role)

    def from_wire_role(self, role: str) -> str:
        """The directory's name for a role of Heap."""
        names = {caseless(theirs): ours for ours, theirs in self.role_values.items()}
        return names.get(caseless(role), role)


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "update_method": get_args(Method),
    "group_update_method": get_args(GroupMethod),
    "media_type": get_args(MediaType),
    "role_readable": ("yes", "no"),
    "deprovision": get_args(Deprovision),
    "deactivation": get_args(Deactivation),
    "inactive": get_args(Inactive),
    "list_members": get_args(Maybe),
    "filter": get_args(Maybe),
    "member_lookup": ("auto", "none", *get_args(MemberWay)),
    "list_method": get_args(ListMethod),
    "unique_user_names": get_args(Maybe),
    "unique_group_names": get_args(Maybe),
}
_TEXT_TABLES: Mapping[str, str] = {"role_values": "a table of role names", "forms": "a table of forms"}


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
    elif name in _TEXT_TABLES:
        good = isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)
        expected = _TEXT_TABLES[name]
    elif name == "members_shown":
        good = value in ("auto", "all", "some") or (type(value) is int and value >= 0)
        expected = "auto, all, some, or a number from 0"
    elif name == "role_attribute":
        good, expected = isinstance(value, str) and bool(value), "an attribute path"
    else:
        good, expected = isinstance(value, int) and not isinstance(value, bool) and value > 0, "a number above 0"
    if not good:
        raise SettingsError(f"[dialect] {name} is {value!r}.", hint=f"It takes {expected}.")
