"""``heapscim resume``: finishes a run that was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import NOTHING, Allowed, FullOption, YesOption, command
from heapscim.cli.run_argument import run_called
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from heapscim.ledger.protocol import Ledger
    from heapscim.output.envelope import Result
    from heapscim.workflows.manual_change import Decision, Scene
    from heapscim.workflows.session import Session

app = typer.Typer()

_RUN = (
    "The run, as history lists it, or last; it must be the newest that changed Heap. What may have been done is looked "
    "for first; what failed is tried again."
)


@app.command("resume")
@command("resume")
def resume(
    common: Common,
    run: Annotated[str, typer.Argument(metavar="RUN", help=_RUN)],
    yes: YesOption = False,
    allowed: Allowed = NOTHING,
    full: FullOption = False,
) -> Result:
    """Finish a run that was cut off."""
    from heapscim.model.changes import is_about_a_user
    from heapscim.workflows.importing.run import COMMAND
    from heapscim.workflows.importing.write import resume_import
    from heapscim.workflows.manual_change import change
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.recover import settle_cut_off
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        session.check_connected()
        with session.lock.held("resume"):
            found = run_called(session.ledger, run)
            if found.command == COMMAND:
                return await resume_import(session, found.run, yes=yes)
            _check(session.ledger, found.run)
            resolution = await settle_cut_off(session)
            groups = any(not is_about_a_user(entry.change) for entry in session.ledger.recorded(found.run))
            options = SyncOptions(allowances=allowed.allowances(), yes=yes, full=full, continues=found.run)
            return await change(
                session,
                "resume",
                options,
                lambda scene: _rest(session, found.run, scene),
                groups=groups,
                resolution=resolution,
            )

    return in_session(common, work)


def _rest(session: Session, run: str, scene: Scene) -> Decision:
    from heapscim.execution.resume import remaining

    rest = remaining(session.ledger.recorded(run), scene.current, scene.links, session.unreadable)
    return rest.changes, rest.notices


def _check(ledger: Ledger, run: str) -> None:
    """Raises UsageError for a run that can't be resumed, Unsafe for one that is no longer the newest."""
    from heapscim.errors import Unsafe, UsageError

    if not ledger.recorded(run):
        raise UsageError(f"Run {run} changed nothing in Heap.", hint="Run its command again: it skips what is done.")
    later = ledger.continuation_of(run)
    if later is not None:
        raise UsageError(f"Run {run} was carried on by run {later}.", hint=f"`heapscim resume {later}`.")
    newest = ledger.last_change()
    if newest != run:
        hint = "Run `heapscim sync`: it decides anew what is still missing."
        raise Unsafe(f"Run {run} was followed by run {newest}: what it left undone may be wrong by now.", hint=hint)
