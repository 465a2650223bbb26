"""``heapscim status``: the connection as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from heapscim.cli.options import Common, command

if TYPE_CHECKING:
    from heapscim.cli.session import Session
    from heapscim.output.envelope import Result

app = typer.Typer()


@app.command("status")
@command("status")
def status(common: Common) -> Result:
    """Show the connection: reachability, token source, what is managed."""
    from heapscim.cli.session import in_session

    return in_session(common, _look)


async def _look(session: Session) -> Result:
    import time
    from dataclasses import asdict
    from datetime import UTC, datetime

    from heapscim.heap.probe import find_facts
    from heapscim.output.envelope import Result
    from heapscim.output.tables import Table
    from heapscim.scim.client import ScimClient

    facts = await find_facts(ScimClient(session.http), time.monotonic, groups=session.profile.manage_groups)
    links, last, profile = session.ledger.links(), session.ledger.last_run(), session.profile
    started = "never" if last is None else datetime.fromtimestamp(last.started, UTC).isoformat(timespec="seconds")
    run = "none yet" if last is None else f"{last.run} ({last.command}, {last.outcome or 'cut off'})"
    rows = (
        ("profile", session.common.profile),
        ("base URL", profile.base_url),
        ("reachable", f"yes, in {facts.answered_in * 1000:.0f} ms"),
        ("token from", session.token.source),
        ("directory", profile.directory or "not set"),
        ("scope", profile.scope or "as is usual for the directory"),
        ("groups", "managed" if profile.manage_groups else "not managed"),
        ("in Heap", f"{_count(facts.users)} users, {_count(facts.groups)} groups"),
        ("managed", f"{len(links.users):,} users, {len(links.groups):,} groups"),
        ("last run", run),
        ("last run at", started),
    )
    data = {
        "base_url": profile.base_url,
        "token_source": session.token.source,
        "directory": profile.directory,
        "scope": profile.scope,
        "manage_groups": profile.manage_groups,
        "facts": asdict(facts),
        "dialect": asdict(session.tenant.dialect),
        "managed": {"users": len(links.users), "groups": len(links.groups)},
        "last_run": None if last is None else asdict(last),
    }
    return Result(data=data, table=Table(("setting", "value"), rows))


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"
