"""The list of accounts: who they are, who manages them, and whether they are active."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from heapscim.cli.session import Session
from heapscim.output.envelope import Result
from heapscim.output.plan_words import counted
from heapscim.output.tables import Table
from heapscim.provisioning.state import ROLE, CurrentUser

_NAMES = ("name.givenName", "name.familyName")


def users_listing(session: Session, users: Iterable[CurrentUser], notices: tuple[str, ...]) -> Result:
    """Accounts by userName, as rows and as JSON."""
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
    data = [{**_shown(user), "managed": user.id in managed} for user in ordered]
    total = f"{counted(len(rows), 'user')}, {sum(user.id in managed for user in ordered):,} managed"
    table = Table(("userName", "name", "role", "id", "managed", "state"), rows, sum=total)
    return Result(data, table, notices=notices)


def _shown(user: CurrentUser) -> dict[str, object]:
    """An account as JSON, without the time it was made: that is corrected by our clock, and for comparing alone."""
    return {name: value for name, value in asdict(user).items() if name != "created"}
