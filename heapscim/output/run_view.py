"""Prints what a run really did: counts, and each failure with its message and the next step."""

from __future__ import annotations

from heapscim.model.changes import subject
from heapscim.model.outcomes import Outcome, RunResult
from heapscim.model.plan import Plan, counts_of
from heapscim.output.change_labels import KINDS, summary_of_done
from heapscim.output.console import Screen
from heapscim.output.plan_view import MOST_ROWS, tell_undone
from heapscim.output.text import wrapped


def show_run(result: RunResult, plan: Plan, screen: Screen) -> None:
    """Prints the outcome of a run: what Heap did otherwise, each failure, the counts, and the next step."""
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
    is_amiss = result.failures or plan.broken
    style = "bold red" if is_amiss else "bold yellow" if plan.withheld or plan.conflicts else "bold green"
    for line in wrapped(run_counts(result, plan), screen.width):
        screen.print(line, style)
    if reason := _why_not_attempted(result):
        screen.print(f"{reason} Run the same command again to do the rest.")
    elif failures:
        screen.note(f"`heapscim resume {result.run_id}` tries again what failed.")


def show_run_briefly(result: RunResult, plan: Plan, screen: Screen) -> None:
    """Prints in one line what a run changed, or nothing; stderr says what failed or isn't done."""
    if result.counts.get("done"):
        screen.print(run_counts(result, plan))
    else:
        screen.tell(run_counts(result, plan))
    failures = [outcome for outcome in result.outcomes if outcome.status == "failed"]
    for outcome in failures[:MOST_ROWS]:
        screen.tell(f"Failed: {_line(outcome)} {outcome.hint or ''}".rstrip())
    if len(failures) > MOST_ROWS:
        screen.tell(f"… and {len(failures) - MOST_ROWS:,} more failed (`heapscim history {result.run_id}` names all).")
    if reason := _why_not_attempted(result):
        screen.tell(f"{reason} Run the same command again to do the rest.")
    tell_undone(plan, screen)


def run_words(data: object) -> str | None:
    """Returns what a run did, in one line, from the JSON of a command; None if the command made no run."""
    match data:
        case {"run": {"id": str(run), "counts": dict(counts)}} | {"run": str(run), "counts": dict(counts)}:
            words = ", ".join(f"{count:,} {str(word).replace('_', ' ')}" for word, count in counts.items())
            return f"Run {run}: {words}; `heapscim history {run}` shows each."
        case _:
            return None


def run_counts(result: RunResult, plan: Plan) -> str:
    """Returns one line: how many changes ended in which way, and what was done."""
    counts = (
        (result.counts.get("failed", 0), "failed"),
        (result.counts.get("not_attempted", 0), "not attempted"),
        (len(plan.withheld), "withheld"),
        (len(plan.conflicts), "in conflict"),
        (len(plan.broken), "can't be read"),
    )
    done = [outcome.change for outcome in result.outcomes if outcome.status == "done"]
    words = ", ".join([f"{len(done):,} done", *(f"{count:,} {word}" for count, word in counts if count)])
    what = summary_of_done(counts_of(done))
    return f"Run {result.run_id}: {words}." + (f" {what}." if what else "")


def _why_not_attempted(result: RunResult) -> str | None:
    left = (outcome.message for outcome in result.outcomes if outcome.status == "not_attempted")
    return next(left, None)


def _line(outcome: Outcome) -> str:
    return f"{KINDS[outcome.change.kind].verb} {subject(outcome.change)}: {outcome.message}"
