"""Holds a plan: every change in order, what was found beside it, and what it amounts to.

A plan is made once, then shown, judged, confirmed and applied. Its fingerprint covers what it would do and where: two
plans with the same fingerprint do the same.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from heapscim.errors import SettingsError
from heapscim.model.changes import (
    PHASES,
    AddMembers,
    Change,
    ChangeKind,
    CreateGroup,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    RemoveMembers,
    subject,
)
from heapscim.model.desired import Skip
from heapscim.model.state import Broken, Kind, match_key

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 2
"""Version of the saved form; raised whenever an older heapscim would misread it."""
_ESSENCE = {"tenant", "changes", "adoptions", "withheld", "format"}
"""The fields that a fingerprint covers: what would be done, and where."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Takes over an existing account that matches a person in scope, without a request: it is managed from now on."""

    id: str
    external_id: str
    user_name: str
    replaces: str | None = None
    """Heap id of the account that this one replaces, if the person's userName changed (article row 5)."""
    by_hand: bool = False
    """Whether it was managed by hand until now."""


ConflictKind: TypeAlias = Literal[
    "user_name_changed", "known_by_email", "ambiguous", "doubled", "taken", "moved", "irreversible"
]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Reports what can't be decided safely; nothing is done to it."""

    kind: ConflictKind
    name: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """Names an account or group in Heap that heapscim neither created nor took over."""

    type: Kind
    id: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class ByHand:
    """Names an account or group that is managed by hand: left alone until the directory holds that person or group."""

    type: Kind
    id: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Covered:
    """Names a person who loses a managed group and keeps the account, because another managed group holds them."""

    user_name: str
    lost: str
    held_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """Holds back a change, and says why: its proof is missing, or others keep changing it back."""

    change: Change
    evidence: str
    cause: Literal["unproven", "changed_back"] = "unproven"
    """``unproven``: a removal that rests on a read which can't prove itself complete. ``changed_back``: others changed
    it back twice."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Holds the removal of a person who left, which waits until a grace period has passed."""

    change: DeactivateUser | DeleteUser
    since: float
    """When a sync first saw that the person left, in seconds since 1970."""
    due: float
    """From when on a sync carries it out, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ChangedBack:
    """Reports something that an earlier run did, that others changed back, and that this plan asks for again."""

    type: Kind
    name: str
    kind: ChangeKind
    """What this plan asks for."""
    what: tuple[str, ...]
    """Attribute paths, or userNames of members; empty if it is about the account or group itself."""
    run: str
    """The run that did it last."""
    times: int
    """How often it was changed back."""
    withheld: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """Counts active seats before and after, overall and for each role (``""`` if no role is known)."""

    seats_before: int
    seats_after: int
    roles_before: Mapping[str, int]
    roles_after: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Counts what a guard's ratios are taken of."""

    accounts: int
    """Managed accounts that are active; all active accounts if a command names people."""
    people: int
    """People in scope."""
    managed_groups: int = 0
    """Linked groups that Heap has."""
    groups: int | None = None
    """Groups that the directory lists, bound or not; None if it lists no groups."""


@dataclass(frozen=True)
class Plan:
    """Holds what would be done to one tenant, in order. Field names are those of its JSON."""

    tenant: str
    """The Base URL that it was made for; it fits no other."""
    command: str
    """The command that made it: ``sync``, ``users deactivate`` …"""
    changes: tuple[Change, ...]
    impact: Impact
    populations: Baseline
    source: str = ""
    adoptions: tuple[TakeOver, ...] = ()
    """Accounts that are taken over; nothing is sent for them."""
    conflicts: tuple[Conflict, ...] = ()
    skips: tuple[Skip, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    covered: tuple[Covered, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    changed_back: tuple[ChangedBack, ...] = ()
    broken: tuple[Broken, ...] = ()
    """Accounts and groups in Heap that can't be read: left alone."""
    notices: tuple[str, ...] = ()
    shortcomings: tuple[str, ...] = ()
    """What an undo of this plan can't bring back."""
    format: int = field(default=FORMAT)

    @property
    def is_empty(self) -> bool:
        """Returns whether nothing is to be done. Accounts that are taken over don't count: nothing is sent for them."""
        return not self.changes

    @property
    def counts(self) -> dict[ChangeKind, int]:
        """Counts the changes of each kind, in the order of an apply."""
        return counts_of(self.changes)

    @cached_property
    def fingerprint(self) -> str:
        """Returns the SHA-256, in hexadecimal, of tenant, changes, take-overs, withheld changes and format."""
        essence = _adapter().dump_python(self, mode="json", include=_ESSENCE)
        text = json.dumps(essence, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def counts_of(changes: Iterable[Change]) -> dict[ChangeKind, int]:
    """Counts changes of each kind, in the order of an apply."""
    found = Counter(change.kind for change in changes)
    return {kind: found[kind] for phase in PHASES for kind in phase if found[kind]}


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Sorts changes into the order of an apply; within a phase by kind and name, so that input order never matters.

    The members of each group are sorted by name, too.
    """
    rank = {kind: number for number, kind in enumerate(kind for phase in PHASES for kind in phase)}
    phase_of = {kind: number for number, phase in enumerate(PHASES) for kind in phase}

    def key(change: Change) -> tuple[int, int, str, str, str]:
        name = subject(change)
        identity = str(getattr(change, "id", None) or getattr(change, "external_id", None) or "")
        return phase_of[change.kind], rank[change.kind], match_key(name), name, identity

    return tuple(sorted(map(_members_by_name, changes), key=key))


def plan_to_document(plan: Plan) -> dict[str, object]:
    """Returns a plan as JSON values."""
    document: dict[str, object] = _adapter().dump_python(plan, mode="json")
    return document


def plan_to_json(plan: Plan) -> str:
    """Returns the saved form of a plan, with its fingerprint, so that damage is noticed."""
    return json.dumps({"fingerprint": plan.fingerprint, "plan": plan_to_document(plan)}, ensure_ascii=False, indent=2)


def plan_from_json(text: str) -> Plan:
    """Reads a saved plan back.

    Raises SettingsError if the text isn't a saved plan, has another format, or doesn't match its fingerprint.
    """
    from pydantic import ValidationError

    hint = "Save it again with `heapscim plan --out FILE`."
    try:
        saved = json.loads(text)
        if not isinstance(saved, dict) or not isinstance(saved.get("plan"), dict):
            raise SettingsError("This isn't a saved plan.", hint=hint)
        if saved["plan"].get("format") != FORMAT:
            raise SettingsError("The saved plan is of another format than this heapscim writes.", hint=hint)
        plan = _adapter().validate_python(saved["plan"])
    except (ValidationError, ValueError, RecursionError) as error:
        raise SettingsError("This can't be read as a saved plan.", hint=hint) from error
    if plan.fingerprint != saved.get("fingerprint"):
        raise SettingsError("The saved plan was changed after it was saved.", hint=hint)
    return plan


def _members_by_name(change: Change) -> Change:
    match change:
        case CreateGroup() | AddMembers() | RemoveMembers() | DeleteGroup():
            members = sorted(change.members, key=lambda member: (match_key(member.user_name), member.id or ""))
            return replace(change, members=tuple(members))
        case _:
            return change


@cache
def _adapter() -> TypeAdapter[Plan]:
    from pydantic import TypeAdapter

    return TypeAdapter(Plan)
