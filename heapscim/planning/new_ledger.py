"""Warns if the ledger knows far fewer people than match: it is new, was lost, or is an old copy.

The accounts of people who left in the meantime are then unmanaged, and no sync ever takes their access away.
"""

from __future__ import annotations

from collections.abc import Iterator

from heapscim.model.phrases import counted
from heapscim.model.state import CurrentUser, match_key
from heapscim.planning.context import PlanningContext


def notices(context: PlanningContext) -> Iterator[str]:
    """Says how many accounts may be those of leavers, and how to take access from them."""
    unknown = _what_it_knows(context)
    left = list(_unmanaged(context)) if unknown else []
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
    """Says that the ledger knows no account, or fewer than half of those that match; None if it knows enough."""
    if context.links.users_by_id.keys().isdisjoint(context.current.users_by_id):
        return "This ledger knows nobody yet"
    fitting = len(context.pairing.users)
    known = sum(found.linked for found in context.pairing.users)
    if 2 * known >= fitting:
        return None
    return f"This ledger knows {known} of {counted(fitting, 'account')} that {context.desired.source} asks for"


def _unmanaged(context: PlanningContext) -> Iterator[CurrentUser]:
    """Returns active unmanaged accounts without a conflict; if groups are managed, only members of bound ones."""
    ours = context.our_user_ids | context.pairing.disputed_users
    held: set[str] | None = None
    if context.desired.groups is not None:
        held = {member for found in context.pairing.groups for member in found.current.member_ids}
    for user in context.current.users:
        if user.active and user.id not in ours and (held is None or user.id in held):
            yield user
