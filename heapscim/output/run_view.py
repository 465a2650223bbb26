"""Prints what a run really did: counts, and each failure with its message and the next step."""

from __future__ import annotations

from heapscim.model.changes import subject
from heapscim.model.outcomes import Outcome, RunResult
from heapscim.output.change_labels import KINDS
from heapscim.output.console import Screen
from heapscim.output.plan_view import MOST_ROWS


def show_run(result: RunResult, screen: Screen, *, withheld: int = 0, broken: int = 0) -> None:
    """Prints the outcome of a run, how many changes its plan withheld, and how many resources can't be read."""
    done, failed = result.counts.get("done", 0), result.counts.get("failed", 0)
    left = result.counts.get("not_attempted", 0)
    said = [outcome for outcome in result.outcomes if outcome.status == "done" and outcome.message]
    for outcome in said[:MOST_ROWS]:
        screen.print(f"  {_line(outcome)}", "yellow")
    failures = [outcome for outcome in result.outcomes if outcome.status == "failed"]
    for outcome in failures[:MOST_ROWS]:
        screen.print(f"  {_line(outcome)}", "red")
        if outcome.hint:
            screen.print(f"      {outcome.hint}")
    if len(failures) > MOST_ROWS:
        screen.print(f"  … and {len(failures) - MOST_ROWS:,} more failed (--output json names all)", "red")
    counts = ((failed, "failed"), (left, "not attempted"), (withheld, "withheld"), (broken, "can't be read"))
    words = ", ".join([f"{done:,} done", *(f"{count:,} {word}" for count, word in counts if count)])
    style = "bold red" if done < len(result.outcomes) or broken else "bold yellow" if withheld else "bold green"
    screen.print(f"Run {result.run_id}: {words}.", style)
    if left and (reason := next(outcome.message for outcome in result.outcomes if outcome.status == "not_attempted")):
        screen.print(f"{reason} Run the same command again to do the rest.")
    elif failed:
        screen.note(f"`heapscim resume {result.run_id}` tries again what failed.")


def run_words(data: object) -> str | None:
    """Returns what a run did, in one line, from the JSON of a command; None if the command made no run."""
    match data:
        case {"run": {"id": str(run), "counts": dict(counts)}} | {"run": str(run), "counts": dict(counts)}:
            words = ", ".join(f"{count:,} {str(word).replace('_', ' ')}" for word, count in counts.items())
            return f"Run {run}: {words}; `heapscim history {run}` shows each."
        case _:
            return None


def _line(outcome: Outcome) -> str:
    return f"{KINDS[outcome.change.kind].verb} {subject(outcome.change)}: {outcome.message}"
