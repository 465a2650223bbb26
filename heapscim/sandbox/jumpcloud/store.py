"""Stores users, user groups, applications, and which groups are bound to which application."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from heapscim.model.caseless import caseless

Document: TypeAlias = dict[str, Any]
YesNo: TypeAlias = Literal["yes", "no"]
ORGANISATION = "5f0000000000000000000001"


@dataclass(frozen=True, slots=True)
class JumpCloudBehaviour:
    """Holds the switches of ``heapscim sandbox --with-jumpcloud --jumpcloud KEY=VALUE``."""

    totals: YesNo = "yes"
    """Whether V2 lists show ``x-total-count`` (reference 3.1)."""
    links: YesNo = "yes"
    """Whether V2 lists have a ``Link`` to the next page (reference 3.1: some do)."""
    null_members: Literal["null", "dropped", "listed"] = "null"
    """How a member without a user appears: as a null record (reference 3.1, issue 369), not at all, or ``listed`` as if
    the user were there."""
    page_cap: int = 100
    """The most records on one page, whatever the request says."""
    wrong_total: int = 0
    """A number that is added to each total."""
    moving_total: YesNo = "no"
    """Whether totals grow from one request to the next."""
    lost_page: str = ""
    """``PATH@SKIP``, such as ``systemusers@100``: this page returns 500."""
    empty_page: str = ""
    """``PATH@SKIP``: this page has no records, although there are some."""
    forbidden: str = ""
    """Paths that begin with this text return 403: the role lacks a permission (reference 3.1)."""
    read_only: YesNo = "no"
    """Whether every write returns 403."""
    wrong_region: YesNo = "no"
    """Whether every key is refused, as by the host of another region (reference 3.1)."""
    organisations: int = 1
    """How many organisations the key can see; with more than one, ``x-org-id`` is required."""
    ignores_sort: YesNo = "no"
    """Whether users come in the order of their creation, whatever ``sort`` says."""
    rate: int = 0
    """How many requests per second are allowed before a 429; 0 for no limit."""
    default_state: Literal["ACTIVATED", "STAGED"] = "ACTIVATED"
    """The state of users who are created without one (reference 3.4)."""
    ignores_state: YesNo = "no"
    """Whether a user is created with the default state, whatever the request says."""
    bulk: Literal["yes", "pretends", "pretends_and_lies", "pretends_and_breaks", "refused", "slow"] = "yes"
    """How bulk jobs work: ``pretends`` accepts a job and creates no one (reference 3.4, issue 37); with
    ``pretends_and_lies`` totals are wrong afterwards, with ``pretends_and_breaks`` users can't be read any more;
    ``slow`` creates half of the users that are left after each look at the users."""
    ignores_bindings: YesNo = "no"
    """Whether a change of what is bound, or of a group's members, returns 204 but isn't made."""
    strange: str = ""
    """Paths that end with this text return JSON that isn't a list."""
    endless: YesNo = "no"
    """Whether V2 lists start again at their end instead of ending."""
    lost_answer: str = ""
    """``METHOD PATH`` (ids as ``{id}``): the work is done, but the response is a 502."""
    token_life: int = 3600
    """How many seconds a service account's token is valid."""
    null_lists: Literal["no", "null", "absent"] = "no"
    """How an empty list is written: ``null`` instead of an array, or with its ``results`` left out (V1)."""
    refuses_sort: str = ""
    """Paths that end with this text refuse ``sort`` with a 400."""
    refuses_org_id: YesNo = "no"
    """Whether ``x-org-id`` gets a 403, as with a key of an administrator of one organisation."""
    hidden_users: str = ""
    """Usernames, with commas: the list of users leaves them out, as for a role that sees some users."""
    by_id: Literal["yes", "as_listed", "none", "forbidden", "broken", "page", "proxy", "another"] = "yes"
    """How one user or group is returned by its id: ``as_listed`` hides whom the list leaves out, ``none`` returns 404
    for each, ``forbidden`` 403, ``broken`` 500, ``page`` a 404 that is a web page, ``proxy`` a 404 in another form,
    ``another`` the record of another."""
    memberof: Literal["yes", "empty", "broken"] = "yes"
    """How a user's groups are returned: ``empty`` says for each that there are none, ``broken`` returns 500."""
    states: str = ""
    """``USERNAME:WORD``, with commas: the states of these users."""
    inactive_applications: YesNo = "no"
    """Whether the applications are inactive."""
    direct_people: str = ""
    """Usernames, with commas: these users are bound to each application directly."""
    insights: Literal["yes", "none", "forbidden", "broken", "page", "endless", "twice", "shuffled", "strange"] = "yes"
    """How Directory Insights responds (reference 3.5): ``none`` with 404, ``forbidden`` with 403 as in a plan without
    it, ``broken`` with 500, ``page`` with a web page; ``endless`` repeats the events up to the limit, ``twice`` has
    each event twice, ``shuffled`` in no order, ``strange`` also other things."""
    insights_lag: int = 0
    """How many seconds an event needs to appear (reference 3.5: minutes)."""
    insights_clock: int = 0
    """How many seconds the clock of Directory Insights is ahead."""


_USERNAME = re.compile(r"[^\W\d_][^\s@]{0,29}")
"""JumpCloud's naming convention: a letter first, no space, no ``@``, at most 30 characters."""


@dataclass(slots=True)
class JumpCloudStore:
    """Stores everything by id, in the order it was created."""

    users: dict[str, Document] = field(default_factory=dict)
    groups: dict[str, Document] = field(default_factory=dict)
    applications: dict[str, Document] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=dict)
    """Direct members of each group; an id without a user is the trace of one who was deleted."""
    nested: dict[str, list[str]] = field(default_factory=dict)
    """Groups inside a group: their members are effective members of it."""
    bound: dict[str, dict[str, None]] = field(default_factory=dict)
    """Groups of each application."""
    _next: int = 1

    def add_user(self, document: Document) -> Document:
        """Adds a user; raises ValueError if username or email is missing or taken."""
        for name in ("username", "email"):
            value = document.get(name)
            if not isinstance(value, str) or not value:
                raise ValueError(f"{name} is required")
            if any(caseless(str(user[name])) == caseless(value) for user in self.users.values()):
                raise ValueError(f"{name} already exists")
        user: Document = {**_a_user(), **document, "_id": self._new_id()}
        user["id"] = user["_id"]
        user["suspended"] = user["state"] == "SUSPENDED" or user["suspended"]
        self.users[user["_id"]] = user
        return user

    def create_user(self, document: Document) -> Document:
        """Adds a user as the API does; raises ValueError also for a username that JumpCloud doesn't take."""
        if not _USERNAME.fullmatch(str(document.get("username") or "x")):
            raise ValueError("username must start with a letter and hold no space or @, with at most 30 characters")
        return self.add_user(document)

    def remove_user(self, name: str) -> None:
        """Deletes a user; memberships keep a trace without a record."""
        del self.users[self.user(name)["_id"]]

    def user(self, name: str) -> Document:
        """Returns the user with a username or an e-mail address; a username holds no ``@``, so it is never both."""
        return next(user for user in self.users.values() if name in (user["username"], user["email"]))

    def add_group(self, name: str, *users: str, method: str = "STATIC") -> str:
        """Adds a user group; returns its id."""
        id = self._new_id()
        self.groups[id] = {
            "id": id, "name": name, "description": "", "email": "", "type": "user_group", "attributes": None,
            "membershipMethod": method, "memberQuery": None, "memberQueryExemptions": [], "memberQueryErrorFlags": None,
            "memberSuggestionsNotify": False, "organizationObjectId": ORGANISATION, "suggestionCounts": None,
        }  # fmt: skip
        self.members[id] = {self.user(user)["_id"]: None for user in users}
        return id

    def remove_group(self, name: str) -> None:
        """Deletes a group and its bindings."""
        id = self.group(name)["id"]
        del self.groups[id], self.members[id]
        for groups in self.bound.values():
            groups.pop(id, None)

    def group(self, name: str) -> Document:
        """Returns the group with a name."""
        return next(group for group in self.groups.values() if group["name"] == name)

    def add_application(self, label: str, *groups: str, name: str = "heap", display: str = "Heap") -> str:
        """Adds an application bound to the named groups; returns its id."""
        id = self._new_id()
        self.applications[id] = {
            "_id": id, "name": name, "displayName": display, "displayLabel": label, "active": True,
            "organization": ORGANISATION, "created": "2026-01-05", "sso": {"type": "saml"}, "ssoUrl": "", "config": {},
        }  # fmt: skip
        self.bound[id] = {self.group(group)["id"]: None for group in groups}
        return id

    def effective(self, group: str) -> list[str]:
        """Returns the ids of everyone in a group, also through nested groups."""
        found: dict[str, None] = {}
        waiting, seen = [group], set()
        while waiting:
            id = waiting.pop()
            if id not in seen:
                seen.add(id)
                found |= self.members.get(id, {})
                waiting += self.nested.get(id, [])
        return list(found)

    def member_emails(self, group: str) -> list[str]:
        """Returns the e-mail addresses of a group's direct members, sorted."""
        return sorted(self.users[id]["email"] for id in self.members[self.group(group)["id"]] if id in self.users)

    def bound_names(self, label: str) -> list[str]:
        """Returns the names of the groups bound to an application, sorted."""
        id = next(id for id, application in self.applications.items() if application["displayLabel"] == label)
        return sorted(self.groups[group]["name"] for group in self.bound[id])

    def _new_id(self) -> str:
        self._next += 1
        return f"{0x5F00_0000_0000_0000_0000_0000 + self._next:024x}"


def _a_user() -> Document:
    """Returns the fields that every user has (reference 3.2)."""
    texts = (
        "firstname", "lastname", "middlename", "displayname", "alternateEmail", "company", "costCenter", "department",
        "description", "employeeIdentifier", "employeeType", "jobTitle", "location", "manager", "managedAppleId",
    )  # fmt: skip
    return {
        **dict.fromkeys(texts, ""), "organization": ORGANISATION, "state": "ACTIVATED", "suspended": False,
        "activated": True, "account_locked": False, "password_expired": False, "password_never_expires": False,
        "totp_enabled": False, "sudo": False, "externally_managed": False, "created": "2026-01-05T08:00:00.000Z",
        "account_locked_date": None, "password_date": None, "password_expiration_date": None,
        "creationSource": "jumpcloud:bulk", "attributes": [], "addresses": [], "phoneNumbers": [], "relationships": [],
        "restrictedFields": [], "mfa": {"exclusion": False, "configured": False}, "recoveryEmail": {},
    }  # fmt: skip


def sample() -> JumpCloudStore:
    """Returns a small organisation for a rehearsal: Research and Design are bound to Heap, Finance isn't."""
    store = JumpCloudStore()
    people = (
        ("ada.lovelace", "Ada", "Lovelace", "Admin"),
        ("grace.hopper", "Grace", "Hopper", None),
        ("alan.turing", "Alan", "Turing", "Analyst"),
        ("edsger.dijkstra", "Edsger", "Dijkstra", None),
        ("kurt.goedel", "Kurt", "Gödel", None),
    )
    for username, first, last, role in people:
        custom = [{"name": "heapRole", "value": role}] if role else []
        email = f"{first.lower()}@example.com"
        store.add_user(
            {"username": username, "email": email, "firstname": first, "lastname": last, "attributes": custom}
        )
    store.user("kurt.goedel").update(state="SUSPENDED", suspended=True)
    store.add_group("Research", "ada.lovelace", "grace.hopper", "kurt.goedel")
    store.add_group("Design", "ada.lovelace", "alan.turing")
    store.add_group("Finance", "edsger.dijkstra")
    store.add_application("Heap", "Research", "Design")
    return store
