"""Warns of people who are deactivated by hand while the directory still holds them."""

from __future__ import annotations

from collections.abc import Sequence

from heapscim.cli.reconciling import decide_desired
from heapscim.cli.session import Session
from heapscim.errors import HeapscimError
from heapscim.provisioning.state import match_key


async def returners(session: Session, names: Sequence[str]) -> list[str]:
    """A warning for each person whom the next sync brings back."""
    if not names or session.profile.directory is None:
        return []
    try:
        snapshot = await session.directory().read(lambda _read, _of: None)
        desired = decide_desired(session, snapshot)
    except HeapscimError as error:
        return [f"Whether the next sync brings them back can't be told: {error.message}"]
    ids = {link.external_id: link.id for link in session.ledger.links().users}
    held = {user.match_key for user in desired.users} | {ids.get(user.external_id, "") for user in desired.users}
    return [
        f"{name} is still in {snapshot.source}: the next sync brings them back."
        for name in names
        if match_key(name) in held or name in held
    ]
