"""Plans the undo of a run: takes back what is still as the run left it, and reports what isn't.

Only what the ledger recorded as done is undone, and of a failed change the part that was carried out all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from heapscim.errors import Unsafe
from heapscim.model.changes import (
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    ReleaseUser,
    RemoveMembers,
    UpdateUser,
    UserChange,
)
from heapscim.model.outcomes import Recorded
from heapscim.model.phrases import counted
from heapscim.model.plan import Baseline, Conflict, Plan, TakeOver, in_order
from heapscim.model.state import CurrentState, Links
from heapscim.planning.as_sent import as_asked, as_last_sent
from heapscim.planning.fresh_links import withhold_fresh
from heapscim.planning.impact import admin_notices, impact_of
from heapscim.planning.reversibility import shortcomings
from heapscim.planning.withholding import Proofs, withhold_unproven
from heapscim.undo.context import Back, UndoContext, UndoOptions, UndoStep
from heapscim.undo.groups import homecoming, inverse_of_group, joined, names_passed_on
from heapscim.undo.users import inverse_of_user, releases, united

_CARRIED_OUT = ("done", "failed")
_USER_CHANGES = get_args(UserChange)


def plan_back(recorded: Sequence[Recorded], current: CurrentState, links: Links, options: UndoOptions) -> Plan:
    """Plans the undo of one run; raises Unsafe while some of its changes are in doubt."""
    _refuse_in_doubt(recorded, options.run)
    current = as_last_sent(as_asked(current, links), links, options.plan.unreadable)
    carried_out = tuple(entry for entry in recorded if entry.state in _CARRIED_OUT)
    context = UndoContext(carried_out, current, links, options)
    steps = (*_steps(context), *releases(context))
    found = tuple(step for step in steps if not isinstance(step, TakeOver | Conflict | Back))
    proven, unproven = withhold_unproven(joined(united(found)), Proofs(current))
    borne_out, fresh = withhold_fresh(proven, options.plan.fresh)
    # Names are looked at last: a rename that is withheld doesn't free its name.
    passed_on = tuple(names_passed_on(context, borne_out))
    changes = tuple(change for change in passed_on if not isinstance(change, Conflict))
    return Plan(
        tenant=options.plan.tenant,
        command=options.plan.command,
        source=f"the state before {options.run}",
        changes=in_order(changes),
        adoptions=tuple(step for step in steps if isinstance(step, TakeOver)),
        conflicts=_conflicts((*steps, *passed_on)),
        withheld=(*unproven, *fresh),
        broken=current.broken,
        shortcomings=shortcomings(changes, options.plan),
        notices=(*_notices(context, steps, changes), *admin_notices(changes, options.plan.admin_role)),
        impact=impact_of(changes, current),
        populations=_baseline(changes, current, links),
    )


def needs_groups(recorded: Iterable[Recorded], options: UndoOptions) -> bool:
    """Returns whether Heap's groups must be read to undo these changes."""
    deletes = options.plan.deprovision == "delete"
    return deletes or any(not isinstance(entry.change, _USER_CHANGES) for entry in recorded)


def accounts_of(recorded: Iterable[Recorded]) -> frozenset[str]:
    """Returns the Heap ids of accounts that must be looked up, because a list may leave inactive ones out."""
    found: set[str] = set()
    for entry in recorded:
        match entry.change:
            case CreateUser():
                found.add(entry.id or "")
            case UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser() | ReleaseUser():
                found.add(entry.change.id)
            case RemoveMembers() | DeleteGroup():
                found |= {member.id for member in entry.change.members if member.id is not None}
            case _:
                pass
    return frozenset(found - {""})


def _refuse_in_doubt(recorded: Iterable[Recorded], run: str) -> None:
    in_doubt = sum(entry.state == "sent" for entry in recorded)
    if in_doubt:
        what = "1 change" if in_doubt == 1 else f"{in_doubt} changes"
        raise Unsafe(
            f"What became of {what} of {run} is unknown: the request was sent, and no answer is recorded.",
            hint="Undo it once Heap shows that: each undo, resume and sync looks anew.",
        )


def _steps(context: UndoContext) -> Iterator[UndoStep]:
    for entry in context.recorded:
        for step in _inverse(context, entry):
            # What failed may not have been done at all: only a change that takes something back is worth a word.
            if entry.state == "done" or not isinstance(step, Conflict | Back):
                yield step


def _inverse(context: UndoContext, entry: Recorded) -> Iterator[UndoStep]:
    match entry.change:
        case CreateUser() | UpdateUser() | ReactivateUser() | DeactivateUser() | ReleaseUser() as change:
            yield from inverse_of_user(context, change, entry.id)
        case DeleteUser() as change:
            yield from inverse_of_user(context, change, entry.id)
            yield from homecoming(context, change)
        case change:
            yield from inverse_of_group(context, change, entry.id)


def _conflicts(steps: Iterable[UndoStep]) -> tuple[Conflict, ...]:
    found = dict.fromkeys(step for step in steps if isinstance(step, Conflict))
    return tuple(sorted(found, key=lambda conflict: (conflict.kind, conflict.name, conflict.message)))


def _notices(context: UndoContext, steps: Sequence[UndoStep], changes: Sequence[Change]) -> Iterator[str]:
    """Says what the undo doesn't bring back, and what the next sync does about it."""
    made = set(context.created.values())
    kept = sum(isinstance(change, DeactivateUser) and change.id in made for change in changes)
    anew = Counter(change.kind for change in changes if isinstance(change, CreateUser | CreateGroup))
    back = sum(isinstance(step, Back) for step in steps)
    if kept:
        yield f"{counted(kept, 'account')} that the run made can't be unmade: deactivated, not deleted."
    if users := anew["create_user"]:
        yield f"{counted(users, 'account')} can only be made anew: personal charts went with the deleted one."
    if groups := anew["create_group"]:
        yield f"{counted(groups, 'group')} can only be made anew, with a new id: what the old one was granted is lost."
    if back:
        yield f"{counted(back, 'thing')} the run did is as before already; left alone."
    if changes and context.options.recurs:
        yield "The next sync makes these changes again, unless the directory is corrected first."


def _baseline(changes: Iterable[Change], current: CurrentState, links: Links) -> Baseline:
    """Counts what is managed, and what the undo changes besides: the guards' ratios are taken of these."""
    to_users = (UpdateUser, ReactivateUser, DeactivateUser, DeleteUser)
    users = {change.id for change in changes if isinstance(change, to_users)}
    users |= current.active_user_ids & links.users_by_id.keys()
    groups = {change.id for change in changes if isinstance(change, DeleteGroup)}
    groups |= current.groups_by_id.keys() & links.groups_by_id.keys()
    return Baseline(accounts=len(users), people=len(users), managed_groups=len(groups))
