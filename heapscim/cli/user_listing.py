"""The list of accounts: who they are, who manages them, and whether they are active."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from heapscim.cli.exit_codes import DONE, PARTIAL
from heapscim.cli.session import Session
from heapscim.output.envelope import Result
from heapscim.output.plan_words import counted
from heapscim.output.tables import Table
from heapscim.provisioning.state import ROLE, Broken, CurrentUser

_NAMES = ("name.givenName", "name.familyName")


def users_listing(
    session: Session, users: Iterable[CurrentUser], notices: tuple[str, ...], broken: Iterable[Broken] = ()
) -> Result:
    """Accounts by userName, as rows and as JSON; those that can't be read are named beside them."""
    managed = {link.id for link in session.ledger.links().users}
    ordered = sorted(users, key=lambda user: user.match_key)
    rows = tuple(
        (
            user.user_name,
            " ".join(filter(None, map(user.attributes.get, _NAMES))),
            user.attributes.get(ROLE, ""),
            user.id,
            "managed" if user.id in managed else "unmanaged",
            "active" if user.active else "inactive",
        )
        for user in ordered
    )
    data = [{**asdict(user), "managed": user.id in managed} for user in ordered]
    total = f"{counted(len(rows), 'user')}, {sum(user.id in managed for user in ordered):,} managed"
    table = Table(("userName", "name", "role", "id", "managed", "state"), rows, sum=total)
    unread = unread_notices(broken)
    return Result(data, table, notices=(*notices, *unread), exit_code=PARTIAL if unread else DONE)


def unread_notices(broken: Iterable[Broken]) -> tuple[str, ...]:
    """What to say of accounts and groups that are there and can't be read."""
    return tuple(f"Left out: {entry.name or entry.id or entry.type}: {entry.message}" for entry in broken)
