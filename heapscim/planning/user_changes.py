"""Decides what must change for people: create, update, reactivate, deactivate, and whose account is taken over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from heapscim.model.changes import (
    CreateUser,
    DeactivateUser,
    DeleteUser,
    ReactivateUser,
    UpdateUser,
    UserChange,
)
from heapscim.model.plan import Conflict, TakeOver
from heapscim.model.state import ROLE, CurrentUser, Link, match_key, same_text
from heapscim.planning.context import PlanningContext
from heapscim.planning.marks import EXTERNAL_ID, mark_in
from heapscim.planning.matching import Pair, UserPair


@dataclass(frozen=True, slots=True)
class UserDecisions:
    """Holds everything that is decided about people."""

    changes: tuple[UserChange, ...]
    taken_over: tuple[TakeOver, ...]
    conflicts: tuple[Conflict, ...]


def decide(context: PlanningContext) -> UserDecisions:
    """Decides about each person in scope, and about each managed account whose person left."""
    changes: list[UserChange] = []
    taken_over: list[TakeOver] = []
    conflicts: list[Conflict] = []
    for found in context.pairing.users:
        # Most accounts are as they ought to be: then nothing has to be looked at closely.
        if not (found.current.active and found.desired.attributes.items() <= found.current.attributes.items()):
            changes.extend(_bring_up_to_date(context, found))
        if not found.linked:
            taken_over.append(_take_over(context, found.current, found.desired.external_id))
    for user in context.pairing.missing_users:
        known = user.external_id in context.links.users_by_external_id
        reason = "its account is gone from Heap" if known else f"new in {context.desired.source}"
        changes.append(CreateUser(user.external_id, user.user_name, user.attributes, reason))
    changes.extend(_leavers(context))
    for found in context.pairing.renamed:
        if found.desired.external_id not in context.replacements:
            conflicts.append(_renamed(context, found))
            continue
        changes.extend(_replace(context, found))
        if (account := context.replacements[found.desired.external_id]) is not None:
            taken_over.append(_take_over(context, account, found.desired.external_id, replaces=found.current.id))
    return UserDecisions(tuple(changes), tuple(taken_over), tuple(conflicts))


def differs(path: str, wanted: str | None, found: str | None) -> bool:
    """Returns whether two values of an attribute differ: in Unicode NFC, and for roles also without regard to case."""
    if wanted is None or found is None:
        return wanted is not found
    if path == ROLE:
        return wanted != found and match_key(wanted) != match_key(found)
    return not same_text(wanted, found)


def _bring_up_to_date(context: PlanningContext, found: UserPair) -> Iterator[UserChange]:
    user = found.current.meant_by(found.desired.attributes)
    shown = user.attributes
    after = {path: value for path, value in found.desired.attributes.items() if differs(path, value, shown.get(path))}
    before = {path: shown.get(path) for path in after}
    if not user.active:
        reason = f"in {context.desired.source}, inactive in Heap"
        role = user.attributes.get(ROLE)
        yield ReactivateUser(user.id, found.desired.external_id, user.user_name, before, after, reason, role)
    elif after:
        link = context.links.users_by_external_id[found.desired.external_id] if found.linked else None
        reason = why_different(user.attributes, after, link, context.desired.source)
        yield UpdateUser(user.id, found.desired.external_id, user.user_name, before, after, reason)


def why_different(found: Mapping[str, str], wanted: Mapping[str, str], link: Link | None, source: str) -> str:
    """Says on which side each attribute changed, as far as the link knows what was last sent and who asked for it."""
    causes: defaultdict[str, list[str]] = defaultdict(list)
    for path, value in sorted(wanted.items()):
        causes[_cause(path, value, found.get(path), link)].append(path)
    return "; ".join(
        cause.format(paths=", ".join(paths), verb="isn't" if len(paths) == 1 else "aren't", source=source)
        for cause, paths in causes.items()
    )


def _cause(path: str, wanted: str, found: str | None, link: Link | None) -> str:
    if path == EXTERNAL_ID and mark_in(wanted) is not None:
        return "{paths} {verb} the mark of this ledger"
    sent = None if link is None else link.sent.get(path)
    if link is None or sent is None:
        return "{paths} {verb} as in {source}"
    if differs(path, sent, found):
        # Heap has lost what was sent. If the directory wants something else by now, both sides changed.
        return "{paths} {verb} as in {source}" if differs(path, sent, wanted) else "{paths} changed in Heap"
    return "{paths} set by hand, not as in {source}" if path in link.set_by_hand else "{paths} changed in {source}"


def _leavers(context: PlanningContext) -> Iterator[UserChange]:
    wanted = {user.external_id for user in context.desired.users}
    # An account that was matched to another person by now, or may be, isn't the leaver's any more.
    left = [link for link in context.links.users if link.external_id not in wanted]
    spoken_for = {found.current.id for found in context.pairing.users} if left else set[str]()
    spoken_for |= context.pairing.disputed_users
    reasons = {skip.external_id: skip.reason for skip in context.desired.skips}
    for link in left:
        user = context.current.users_by_id.get(link.id)
        if user is not None and user.active and link.id not in spoken_for:
            yield _deprovision(context, user, link, _reason_to_leave(context, link, reasons.get(link.external_id)))
    # What is managed by hand stays, unless the directory says that this very person must not have an account.
    for id, skip in context.refused_by_hand.items():
        yield _deprovision(context, context.current.users_by_id[id], context.by_hand.users_by_id[id], skip.reason)


def _deprovision(context: PlanningContext, user: CurrentUser, link: Link, reason: str) -> UserChange:
    if context.options.deprovision == "delete":
        groups = context.current.groups_of.get(user.id, ())
        before = dict(user.attributes)
        return DeleteUser(user.id, link.external_id, user.user_name, before, reason, groups, link.by_hand)
    return DeactivateUser(user.id, link.external_id, user.user_name, reason, role=user.attributes.get(ROLE))


def _reason_to_leave(context: PlanningContext, link: Link, skipped: str | None) -> str:
    if skipped is None:
        was_there = not context.options.another_directory
        return f"{'no longer' if was_there else 'not'} in {context.desired.source}"
    lost = context.managed_groups_of.get(link.id, ())
    return _reason_of_groups(context, lost) if skipped == "in no bound group" and lost else skipped


def _reason_of_groups(context: PlanningContext, lost: tuple[str, ...]) -> str:
    """Says what became of the managed groups that still hold a person in Heap."""
    names = " and ".join(sorted(context.current.groups_by_id[id].name for id in lost))
    abandoned = context.abandoned_groups
    if not all(id in abandoned for id in lost):
        return f"left {names}, {'its last managed group' if len(lost) == 1 else 'its last managed groups'}"
    unbound = all(abandoned[id].external_id in context.desired.unbound_group_ids for id in lost)
    fate = "unbound" if unbound else "deleted" if len(lost) == 1 else "unbound or deleted"
    return f"{names} {'was' if len(lost) == 1 else 'were'} {fate}, and no other managed group holds them"


def _renamed(context: PlanningContext, found: UserPair) -> Conflict:
    old, new = found.current.user_name, found.desired.user_name
    link = context.links.users_by_external_id[found.desired.external_id]
    # The link holds the name it was last seen by: if that is still the directory's, Heap's side changed.
    in_heap = match_key(link.name) == found.desired.match_key
    return Conflict(
        "user_name_changed",
        new,
        f"The account of {new} is called {old} in Heap now, which heapscim didn't do."
        if in_heap
        else f"{old} is now {new} in the directory, and Heap can't change a userName.",
        "`--replace-renamed` makes a new account and deactivates the old one; personal charts stay with the old one.",
    )


def _replace(context: PlanningContext, found: UserPair) -> Iterator[UserChange]:
    """Gives a person whose userName changed an account of the new name, and takes access from the old one."""
    old, wanted = found.current, found.desired
    account = context.replacements[wanted.external_id]
    if account is None:
        reason = f"{old.user_name} is now {wanted.user_name}"
        yield CreateUser(wanted.external_id, wanted.user_name, wanted.attributes, reason, replaces=old.id)
    else:
        yield from _bring_up_to_date(context, Pair(wanted, account, linked=False))
    if old.active:
        link = Link(wanted.external_id, old.id, old.user_name)
        yield _deprovision(context, old, link, f"replaced by {wanted.user_name}")


def _take_over(
    context: PlanningContext, account: CurrentUser, external_id: str, replaces: str | None = None
) -> TakeOver:
    by_hand = account.id in context.by_hand.users_by_id
    return TakeOver(account.id, external_id, account.user_name, replaces, by_hand)
