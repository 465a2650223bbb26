"""Prints the provisioning log for a person: errors and the next step come last, where they are seen first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from heapscim.ledger.entries import Operation, Proof, RunSummary
from heapscim.model.changes import PHASES
from heapscim.output.change_labels import KINDS, counted, summary_of_done
from heapscim.output.console import Screen
from heapscim.output.history.rows import (
    STATE_WORDS,
    command_line,
    counts_in_words,
    iso_time,
    outcome_of,
    runs_table,
    verb_of,
    what_changes,
)
from heapscim.output.plan_view import MOST_ROWS
from heapscim.output.tables import Table, show_table


@dataclass(frozen=True, slots=True)
class Sequel:
    """Says what came after a run."""

    carried_on_by: str | None
    """The run that did the rest of it."""
    is_newest: bool
    """Whether no later run changed Heap, so that the rest of it still fits."""


def show_runs(runs: Sequence[RunSummary], screen: Screen, *, since: float | None = None) -> None:
    """Prints runs, newest first; on a terminal their names are never cropped, because people type them."""
    if not runs:
        screen.note("No run yet." if since is None else f"No run since {iso_time(since)}.")
    elif screen.is_pretty:
        rows = tuple(
            (run.run, _minute(run.started), command_line(run), f"{run.who}@{run.host}", _ending(run)) for run in runs
        )
        columns = ("run", "began (UTC)", "command", "by", "outcome")
        show_table(Table(columns, rows, whole=frozenset({"run", "began (UTC)", "outcome"}), spare=("by",)), screen)
    else:
        show_table(runs_table(runs), screen)


def show_run_changes(run: RunSummary, operations: Sequence[Operation], screen: Screen, sequel: Sequel) -> None:
    """Prints one run, its changes, and the next step if something is left to do."""
    by = f"by {run.who} on {run.host} (process {run.pid}), {iso_time(run.started)}"
    kinds = Counter(entry.kind for entry in operations if entry.state == "done")
    done = summary_of_done({kind: kinds[kind] for phase in PHASES for kind in phase if kinds[kind]})
    what = f" {done}." if done else ""
    screen.print(f"Run {run.run}: {command_line(run)}, {by}: {outcome_of(run)}.{what}", "bold")
    _show_changes(operations, screen, run=run)
    if next_step := _next_step(run, operations, sequel):
        screen.note(next_step)


def show_changes(operations: Sequence[Operation], screen: Screen) -> None:
    """Prints changes of several runs, each with the run it belongs to."""
    _show_changes(operations, screen)


def show_proof(proof: Proof, screen: Screen) -> None:
    """Prints whether the log is intact, and its head, to be noted down."""
    for problem in proof.problems:
        screen.print(f"  {problem}", "red")
    if proof.problems:
        screen.print("The log is not as heapscim wrote it.", "bold red")
        return
    pruned = f" ({proof.pruned:,} of them no longer kept)" if proof.pruned else ""
    screen.print(f"The log is whole: {counted(proof.events, 'event')}{pruned}.", "bold green")
    screen.print(f"Head: {proof.head}")


def _next_step(run: RunSummary, operations: Sequence[Operation], sequel: Sequel) -> str | None:
    """Returns what to do about a run that isn't done, None if it is."""
    if run.ended is not None and all(state == "done" for state, count in run.counts.items() if count):
        return None
    if not any(entry.kind in KINDS for entry in operations):
        cut_off = "The run hasn't ended: it is under way, or was cut off; then its command does the rest."
        return cut_off if run.ended is None else None
    if sequel.carried_on_by is not None:
        return f"Run {sequel.carried_on_by} carried it on."
    if not sequel.is_newest:
        return "A later run has changed Heap: what is left of this one may be wrong by now. A sync decides again."
    if run.ended is None:
        return f"The run hasn't ended: it is under way, or was cut off; then `heapscim resume {run.run}` does the rest."
    return f"{counts_in_words(run)}. `heapscim resume {run.run}` tries the rest again."


def _show_changes(operations: Sequence[Operation], screen: Screen, *, run: RunSummary | None = None) -> None:
    # On a terminal the server's messages stand below, since no column is wide enough; a pipe gets them in each row.
    if screen.is_pretty:
        cells = [
            (*_what(entry, MOST_ROWS), *((_requests(entry),) if run else ()), _state(entry, run))
            for entry in operations
        ]
        columns: tuple[str, ...] = ("name", "change", "reason", *(("requests",) if run else ()), "outcome")
    else:
        cells = [
            (*_what(entry, None), _requests(entry), entry.message or "", _state(entry, run)) for entry in operations
        ]
        columns = ("name", "change", "reason", "requests", "message", "outcome")
    whole = frozenset({"name", "change", "reason", "outcome"})
    show_table(Table(columns, tuple(cells), empty="No change.", whole=whole, spare=("requests",)), screen)
    if screen.is_pretty:
        _show_words([entry for entry in operations if entry.message], screen)


def _what(entry: Operation, most: int | None) -> tuple[str, str, str]:
    return entry.subject, what_changes(entry, most=most), entry.reason


def _requests(entry: Operation) -> str:
    return f"{entry.attempts} in {entry.seconds:.2f} s" if entry.attempts else ""


def _state(entry: Operation, run: RunSummary | None) -> str:
    word = STATE_WORDS.get(entry.state, entry.state)
    return word if run else f"{word} in {entry.run}"


def _show_words(spoken: Sequence[Operation], screen: Screen) -> None:
    if spoken:
        screen.print()
    for entry in spoken[:MOST_ROWS]:
        screen.print(
            f"  {verb_of(entry)} {entry.subject}: {entry.message}", "yellow" if entry.state == "done" else "red"
        )
    if len(spoken) > MOST_ROWS:
        screen.print(f"  … and {len(spoken) - MOST_ROWS:,} more (--output csv has all)")


def _ending(run: RunSummary) -> str:
    """Returns how a run ended, with its counts; "done" and "failed" follow from the counts."""
    counts, outcome = counts_in_words(run), outcome_of(run)
    return counts if counts and outcome in ("done", "failed") else f"{outcome}: {counts}" if counts else outcome


def _minute(moment: float) -> str:
    """Returns day and minute; a run's name begins with the year."""
    return datetime.fromtimestamp(moment, UTC).strftime("%m-%d %H:%M")
