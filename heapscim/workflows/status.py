"""Reports on a connection, part by part, so that a part that fails doesn't hide the others."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heapscim.config.credentials import FoundSecret
from heapscim.errors import HeapscimError, TokenMissing
from heapscim.heap.dialect import Dialect, read_dialect
from heapscim.heap.probe import Facts
from heapscim.ledger.entries import RunSummary
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.history.rows import run_document
from heapscim.output.tables import Table, show_pairs
from heapscim.workflows import exit_codes
from heapscim.workflows.context import Context
from heapscim.workflows.directory_check import DirectoryReport, check_directory, scope_words
from heapscim.workflows.profiles import read_profile
from heapscim.workflows.tenant_check import probe_tenant

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

_DEACTIVATED = "deactivated: nothing is written until `heapscim activate`"
_UNUSABLE = "unusable: see below"
_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True)
class Managed:
    """Holds what the ledger says."""

    users: int = 0
    groups: int = 0
    last: RunSummary | None = None
    users_by_hand: int = 0
    """How many of the users sync leaves alone."""
    groups_by_hand: int = 0


@dataclass(frozen=True, slots=True)
class StatusReport:
    """Holds each part of a connection, or the error in its place."""

    token: FoundSecret | HeapscimError
    facts: Facts | HeapscimError
    managed: Managed | HeapscimError
    directory: DirectoryReport | None
    """None if the profile names none."""

    @property
    def problems(self) -> tuple[HeapscimError, ...]:
        """Returns each error once; the first one decides the exit code."""
        parts = (self.token, self.facts, self.managed, self.directory.answer if self.directory else None)
        return tuple(dict.fromkeys(part for part in parts if isinstance(part, HeapscimError)))


def status_report(context: Context) -> Result:
    """Checks every part; raises SettingsError if there is no profile."""
    profile = read_profile(context.settings_file)
    dialect = read_dialect(profile.dialect)
    managed = _managed(context, profile)
    token = found_token(context)
    facts = token if isinstance(token, HeapscimError) else _facts(context, profile, token)
    found = StatusReport(token, facts, managed, check_directory(context, profile))
    rows = _rows(context, profile, dialect, found)
    return Result(
        data=_document(profile, dialect, found),
        table=Table(("setting", "value"), rows),
        show=lambda screen: _show(screen, rows, found),
        exit_code=next(map(exit_codes.exit_code_of, found.problems), exit_codes.DONE),
    )


def found_token(context: Context) -> FoundSecret | HeapscimError:
    """Returns the profile's token, or why it can't be used."""
    try:
        return context.credentials.token()
    except HeapscimError as error:
        return context.redacting.cleaned(error)


def _facts(context: Context, profile: Profile, token: FoundSecret) -> Facts | HeapscimError:
    try:
        return probe_tenant(context, profile, token)
    except HeapscimError as error:
        return context.redacting.cleaned(error)


def _without(trouble: HeapscimError) -> str:
    return "nowhere" if isinstance(trouble, TokenMissing) else _UNUSABLE


def _managed(context: Context, profile: Profile) -> Managed | HeapscimError:
    try:  # a database may not even say whether there is a ledger
        if not context.ledger.exists():
            return Managed()
        with closing(context.ledger.open(profile.base_url)) as ledger:
            links = ledger.links()
            hand = links.made_by_hand
            return Managed(len(links.users), len(links.groups), ledger.last_run(), len(hand.users), len(hand.groups))
    except HeapscimError as error:
        return context.redacting.cleaned(error)


def _rows(context: Context, profile: Profile, dialect: Dialect, found: StatusReport) -> tuple[tuple[str, str], ...]:
    token, facts, managed = found.token, found.facts, found.managed
    return (
        ("profile", context.profile),
        *((("connection", _DEACTIVATED),) if profile.disconnected else ()),
        ("base URL", profile.base_url),
        ("reachable", f"yes, in {facts.answered_in * 1000:.0f} ms" if isinstance(facts, Facts) else "no"),
        ("token from", token.short_place if isinstance(token, FoundSecret) else _without(token)),
        ("directory", profile.directory or "not set"),
        *(found.directory.rows if found.directory else ()),
        ("scope", scope_words(profile)),
        ("groups", "managed" if profile.manage_groups else "not managed"),
        ("dialect", _dialect_words(dialect)),
        ("in Heap", _both(facts.users, facts.groups) if isinstance(facts, Facts) else "unknown"),
        ("managed", _managed_words(managed) if isinstance(managed, Managed) else "unknown"),
        ("last run", run_words(context, managed.last) if isinstance(managed, Managed) else "unknown"),
    )


def _document(profile: Profile, dialect: Dialect, found: StatusReport) -> dict[str, object]:
    managed = found.managed if isinstance(found.managed, Managed) else None
    return {
        "base_url": profile.base_url,
        "disconnected": profile.disconnected,
        "reachable": isinstance(found.facts, Facts),
        "token_source": found.token.source if isinstance(found.token, FoundSecret) else None,
        "directory": profile.directory,
        "directory_found": found.directory.document() if found.directory else None,
        "scope": profile.scope,
        "manage_groups": profile.manage_groups,
        "facts": asdict(found.facts) if isinstance(found.facts, Facts) else None,
        "dialect": asdict(dialect),
        "managed": {"users": managed.users, "groups": managed.groups} if managed else None,
        "by_hand": {"users": managed.users_by_hand, "groups": managed.groups_by_hand} if managed else None,
        "last_run": run_document(managed.last) if managed and managed.last else None,
        "problems": [{"code": error.code, "message": error.message, "hint": error.hint} for error in found.problems],
    }


def _show(screen: Screen, rows: tuple[tuple[str, str], ...], found: StatusReport) -> None:
    show_pairs(rows, screen, alarming=frozenset({"no", "nowhere", _UNUSABLE, "unknown", _DEACTIVATED}))
    for problem in found.problems:
        screen.error(problem)


_METHODS = {
    "auto": "PATCH, else PUT",
    "patch": "PATCH",
    "patch_pathless": "PATCH without paths",
    "patch_one": "PATCH, one operation at a time",
    "patch_values": "PATCH with lists of values",
    "put": "PUT",
    "put_id": "PUT with the id",
}


def _dialect_words(dialect: Dialect) -> str:
    users, groups = _METHODS[dialect.update_method], _METHODS[dialect.group_update_method]
    updates = users if users == groups else f"users by {users}, groups by {groups}"
    unseen = "" if dialect.role_readable == "yes" else ", never shown"
    others = f"; never shown: {', '.join(dialect.unreadable)}" if dialect.unreadable else ""
    shown = "" if dialect.members_shown in ("auto", "all") else f"; members shown of a group: {dialect.members_shown}"
    fate = ", which removes them" if dialect.deactivation == "removes" else ""
    leavers = f"deactivated{fate}" if dialect.deprovision == "deactivate" else "deleted"
    silent = "; an account without active is inactive" if dialect.inactive == "omitted" else ""
    return f"updates: {updates}; role: {dialect.role_attribute}{unseen}; leavers: {leavers}{silent}{shown}{others}"


def _both(users: int | None, groups: int | None) -> str:
    known = ((users, "user"), (groups, "group"))
    return ", ".join(f"unknown {noun}s" if number is None else counted(number, noun) for number, noun in known)


def _managed_words(managed: Managed) -> str:
    hands = ((managed.users_by_hand, "user"), (managed.groups_by_hand, "group"))
    by_hand = ", ".join(counted(number, noun) for number, noun in hands if number)
    return _both(managed.users, managed.groups) + (f"; {by_hand} of them by hand" if by_hand else "")


def run_words(context: Context, last: RunSummary | None) -> str:
    """Returns which run was the last, how it ended, and when; one that hasn't ended may be under way."""
    if last is None:
        return "none yet"
    ended = last.outcome or ("cut off" if context.ledger.lock().holder() is None else "under way")
    when = datetime.fromtimestamp(last.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{last.run}: {last.command}, {ended}, {when} ({_ago(context.timing.now() - last.started)})"


def _ago(seconds: float) -> str:
    for length, noun in _SPANS:
        if seconds >= length:
            return f"{counted(int(seconds // length), noun)} ago"
    return "just now"
