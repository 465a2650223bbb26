"""Says so where the ledger knows far fewer people than fit: it is new, was lost, or is one of another time.

Who left meanwhile is then managed by nobody, and no sync ever takes their access away.
"""

from __future__ import annotations

from collections.abc import Iterator

from heapscim.model.phrases import counted
from heapscim.model.state import CurrentUser, match_key
from heapscim.planning.context import PlanningContext


def notices(context: PlanningContext) -> Iterator[str]:
    """How many accounts may be those of leavers, and the way to take access from those that are."""
    unknown = _what_it_knows(context)
    left = list(_in_nobodys_hands(context)) if unknown else []
    if not left:
        return
    source = context.desired.source
    skipped = {match_key(skip.user_name) for skip in context.desired.skips}
    out = ", or out of scope there" if any(user.match_key in skipped for user in left) else ""
    where = "active in Heap" if context.desired.groups is None else "in bound groups"
    are = "is" if len(left) == 1 else "are"
    yield (
        f"{unknown}; {counted(len(left), 'account')} {are} {where} and not in {source}{out}: left alone. "
        "If there is an older ledger of this profile, put it back. If not, `heapscim users deactivate NAME …` takes "
        "access from those who have left; `heapscim users list` has their names."
    )


def _what_it_knows(context: PlanningContext) -> str | None:
    """That the ledger knows nobody, or fewer than half of those who fit; None where it knows enough."""
    if context.links.users_by_id.keys().isdisjoint(context.current.users_by_id):
        return "This ledger knows nobody yet"
    fitting = len(context.pairing.users)
    known = sum(found.linked for found in context.pairing.users)
    if 2 * known >= fitting:
        return None
    return f"This ledger knows {known} of {counted(fitting, 'account')} that {context.desired.source} asks for"


def _in_nobodys_hands(context: PlanningContext) -> Iterator[CurrentUser]:
    """Active accounts that nobody manages or disputes; where groups are managed, the members of bound ones alone."""
    ours = context.our_user_ids | context.pairing.disputed_users
    held: set[str] | None = None
    if context.desired.groups is not None:
        held = {member for found in context.pairing.groups for member in found.current.member_ids}
    for user in context.current.users:
        if user.active and user.id not in ours and (held is None or user.id in held):
            yield user
