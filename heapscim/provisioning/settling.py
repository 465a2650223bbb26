"""Settles changes whose request may have left and whose outcome nobody recorded: by looking, never by doing again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from heapscim.provisioning.changes import AddMembers, Change, CreateGroup, CreateUser, MemberRef, RemoveMembers
from heapscim.provisioning.comparing import Accepted
from heapscim.provisioning.outcomes import Outcome, Recorded
from heapscim.provisioning.state import Links
from heapscim.provisioning.verifying import Verifier

_NOT_DONE = "Looked for after the run was cut off: it had not been carried out."


async def settle(sent: Sequence[Recorded], verifier: Verifier, links: Links) -> tuple[Outcome, ...]:
    """What became of each change, in the order given; ``uncertain`` where that can't be seen now.

    A change that wasn't carried out is answered as ``not_attempted``. What was created counts as ours, also where it
    isn't all that was asked for.
    """
    accounts = account_ids(links)
    looked = await verifier.settle([sought(with_ids(entry.change, accounts), entry.id) for entry in sent])
    return tuple(map(_settled, looked))


def account_ids(links: Links) -> Mapping[str, str]:
    """External id → Heap id, of linked accounts."""
    return {link.external_id: link.id for link in links.users}


def with_ids(change: Change, accounts: Mapping[str, str]) -> Change:
    """A change with the Heap ids of members whose accounts were created after it was planned."""
    match change:
        case CreateGroup() | AddMembers() | RemoveMembers():
            return replace(change, members=tuple(_named(member, accounts) for member in change.members))
        case _:
            return change


def _named(member: MemberRef, accounts: Mapping[str, str]) -> MemberRef:
    return replace(member, id=member.id or accounts.get(member.external_id or ""))


def sought(change: Change, id: str | None = None) -> Accepted:
    """What to look for, to tell whether a change was carried out."""
    members: Collection[MemberRef] = getattr(change, "members", ())
    return Accepted(
        change=change,
        id=id or getattr(change, "id", None),
        member_ids=tuple(member.id for member in members if member.id is not None),
        without_account=tuple(member.user_name for member in members if member.id is None),
        certain=False,
    )


def _settled(looked: Outcome) -> Outcome:
    was_made = isinstance(looked.change, CreateUser | CreateGroup) and looked.id is not None
    if looked.status == "done" or looked.uncertain or was_made:
        return looked
    return Outcome(looked.change, "not_attempted", message=_NOT_DONE)
