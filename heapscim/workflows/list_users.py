"""Lists the accounts in Heap, all or those that are wanted, with who manages each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from heapscim.ledger.protocol import Ledger
from heapscim.model.phrases import nearest
from heapscim.model.state import ROLE, Broken, CurrentState, CurrentUser, match_key
from heapscim.output.change_labels import counted
from heapscim.output.envelope import Result
from heapscim.output.tables import Table
from heapscim.workflows.exit_codes import DONE, PARTIAL
from heapscim.workflows.managed import management, total_managed, unread_notices
from heapscim.workflows.manual_change import read_heap
from heapscim.workflows.session import Session

_NAMES = ("name.givenName", "name.familyName")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Holds which accounts to list; None asks for nothing, and what is given combines."""

    filter: str | None = None
    """A SCIM filter."""
    role: str | None = None
    """A role in any case; empty for accounts without a role."""
    active: bool | None = None
    managed: bool | None = None
    """Accounts managed by hand are managed."""
    limit: int | None = None
    """The most accounts to list."""

    def takes(self, user: CurrentUser, *, is_managed: bool) -> bool:
        """Reports whether an account is wanted, except for filter and limit."""
        return (
            (self.role is None or match_key(user.attributes.get(ROLE, "")) == match_key(self.role))
            and (self.active is None or user.active is self.active)
            and (self.managed is None or is_managed is self.managed)
        )


async def list_users(session: Session, wanted: Wanted) -> Result:
    """Lists the accounts that are wanted, by userName; says how many of how many these are."""
    if wanted.filter is None:
        # Where groups decide who belongs in Heap, a list without them couldn't be used as a roster.
        as_roster = session.screen.format == "csv" and session.profile.scope == "groups"
        heap = await read_heap(session, groups=as_roster)
        listing = _listing(session.ledger, heap.current.users, wanted, broken=heap.current.broken)
        return _with_groups(listing, heap.current) if as_roster else listing
    found, by_whom = await session.tenant.search_users(wanted.filter)
    return _listing(session.ledger, found, wanted, notices=(f"Filtered by {by_whom}.",))


def _listing(
    ledger: Ledger,
    users: Sequence[CurrentUser],
    wanted: Wanted,
    *,
    notices: tuple[str, ...] = (),
    broken: Sequence[Broken] = (),
) -> Result:
    links = ledger.links()
    managed, by_hand = links.users_by_id, links.made_by_hand.users_by_id
    found = [user for user in users if wanted.takes(user, is_managed=user.id in managed)]
    shown = sorted(found, key=lambda user: user.match_key)[: wanted.limit]
    rows = tuple(
        (
            user.user_name,
            " ".join(filter(None, map(user.attributes.get, _NAMES))),
            user.attributes.get(ROLE, ""),
            user.id,
            management(user.id, managed, by_hand),
            "active" if user.active else "inactive",
        )
        for user in shown
    )
    data = [{**_document(user), "managed": user.id in managed, "by_hand": user.id in by_hand} for user in shown]
    of_all = f"{len(shown):,} of " if len(shown) < len(users) else ""
    total = f"{of_all}{counted(len(users), 'user')}, {total_managed([user.id for user in shown], managed, by_hand)}"
    unread = unread_notices(broken)
    notices = (*notices, *((f"{total}.", *_advice(users, found, shown, wanted)) if of_all else ()), *unread)
    columns = ("userName", "name", "role", "id", "managed", "state")
    table = Table(columns, rows, sum="" if of_all else total, whole=frozenset({"userName", "state"}), spare=("id",))
    return Result(data, table, notices=notices, exit_code=PARTIAL if unread else DONE)


def _with_groups(listing: Result, current: CurrentState) -> Result:
    """Adds a column with the groups of each account, separated by semicolons as in a roster."""
    if (table := listing.table) is None:
        return listing
    at = table.columns.index("id")
    names = (
        ";".join(sorted(current.groups_by_id[group].name for group in current.groups_of.get(row[at], ())))
        for row in table.rows
    )
    rows = tuple((*row[:-1], groups, row[-1]) for row, groups in zip(table.rows, names, strict=True))
    return replace(listing, table=replace(table, columns=(*table.columns[:-1], "groups", table.columns[-1]), rows=rows))


def _advice(
    users: Sequence[CurrentUser], found: Sequence[CurrentUser], shown: Sequence[CurrentUser], wanted: Wanted
) -> tuple[str, ...]:
    """Says what --limit left out, or which roles there are if nobody has the one that was asked for."""
    if len(shown) < len(found):
        return (f"{len(found) - len(shown):,} more match: raise --limit.",)
    roles = sorted({role for user in users if (role := user.attributes.get(ROLE))})
    if not wanted.role or match_key(wanted.role) in map(match_key, roles):
        return ()
    near = nearest(wanted.role, roles)
    others = f"Did you mean {near}?" if near else f"Roles: {', '.join(roles)}."
    return (f"Nobody has the role {wanted.role}. {others}",)


def _document(user: CurrentUser) -> dict[str, object]:
    """Returns an account as JSON, without what only comparisons need: the creation by our clock, and alternatives."""
    return {name: value for name, value in asdict(user).items() if name not in ("created", "alternatives")}
