"""Connects a group of the directory to Heap, or disconnects it, after showing what the next sync would then do.

Only the directory is changed; the next sync does the rest.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial

from heapscim.directory.protocol import GroupBinder
from heapscim.errors import UsageError
from heapscim.model.plan import Plan, plan_to_document
from heapscim.model.state import match_key
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_table
from heapscim.output.plan_view import show_plan
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.output.tables import Table
from heapscim.workflows import exit_codes
from heapscim.workflows.consent import confirmed, declined
from heapscim.workflows.plan_results import changes_table, plan_data, show_only
from heapscim.workflows.reconcile import SyncOptions, decide_with_lookups, sides_of
from heapscim.workflows.session import Session


async def change_binding(session: Session, group: str, options: SyncOptions, *, bound: bool) -> Result:
    """Shows what the next sync would do, asks, and changes whether a group is bound."""
    session.check_connected()
    directory = session.directory(options.directory)
    if not isinstance(directory, GroupBinder):
        raise UsageError(
            f"heapscim can't change which groups are bound in {directory.spec}.", hint="Change it there by hand."
        )
    with progress_bar(session.screen) as bar:
        supposed, current = await asyncio.gather(
            directory.read_as_if(group, bound=bound, progress=ReadingProgress(bar, "Reading the directory")),
            session.tenant.read(groups=session.profile.manage_groups, progress=ReadingProgress(bar, "Reading Heap")),
        )
    name, word = supposed.group.name, "bound" if bound else "not bound"
    said: dict[str, object] = {"group": name, "id": supposed.group.external_id, "bound": bound}
    if not supposed.changes_anything:
        data = {**said, "changed": False}
        return Result(data, facts_table(data), partial(_show_same, f"{name} is {word} already."))
    command = "groups bind" if bound else "groups unbind"
    after, before = [
        await decide_with_lookups(session, await sides_of(session, snapshot, current), options, command="sync")
        for snapshot in (supposed.after, supposed.before)
    ]
    pending = _in_both(after, before)
    notices = (f"{pending} of these changes are pending already, with or without this.",) if pending else ()
    violations = session.check_guards(after, options.allowances)
    if violations:
        return show_only(after, violations, full=options.full, exit_code=exit_codes.UNSAFE, pages=False)
    if session.screen.format == "table" and not (options.yes and session.screen.quiet):
        show_plan(after, violations, session.screen, full=options.full)
    question = f"{command} {name}? The next sync then makes the changes above."
    if not options.yes and not confirmed(session.screen, question, hint="Nothing was changed."):
        return declined({**said, "changed": False})
    session.check_connected()
    await directory.set_bound(supposed.group.external_id, bound=bound)
    return Result(
        data={**plan_data(after, violations), **said, "changed": True},
        table=changes_table(after),
        show=lambda screen: _show(screen, f"{name} is {word} now in {supposed.after.source}.", after),
        notices=notices,
        pages=False,
    )


async def list_directory_groups(session: Session) -> Result:
    """Lists the groups of the profile's directory, and which are bound."""
    with progress_bar(session.screen) as bar:
        snapshot = await session.directory().read(ReadingProgress(bar, "Reading the directory"))
    groups = sorted(snapshot.groups or (), key=lambda group: match_key(group.name))
    data = [
        {
            "name": group.name,
            "id": group.external_id,
            "members": len(group.member_ids) if group.bound else None,
            "bound": group.bound,
        }
        for group in groups
    ]
    rows = tuple(
        (
            group.name,
            str(len(group.member_ids)) if group.bound else "",
            group.external_id,
            "bound" if group.bound else "not bound",
        )
        for group in groups
    )
    doubt = () if snapshot.completeness.proven else (snapshot.completeness.evidence,)
    table = Table(
        ("name", "members", "id", "state"), rows, frozenset({"members"}), frozenset({"name", "state"}), ("id",)
    )
    code = exit_codes.DONE if snapshot.completeness.proven else exit_codes.SOURCE_INCOMPLETE
    return Result(data, table, notices=(*snapshot.notices, *doubt), exit_code=code)


def _in_both(one: Plan, other: Plan) -> int:
    return len(_changes(one) & _changes(other))


def _changes(plan: Plan) -> set[str]:
    document = plan_to_document(plan)["changes"]
    return {json.dumps(change, sort_keys=True) for change in document} if isinstance(document, list) else set()


def _show_same(words: str, screen: Screen) -> None:
    if not screen.quiet:
        screen.print(words)


def _show(screen: Screen, words: str, plan: Plan) -> None:
    screen.print(words, "bold green")
    if not screen.quiet:
        after = (
            "This changes nothing in Heap." if plan.is_empty else "The next `heapscim sync` makes the changes above."
        )
        screen.print(after)
