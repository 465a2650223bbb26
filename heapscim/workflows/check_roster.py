"""Checks a roster alone: its form, its values, and what the profile's mapping makes of it. Needs no tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from heapscim.config.profile import Profile
from heapscim.directory.registry import forms, is_file, refuse_folders_and_workbooks
from heapscim.errors import UsageError
from heapscim.model.completeness import Completeness
from heapscim.model.directory import DirectorySnapshot
from heapscim.model.phrases import counted, nearest
from heapscim.model.state import ROLE, CurrentState, Links, match_key
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_result
from heapscim.planning import planner
from heapscim.planning.context import PlanOptions
from heapscim.workflows.context import Context
from heapscim.workflows.directory_check import read_once
from heapscim.workflows.exit_codes import DONE, ERROR, SOURCE_INCOMPLETE
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.profiles import load_profile, with_changes
from heapscim.workflows.reconcile import decide_desired

_NOWHERE = "https://heapscim.invalid/"
"""Stands for a tenant, which no request goes to."""
_NOBODY = CurrentState((), (), Completeness(proven=True, evidence="No tenant was asked."))


def check_roster(context: Context, spec: str, *, encoding: str | None, changes: Iterable[str], strict: bool) -> Result:
    """Reads a roster and says what it holds; raises RosterInvalid with every problem in it.

    Notices are what is allowed and probably not meant. With ``strict``, they end in exit code 1.
    """
    if not is_file(spec):
        refuse_folders_and_workbooks(spec)
        raise UsageError(f"{spec} isn't a roster.", hint=f"It can be {forms(files=True)}.")
    known = context.settings_file.is_file()
    profile = load_profile(context.settings_file) if known else Profile(base_url=_NOWHERE)
    profile = with_changes(profile, changes)
    snapshot = read_once(directory_of(replace(context, encoding=encoding), profile, spec), context.screen)
    desired = decide_desired(profile, snapshot)
    first = planner.plan(desired, _NOBODY, Links(), PlanOptions(tenant=_NOWHERE))
    roles = Counter(role for user in desired.users if (role := user.attributes.get(ROLE)))
    notices = (
        *snapshot.notices,
        *(f"{conflict.message} {conflict.hint}" for conflict in first.conflicts),
        *_slips(roles, profile.admin_role),
        *(() if snapshot.completeness.proven else (snapshot.completeness.evidence,)),
    )
    result = _report(snapshot, roles, len(notices), context.profile if known else None)
    code = DONE if snapshot.completeness.proven else SOURCE_INCOMPLETE
    return replace(result, notices=notices, exit_code=ERROR if strict and notices else code)


def _report(snapshot: DirectorySnapshot, roles: Counter[str], notices: int, profile: str | None) -> Result:
    """Returns what a roster without problems holds."""
    people, active = len(snapshot.people), sum(person.active for person in snapshot.people)
    groups, memberships = snapshot.groups, sum(len(group.member_ids) for group in snapshot.groups or ())
    given = ", ".join(f"{role} {count:,}" for role, count in sorted(roles.items()))
    data = {
        "roster": snapshot.source,
        "profile": profile,
        "people": people,
        "active": active,
        "groups": None if groups is None else len(groups),
        "memberships": memberships,
        "roles": dict(sorted(roles.items())),
        "complete": snapshot.completeness.proven,
    }
    facts = (
        ("roster", f"{snapshot.source}: no problem" + (f", {counted(notices, 'notice')}" if notices else "")),
        ("settings", "the defaults; there is no profile" if profile is None else f"of the profile {profile}"),
        ("people", f"{people:,}, {active:,} of them active"),
        ("groups", "not mentioned" if groups is None else f"{len(groups):,}, {counted(memberships, 'membership')}"),
        ("roles", given or "Heap's default"),
    )
    return facts_result(data, ("fact", "value"), facts)


def _slips(roles: Counter[str], admin_role: str) -> Iterator[str]:
    """Says which role may be a slip for one that more people have, or for the administrators' role."""
    counts = Counter({admin_role: 1}) + roles
    for role, count in roles.items():
        others = {match_key(name): name for name, of in counts.items() if of > count or name == admin_role}
        near = None if match_key(role) in others else nearest(match_key(role), others)
        if near is not None:
            yield f"The role {role} ({'1 person' if count == 1 else f'{count:,} people'}): did you mean {others[near]}?"
