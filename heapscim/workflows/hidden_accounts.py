"""Takes over accounts and groups that the tenant's list hides: a create that fails with a 409 reveals them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from heapscim.errors import Taken
from heapscim.execution.backfill import with_named
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.workflows import exit_codes
from heapscim.workflows.reconcile import SyncOptions, carry_out, decide_with_lookups, read_sides
from heapscim.workflows.session import Session


async def follow_up(session: Session, result: Result, options: SyncOptions) -> Result:
    """Plans and carries out once more, if names were taken by accounts or groups in this tenant.

    The second plan is a plan like any other: shown, checked, confirmed and recorded. What can't be found stays failed.
    After a no to the second plan, all of it does.
    """
    users, groups = set(_taken(result, "create_user")), set(_taken(result, "create_group"))
    if not (users or groups) or result.exit_code == exit_codes.INTERRUPTED:
        return result
    sides = await read_sides(session, options.directory)
    current = await with_named(sides.current, users, groups, session.tenant)
    if current == sides.current:
        return result
    plan = await decide_with_lookups(session, replace(sides, current=current), options, command="sync")
    second = await carry_out(session, plan, options)

    def show(screen: Screen) -> None:
        for part in (result, second):
            if part.show is not None:
                part.show(screen)

    data: Any = result.data
    return Result(
        data={**data, "follow_up": second.data},
        table=second.table,
        show=show,
        notices=(*result.notices, *second.notices),
        pages=False,
        work=(*result.work, *second.work),
        exit_code=result.exit_code if second.exit_code == exit_codes.DECLINED else second.exit_code,
    )


def _taken(result: Result, kind: str) -> Iterator[str]:
    """Yields the names of what wasn't created because the name is taken."""
    data: Any = result.data
    for remark in (data.get("run") or {}).get("remarks", ()):
        change = remark["change"]
        if remark["error_code"] == Taken.code and change["kind"] == kind:
            yield change.get("user_name") or change["name"]
