"""Says so where the ledger knows far fewer people than fit: it is new, was lost, or is one of another time.

Who left meanwhile is then managed by nobody, and no sync ever takes their access away.
"""

from __future__ import annotations

from collections.abc import Iterator

from heapscim.model.phrases import counted
from heapscim.model.state import CurrentUser, match_key
from heapscim.planning.context import PlanningContext


def notices(situation: PlanningContext) -> Iterator[str]:
    """How many accounts may be those of leavers, and the way to take access from those that are."""
    unknown = _what_it_knows(situation)
    left = list(_in_nobodys_hands(situation)) if unknown else []
    if not left:
        return
    source = situation.desired.source
    skipped = {match_key(skip.user_name) for skip in situation.desired.skips}
    out = ", or out of scope there" if any(user.match_key in skipped for user in left) else ""
    where = "active in Heap" if situation.desired.groups is None else "in bound groups"
    are = "is" if len(left) == 1 else "are"
    yield (
        f"{unknown}; {counted(len(left), 'account')} {are} {where} and not in {source}{out}: left alone. "
        "If there is an older ledger of this profile, put it back. If not, `heapscim users deactivate NAME …` takes "
        "access from those who have left; `heapscim users list` has their names."
    )


def _what_it_knows(situation: PlanningContext) -> str | None:
    """That the ledger knows nobody, or fewer than half of those who fit; None where it knows enough."""
    there = sum(link.id in situation.users_by_id for link in situation.links.users)
    if there == 0:
        return "This ledger knows nobody yet"
    fitting = len(situation.pairing.users)
    known = sum(found.linked for found in situation.pairing.users)
    if 2 * known >= fitting:
        return None
    return f"This ledger knows {known} of {counted(fitting, 'account')} that {situation.desired.source} asks for"


def _in_nobodys_hands(situation: PlanningContext) -> Iterator[CurrentUser]:
    """Active accounts that nobody manages or disputes; where groups are managed, the members of bound ones alone."""
    ours = situation.our_user_ids | situation.pairing.disputed_users
    held: set[str] | None = None
    if situation.desired.groups is not None:
        held = {member for found in situation.pairing.groups for member in found.current.member_ids}
    for user in situation.current.users:
        if user.active and user.id not in ours and (held is None or user.id in held):
            yield user
