"""The list of accounts: who they are, who manages them, and whether they are active."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict

from heapscim.model.state import ROLE, Broken, CurrentUser
from heapscim.output.change_labels import counted
from heapscim.output.envelope import Result
from heapscim.output.tables import Table
from heapscim.workflows.exit_codes import DONE, PARTIAL
from heapscim.workflows.session import Session

_NAMES = ("name.givenName", "name.familyName")


def users_listing(
    session: Session, users: Iterable[CurrentUser], notices: tuple[str, ...], broken: Iterable[Broken] = ()
) -> Result:
    """Accounts by userName, as rows and as JSON; those that can't be read are named beside them."""
    links = session.ledger.links()
    managed = links.users_by_id
    by_hand = links.made_by_hand.users_by_id
    ordered = sorted(users, key=lambda user: user.match_key)
    rows = tuple(
        (
            user.user_name,
            " ".join(filter(None, map(user.attributes.get, _NAMES))),
            user.attributes.get(ROLE, ""),
            user.id,
            management(user.id, managed, by_hand),
            "active" if user.active else "inactive",
        )
        for user in ordered
    )
    data = [{**_shown(user), "managed": user.id in managed, "by_hand": user.id in by_hand} for user in ordered]
    total = f"{counted(len(rows), 'user')}, {total_managed([user.id for user in ordered], managed, by_hand)}"
    table = Table(("userName", "name", "role", "id", "managed", "state"), rows, sum=total)
    unread = unread_notices(broken)
    return Result(data, table, notices=(*notices, *unread), exit_code=PARTIAL if unread else DONE)


def management(id: str, managed: Collection[str], by_hand: Collection[str]) -> str:
    """Who manages an account or group, in a word; ``managed`` holds those that are managed by hand, too."""
    return "by hand" if id in by_hand else "managed" if id in managed else "unmanaged"


def total_managed(ids: Sequence[str], managed: Collection[str], by_hand: Collection[str]) -> str:
    """How many are managed, and how many of these by hand."""
    hands = sum(id in by_hand for id in ids)
    return f"{sum(id in managed for id in ids):,} managed" + (f" ({hands:,} by hand)" if hands else "")


def unread_notices(broken: Iterable[Broken]) -> tuple[str, ...]:
    """What to say of accounts and groups that are there and can't be read."""
    return tuple(f"Left out: {entry.name or entry.id or entry.type}: {entry.message}" for entry in broken)


def _shown(user: CurrentUser) -> dict[str, object]:
    """An account as JSON, without the time it was made: that is corrected by our clock, and for comparing alone."""
    return {name: value for name, value in asdict(user).items() if name != "created"}
