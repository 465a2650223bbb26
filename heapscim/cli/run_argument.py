"""How a run is named on the command line: as ``history`` lists it, or ``last`` for the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from heapscim.ledger.entries import RunSummary
    from heapscim.ledger.protocol import Ledger

LAST = "last"
RunArgument: TypeAlias = Annotated[str, typer.Argument(metavar="RUN", help="The run, as history lists it, or last.")]


def run_called(ledger: Ledger, name: str) -> RunSummary:
    """The run that is meant; raises UsageError where there is none."""
    from heapscim.errors import UsageError

    found = ledger.last_run() if name == LAST else ledger.run_named(name)
    if found is None:
        message = "There was no run yet." if name == LAST else f"There is no run {name}."
        raise UsageError(message, hint="List the runs with `heapscim history`.")
    return found
