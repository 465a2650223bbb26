"""Explains one person: read, scope, map, match, decision, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from heapscim.cli.reconciling import SyncOptions, decide_desired, make_plan
from heapscim.cli.session import Session
from heapscim.directory.snapshot import DirectorySnapshot
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_result
from heapscim.output.plan_words import detail
from heapscim.provisioning.plan import Plan
from heapscim.provisioning.state import CurrentUser, DesiredState, Links, match_key


async def explained(session: Session, name: str, spec: str | None) -> Result:
    """The chain of decisions about one person, by userName or Heap id."""
    snapshot = await session.directory(spec).read(lambda _read, _of: None)
    account = await session.tenant.get_user(name) or await session.tenant.find_user(name)
    links = session.ledger.links()
    user_name = account.user_name if account is not None else name
    plan = await make_plan(session, SyncOptions(directory=spec, only=user_name), "users explain")
    desired = decide_desired(session, snapshot)
    rows = tuple(_stages(snapshot, desired, account, links, plan, user_name))
    return facts_result([{"stage": stage, "finding": finding} for stage, finding in rows], ("stage", "finding"), rows)


def _stages(
    snapshot: DirectorySnapshot,
    desired: DesiredState,
    account: CurrentUser | None,
    links: Links,
    plan: Plan,
    name: str,
) -> Iterator[tuple[str, str]]:
    key = match_key(name)
    person = next((person for person in snapshot.people if match_key(person.user_name) == key), None)
    wanted = next((user for user in desired.users if user.match_key == key), None)
    if person is None:
        yield "read", f"{snapshot.source} doesn't hold {name}"
    else:
        yield "read", f"{snapshot.source} holds {name} with the id {person.external_id}"
        skip = next((skip for skip in desired.skips if skip.external_id == person.external_id), None)
        groups = ", ".join(sorted(desired.memberships.get(person.external_id, ())))
        yield "scope", f"out: {skip.reason}" if skip else "in" + (f", held by {groups}" if groups else "")
    if wanted is not None:
        mapped = ", ".join(f"{path} {value!r}" for path, value in sorted(wanted.attributes.items()))
        yield "map", mapped or "userName alone"
    if account is None:
        yield "match", "no account in Heap"
    else:
        link = next((link for link in links.users if link.id == account.id), None)
        how = f"linked to {link.external_id}, managed" if link else "by userName; managed by nobody here yet"
        yield "match", f"account {account.id}, {'active' if account.active else 'inactive'}, {how}"
    yield from _decisions(plan)


def _decisions(plan: Plan) -> Iterator[tuple[str, str]]:
    found = [
        *(f"{change.kind}: {', '.join(filter(None, (detail(change), change.reason)))}" for change in plan.changes),
        *(f"take over as it is: {entry.user_name}" for entry in plan.adoptions),
        *(f"conflict: {entry.message} {entry.hint}" for entry in plan.conflicts),
        *(f"withheld: {entry.change.kind}: {entry.evidence}" for entry in plan.withheld),
        *(f"leaves {entry.lost}, still covered by {', '.join(entry.held_by)}" for entry in plan.covered),
    ]
    for finding in found or ["nothing to do"]:
        yield "decision", finding
