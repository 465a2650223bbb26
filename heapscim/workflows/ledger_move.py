"""Moves a ledger to another place: copies it, proves the copy, and only then lets the profile go on there.

Interrupted before the last two steps, nothing has changed. Between them, the old ledger says where it went, and nothing
is written anywhere until the same command is given again.
"""

from __future__ import annotations

from contextlib import closing

from heapscim.config.ledger_url import ledger_url_setting
from heapscim.config.profile import Profile
from heapscim.errors import UsageError
from heapscim.ledger.copying import LOCAL, copy_whole
from heapscim.ledger.entries import Proof
from heapscim.ledger.opening import LedgerPlace
from heapscim.ledger.protocol import Ledger
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_table
from heapscim.output.progress import progress_bar
from heapscim.workflows.context import Context
from heapscim.workflows.profiles import load_profile, save_profile


def move(context: Context, where: str) -> Result:
    """Moves the profile's ledger to a database, or back to a file of this machine; nothing may run meanwhile.

    Raises UsageError for a place that is none, Busy, and LedgerError if the copy can't be made, proven and used.
    """
    profile = load_profile(context.settings_file)
    source = context.ledger
    target = source.at(_url_of(where))
    if target.url == source.url:
        raise UsageError(f"The ledger of profile {context.profile} is there already: {target}.")
    with (
        source.lock().held("ledger move"),
        target.lock().held("ledger move"),
        closing(source.open(profile.base_url, moved=True)) as old,
        closing(target.open(profile.base_url, moved=True)) as new,
        progress_bar(context.screen, "Moving the ledger"),
    ):
        if (gone := old.moved_to()) not in (None, str(target)):
            raise UsageError(f"This ledger was moved to {gone}, so it isn't moved to {target}.")
        proof = copy_whole(old, new)
        _switch(context, profile, old, target)
    return _result(source, target, proof)


def _switch(context: Context, profile: Profile, old: Ledger, target: LedgerPlace) -> None:
    """Makes the old ledger say where it went, so that no other machine writes on into it, and the profile follow."""
    old.note_moved(str(target))
    try:
        changed = profile.ledger.model_copy(update={"url": target.url})
        save_profile(context.settings_file, profile.model_copy(update={"ledger": changed}))
    except BaseException:
        if load_profile(context.settings_file).ledger.url != target.url:
            old.note_moved(None)
        raise


def _url_of(where: str) -> str | None:
    if where == LOCAL:
        return None
    try:
        return ledger_url_setting(where)
    except ValueError as error:
        raise UsageError(
            f"{error}", hint=f"`heapscim ledger move {LOCAL}` moves it into a file of this machine."
        ) from None


def _result(source: LedgerPlace, target: LedgerPlace, proof: Proof) -> Result:
    data = {
        "from": str(source),
        "to": str(target),
        "head": proof.head,
        "events": proof.events,
        "links": proof.links,
    }
    setting = "unset ledger.url" if target.url is None else f"set ledger.url={target.url}"

    def show(screen: Screen) -> None:
        managed = f"{proof.links:,} users and groups are managed"
        screen.print(
            f"The ledger is in {target} now, whole: {counted(proof.events, 'event')}; {managed}.", "bold green"
        )
        screen.print(f"Head: {proof.head}")
        screen.note(f"Each other machine needs `heapscim profiles {setting}`. Its old ledger refuses to go on.")

    return Result(data, facts_table(data), show=show, pages=False)
