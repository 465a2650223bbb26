"""``heapscim history``: the provisioning log. Reads the ledger alone: no token, no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import command
from heapscim.cli.run_argument import run_called
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from heapscim.ledger.protocol import Ledger
    from heapscim.output.envelope import Result

app = typer.Typer()


@app.command("history")
@command("history")
def history(
    common: Common,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run of the list, or last: show each of its changes.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Runs from then on: 2025-03-01, or 7d, 12h, 30m.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="USER",
            help="What was done to this person or group, memberships included.",
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that nothing in the ledger was changed by another hand.")
    ] = False,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="HASH", help="With --verify: a head noted earlier must still be in the chain."),
    ] = None,
) -> Result:
    """Show what was done, run by run, and prove that the log is whole."""
    import time

    from heapscim.errors import UsageError

    if head is not None and not verify:
        raise UsageError("--head says what --verify must find.", hint="Add --verify.")
    if verify and (run or since or user):
        raise UsageError("--verify is about the whole log.", hint="Leave RUN, --since and --user out.")
    start = None if since is None else moment(since, time.time())
    with _ledger(common, inspect=verify) as ledger:
        if verify:
            return _proof(ledger, head)
        if run is None and user is None:
            return _runs(ledger, start)
        return _changes(ledger, run, start, user)


def moment(text: str, now: float) -> float:
    """Seconds since 1970 of an ISO date or time (local unless it says otherwise), or of so long ago."""
    from datetime import datetime

    from heapscim.errors import UsageError
    from heapscim.workflows.durations import FORMS, duration

    ago = duration(text)
    if ago is not None:
        return now - ago
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{text!r} is no date.", hint=f"Such as 2025-03-01, 2025-03-01T08:00, {FORMS}.") from None


def _ledger(common: Common, *, inspect: bool) -> AbstractContextManager[Ledger]:
    from contextlib import closing

    from heapscim.config.paths import user_folders
    from heapscim.ledger.opening import LedgerPlace
    from heapscim.workflows.profiles import load_profile

    folders = user_folders()
    profile = load_profile(folders.settings_file(common.profile))
    place = LedgerPlace(folders, common.profile)
    return closing(place.inspect(profile.base_url) if inspect else place.open(profile.base_url))


def _runs(ledger: Ledger, since: float | None) -> Result:
    from heapscim.ledger.entries import RunFilter
    from heapscim.output.envelope import Result
    from heapscim.output.history.rows import run_document, runs_table
    from heapscim.output.history.view import show_runs

    found = ledger.runs(RunFilter(since=since))
    data = [run_document(summary) for summary in found]
    return Result(data, runs_table(found), lambda screen: show_runs(found, screen, since=since))


def _changes(ledger: Ledger, run: str | None, since: float | None, about: str | None) -> Result:
    from heapscim.ledger.entries import RunFilter
    from heapscim.output.change_labels import listed
    from heapscim.output.envelope import Result
    from heapscim.output.history.rows import changes_csv, operation_document, run_document
    from heapscim.output.history.view import Sequel, show_changes, show_run_changes

    named = None if run is None else run_called(ledger, run)
    runs = (named,) if named is not None else ledger.runs(RunFilter(since=since, about=about))
    operations = tuple(operation for one in runs for operation in ledger.operations(one.run, about=about))
    changes = [operation_document(operation) for operation in operations]
    table = changes_csv(operations)
    if named is None:
        return Result({"changes": changes}, table, lambda screen: show_changes(operations, screen))
    adopted = [adoption.user_name for adoption in ledger.take_overs(named.run)]
    sequel = Sequel(ledger.continuation_of(named.run), is_newest=ledger.last_change() == named.run)
    return Result(
        data={"changes": changes, "run": run_document(named), "taken_over": adopted},
        table=table,
        show=lambda screen: show_run_changes(named, operations, screen, sequel),
        notices=(f"Taken over as they were: {listed(adopted)}.",) if adopted else (),
    )


def _proof(ledger: Ledger, head: str | None) -> Result:
    from dataclasses import asdict

    from heapscim.output.envelope import Result
    from heapscim.output.facts import facts_table
    from heapscim.output.history.view import show_proof
    from heapscim.workflows import exit_codes

    proof = ledger.prove(noted=head)
    data = {"whole": not proof.problems, **asdict(proof)}
    return Result(
        data,
        facts_table(data),
        show=lambda screen: show_proof(proof, screen),
        exit_code=exit_codes.ERROR if proof.problems else exit_codes.DONE,
    )
