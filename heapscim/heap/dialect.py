"""How this tenant speaks: what Heap's documents don't say, as settings with an ``auto`` that finds out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias, get_args

from heapscim.config.setting_problems import SettingProblem, refuse_settings, shown, unknown_key
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
ExternalId: TypeAlias = Literal["auto", "kept", "ignored", "refused"]
CreateExtra: TypeAlias = Literal["emails", "displayName", "externalId"]
MemberLookup: TypeAlias = Literal["auto", "none"] | MemberWay


@dataclass(frozen=True, slots=True)
class Dialect:
    """The ``[dialect]`` table of a profile."""

    update_method: Method = "auto"
    """The form of each user update: PATCH with paths (``patch``), PATCH without paths (``patch_pathless``, as Okta
    sends it), PATCH with one operation at a time (``patch_one``), PUT (``put``), or PUT with the id in its body
    (``put_id``). ``auto`` starts with ``patch``, and tries the next form if one is refused or changes nothing."""
    group_update_method: GroupMethod = "auto"
    """The form of each group update, with the same values. ``patch_values`` removes members by a list instead of a
    path, as JumpCloud and Entra do. A write that doesn't have the chosen form uses ``patch``."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """The form that worked for each kind of write, as found out by ``auto``. Delete the table to make heapscim find out
    again."""
    media_type: MediaType = "auto"
    """The media type of requests. ``auto`` starts with application/scim+json, and changes to application/json if the
    tenant responds with 415 or 406."""
    role_attribute: str = "role"
    """The attribute that holds a user's role in Heap: an attribute path, or ``URN:attribute``."""
    role_values: Mapping[str, str] = field(default_factory=dict)
    """The directory's role → Heap's role, if the names differ."""
    role_readable: Literal["yes", "no"] = "yes"
    """``no`` if the tenant accepts roles but never shows them; then the role sent last counts."""
    unreadable: Sequence[str] = ()
    """Other attributes of [mapping] that the tenant accepts but never shows, such as ``["emails"]``; then the value
    sent last counts. What others added to such an attribute is replaced."""
    create_with: Sequence[str] = ()
    """What each new account needs besides the attributes of [mapping], if the tenant refuses accounts without it:
    ``emails`` (the userName as the work address), ``displayName`` (the full name), ``externalId`` (the userName)."""
    external_id: ExternalId = "auto"
    """Whether the tenant keeps and shows the ``externalId`` of an account: it is ``kept``, ``ignored``, or ``refused``.
    ``auto`` means that nobody knows yet; ``heapscim doctor --write-probe`` finds out."""
    deprovision: Deprovision = "deactivate"
    """What happens to the account of a person who leaves. ``delete`` destroys their personal charts."""
    deactivation: Deactivation = "auto"
    """Whether the tenant keeps a deactivated account. ``auto`` looks at the first account after its deactivation. If
    the tenant ``removes`` accounts, each plan says that no undo brings them back."""
    inactive: Inactive = "auto"
    """Whether an inactive account shows ``active: false``. With ``omitted``, an account without ``active`` is inactive;
    with ``shown``, it is active. ``auto`` treats it as active until an account that showed ``active: true`` has no
    ``active`` after its deactivation, while others still have one."""
    list_members: Maybe = "auto"
    """Whether a list of groups shows all their members. ``auto`` reads each group that is listed without members, and
    the largest group; ``no`` reads each group."""
    members_shown: MembersShown = "auto"
    """How many members a group shows at most when it is read by its id: a number, 0 for none, or ``some`` if it leaves
    members out. ``auto`` assumes ``all`` until members that were sent aren't shown."""
    member_lookup: MemberLookup = "auto"
    """How to ask for one member if the tenant doesn't show all of them: with a filter of users (``groups.value``) or of
    groups (``members``, ``members.value``, ``members[value]``), or by the groups of a user. ``auto`` uses the first way
    that tells members from other users. With ``none``, members are sent once and remembered."""
    filter: Maybe = "auto"
    """Whether lists can be searched by name. ``auto`` tries this with an existing name; ``no`` reads the whole list."""
    list_method: ListMethod = "auto"
    """How lists are read. ``auto`` reads plain pages. If they can't prove that a list is complete, it tries one page
    with everything, pages sorted by id or by name, and a search by POST, and remembers the way that proves it.
    ``pages`` tries no other way."""
    unique_user_names: Maybe = "auto"
    """Whether the tenant refuses a second account with the same userName (409). ``auto`` finds out when it happens.
    Until then, a create without a response is sent again only after it can no longer arrive."""
    unique_group_names: Maybe = "auto"
    """The same for groups and their displayNames."""
    page_size: int = 100
    """The number of items requested per page; the tenant may return fewer. If it refuses this number, heapscim tries
    50, 20 and 10, and remembers what works."""
    max_members_per_patch: int = 100
    """The number of membership changes in one request."""

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
        if not self.role_values:
            return role
        names = {caseless(theirs): ours for ours, theirs in self.role_values.items()}
        return names.get(caseless(role), role)


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "update_method": get_args(Method),
    "group_update_method": get_args(GroupMethod),
    "media_type": get_args(MediaType),
    "role_readable": ("yes", "no"),
    "external_id": get_args(ExternalId),
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
    """Reads a ``[dialect]`` table; raises SettingsError, which names every wrong key and value."""
    refuse_settings("The profile", dialect_problems(table))
    return replace(Dialect(), **table)


def dialect_problems(table: Mapping[str, Any]) -> Iterator[SettingProblem]:
    """Yields each key of a ``[dialect]`` table that doesn't exist, and each value that its key doesn't take."""
    known = [entry.name for entry in fields(Dialect)]
    for name, value in table.items():
        if name not in known:
            yield unknown_key(f"dialect.{name}", name, known)
        elif (expected := _expected(name, value)) is not None:
            yield SettingProblem(f"dialect.{name} is {shown(value)}", f"It takes {expected}.")


def _expected(name: str, value: object) -> str | None:
    """Returns what a key takes; None if it takes this value."""
    if choices := _CHOICES.get(name):
        good, expected = value in choices, f"one of {', '.join(map(shown, choices))}"
    elif name in _TEXT_TABLES:
        good = isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)
        expected = _TEXT_TABLES[name]
    elif name == "members_shown":
        good = value in ("auto", "all", "some") or (type(value) is int and value >= 0)
        expected = 'one of "auto", "all", "some", or a number from 0'
    elif name == "create_with":
        good = isinstance(value, list | tuple) and all(text in get_args(CreateExtra) for text in value)
        expected = f"a list of {', '.join(map(shown, get_args(CreateExtra)))}"
    elif name == "unreadable":
        good = isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
        expected = 'a list of attributes, such as ["emails"]'
    elif name == "role_attribute":
        good, expected = isinstance(value, str) and bool(value), 'an attribute path, such as "role"'
    else:
        good = isinstance(value, int) and not isinstance(value, bool) and value > 0
        expected = "a number above 0, such as 100"
    return None if good else expected
