"""Decides about members who were sent and aren't shown: it asks in another way, or remembers and says so once.

A member who isn't shown may be in the group all the same: some targets show no members, or only the first ones.
"""

from __future__ import annotations

from dataclasses import replace

from heapscim import errors
from heapscim.execution.comparison import HIDDEN, UNSEEN, compare
from heapscim.execution.expectation import Expectation
from heapscim.execution.ports import Membership, Target
from heapscim.model.changes import AddMembers, CreateGroup, RemoveMembers
from heapscim.model.outcomes import Outcome


async def with_members_asked(expected: Expectation, outcome: Outcome, target: Target) -> Outcome:
    """Returns the outcome of a change of members once those who aren't shown were asked for.

    Never raises RequestError.
    """
    change, id = expected.change, outcome.id
    if outcome.error_code not in (UNSEEN, "unchanged") or id is None or not expected.member_ids:
        return outcome
    if not isinstance(change, CreateGroup | AddMembers | RemoveMembers):
        return outcome
    if isinstance(change, RemoveMembers) and outcome.error_code != UNSEEN:
        return outcome
    try:
        seen = await target.get_group(id)
        shown = () if seen is None or isinstance(change, RemoveMembers) else seen.member_ids
        unseen = tuple(member for member in expected.member_ids if member not in shown)
        if seen is None or not unseen:
            return outcome
        before = 0 if isinstance(change, CreateGroup) else change.size
        again = isinstance(change, AddMembers) and change.again
        membership = await target.ask_members(id, unseen, before=before, again=again)
    except errors.RequestError:
        return outcome
    if not membership.hides:
        return outcome if isinstance(change, RemoveMembers) else replace(outcome, unseen=unseen)
    rest = compare(replace(expected, member_ids=(), others=None), seen, ())
    done = replace(rest, unseen=unseen)
    return _told(expected, outcome, done, membership)


def _told(expected: Expectation, outcome: Outcome, done: Outcome, membership: Membership) -> Outcome:
    """Returns what follows from the answers: those about many members stand for all."""
    wanted = not isinstance(expected.change, RemoveMembers)
    unlike = sum(there != wanted for there in membership.known.values())
    if unlike:
        state = "are no members" if wanted else "are still members"
        message = f"Heap accepted the change, but {unlike} of {len(expected.member_ids)} {state}."
        return replace(outcome, error_code="unchanged", message=message)
    if membership.known:
        return done
    if not expected.certain:
        return outcome
    words = f"Heap accepted the change. {HIDDEN}. They are not sent again."
    return replace(done, message=" ".join(filter(None, (words, done.message))))
