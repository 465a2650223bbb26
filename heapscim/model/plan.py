"""The Plan value: every change in order, what was found beside it, and what it amounts to.

A plan is made once, shown, judged, confirmed and applied. Its fingerprint covers what it would do and where; two plans
with the same fingerprint do the same.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from heapscim.errors import SettingsError
from heapscim.model.changes import (
    PHASES,
    AddMembers,
    Change,
    ChangeKind,
    CreateGroup,
    DeleteGroup,
    RemoveMembers,
    subject,
)
from heapscim.model.desired import Skip
from heapscim.model.state import Broken, match_key

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 2
"""Version of the saved form; raised whenever an older heapscim would misread it."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """An existing account that matches a person in scope and is managed from this run on; nothing is sent for it."""

    id: str
    external_id: str
    user_name: str
    replaces: str | None = None
    """Heap id of the account this one stands in for, where the person's userName changed (article row 5)."""
    by_hand: bool = False
    """Whether it was managed by hand until now."""


ConflictKind: TypeAlias = Literal["user_name_changed", "ambiguous", "doubled", "taken", "moved", "irreversible"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that can't be decided safely: reported, never guessed."""

    kind: ConflictKind
    name: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """An account or group in Heap that heapscim neither created nor took over."""

    type: Literal["user", "group"]
    id: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class ByHand:
    """An account or group that is managed by hand: left alone until the directory holds that person or group."""

    type: Literal["user", "group"]
    id: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Covered:
    """A person who loses a managed group and stays, because another one holds them."""

    user_name: str
    lost: str
    held_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A change that would have been planned, were it not for the evidence against it, or for want of a proof."""

    change: Change
    evidence: str
    cause: Literal["unproven", "changed_back"] = "unproven"
    """A removal that rests on a read which can't prove itself complete, or what others changed back twice."""


@dataclass(frozen=True, slots=True)
class ChangedBack:
    """Something that we had done, that somebody else changed back, and that is asked for once more."""

    type: Literal["user", "group"]
    name: str
    kind: ChangeKind
    """What is asked for."""
    what: tuple[str, ...]
    """Attribute paths, or userNames of members; empty where it is about the account or group as such."""
    run: str
    """The run that had done it last."""
    times: int
    """How often it was changed back."""
    withheld: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """Active seats before and after, overall and per role (``""`` where no role is known)."""

    seats_before: int
    seats_after: int
    roles_before: Mapping[str, int]
    roles_after: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Baseline:
    """How many a guard's shares are taken of."""

    accounts: int
    """Active accounts the plan answers for: the linked ones; all there are where people are named by hand."""
    people: int
    """People in scope."""
    managed_groups: int = 0
    """Linked groups that Heap has."""
    groups: int | None = None
    """Groups the directory lists, bound or not; None where that says nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to one tenant, in order."""

    tenant: str
    """The Base URL it was made for; a plan fits no other."""
    command: str
    """What made it: ``sync``, ``users deactivate`` …"""
    changes: tuple[Change, ...]
    impact: Impact
    populations: Baseline
    source: str = ""
    adoptions: tuple[TakeOver, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    skips: tuple[Skip, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    covered: tuple[Covered, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    changed_back: tuple[ChangedBack, ...] = ()
    broken: tuple[Broken, ...] = ()
    """What Heap holds and can't be read: left alone in every way."""
    notices: tuple[str, ...] = ()
    shortcomings: tuple[str, ...] = ()
    """Where an undo would fall short."""
    format: int = field(default=FORMAT)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do to Heap or to what is managed (adoptions send and change nothing)."""
        return not self.changes

    @property
    def counts(self) -> dict[ChangeKind, int]:
        """How many changes of each kind, in the order of an apply."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for phase in PHASES for kind in phase if found[kind]}

    @property
    def fingerprint(self) -> str:
        """SHA-256 over tenant, changes, adoptions and withheld removals, in hexadecimal."""
        document = plan_to_document(self)
        essence = {key: document[key] for key in ("tenant", "changes", "adoptions", "withheld", "format")}
        text = json.dumps(essence, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Puts changes into the order of an apply; within a phase by kind and name, so that input order never matters.

    Members of a group stand by name, too.
    """
    rank = {kind: number for number, kind in enumerate(kind for phase in PHASES for kind in phase)}
    phase_of = {kind: number for number, phase in enumerate(PHASES) for kind in phase}

    def key(change: Change) -> tuple[int, int, str, str, str]:
        name = subject(change)
        identity = str(getattr(change, "id", None) or getattr(change, "external_id", None) or "")
        return phase_of[change.kind], rank[change.kind], match_key(name), name, identity

    return tuple(sorted(map(_members_by_name, changes), key=key))


def plan_to_document(plan: Plan) -> dict[str, object]:
    """The plan as JSON values."""
    document: dict[str, object] = _adapter().dump_python(plan, mode="json")
    return document


def plan_to_json(plan: Plan) -> str:
    """The saved form, with the fingerprint beside the plan so that damage is noticed."""
    return json.dumps({"fingerprint": plan.fingerprint, "plan": plan_to_document(plan)}, ensure_ascii=False, indent=2)


def plan_from_json(text: str) -> Plan:
    """Reads a saved plan back.

    Raises SettingsError where it isn't one, is of another format, or doesn't fit its own fingerprint.
    """
    from pydantic import ValidationError

    hint = "Save it again with `heapscim plan --out FILE`."
    try:
        saved = json.loads(text)
        if not isinstance(saved, dict) or not isinstance(saved.get("plan"), dict):
            raise SettingsError("This is not a saved plan.", hint=hint)
        if saved["plan"].get("format") != FORMAT:
            raise SettingsError("The saved plan is of another format than this heapscim writes.", hint=hint)
        plan = _adapter().validate_python(saved["plan"])
    except (ValidationError, ValueError, RecursionError) as error:
        raise SettingsError("The saved plan can't be read.", hint=hint) from error
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
