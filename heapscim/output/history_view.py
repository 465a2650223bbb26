"""The provisioning log as documents, tables and lines: runs, their changes, and whether the log is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from heapscim.ledger.entries import Operation, RunSummary
from heapscim.ledger.proving import Proof
from heapscim.output.console import Screen
from heapscim.output.plan_words import KINDS, counted
from heapscim.output.tables import Table, show_table
from heapscim.provisioning.outcomes import RecordedState

_STATES: tuple[RecordedState, ...] = ("done", "failed", "not_attempted", "sent", "planned")
_WORDS = {"not_attempted": "not done", "sent": "open"}


def run_document(run: RunSummary) -> dict[str, object]:
    """A run as JSON values, times in ISO 8601."""
    return {**asdict(run), "started": _time(run.started), "ended": _time(run.ended)}


def operation_document(operation: Operation) -> dict[str, object]:
    """One change as JSON values, with what was there before it and after it."""
    before, after = before_and_after(operation)
    return {
        **asdict(operation),
        "change": json.loads(operation.change),
        "sent_at": _time(operation.sent_at),
        "settled_at": _time(operation.settled_at),
        "before": before,
        "after": after,
    }


def runs_table(runs: Sequence[RunSummary]) -> Table:
    """Runs, newest first: when, what, by whom, how many changes, and how they ended."""
    rows = tuple(
        (run.run, _time(run.started) or "", _command(run), f"{run.who}@{run.host}", _counts(run), _outcome(run))
        for run in runs
    )
    return Table(("run", "started", "command", "by", "changes", "outcome"), rows, empty="No run yet.")


def changes_csv(operations: Sequence[Operation]) -> Table:
    """Everything that is known of each change; what CSV shows."""
    columns = ("run", "seq", "name", "kind", "before", "after", "reason", "sent", "settled", "attempts", "seconds")
    rows = []
    for operation in operations:
        before, after = before_and_after(operation)
        rows.append((
            operation.run,
            str(operation.seq),
            operation.subject,
            operation.kind,
            _words(before),
            _words(after),
            operation.reason,
            _time(operation.sent_at) or "",
            _time(operation.settled_at) or "",
            str(operation.attempts),
            f"{operation.seconds:.3f}",
            operation.id or "",
            operation.error_code or "",
            operation.message or "",
            operation.state,
        ))  # fmt: skip
    return Table((*columns, "id", "error", "message", "state"), tuple(rows), empty="No change.")


def show_changes(run: RunSummary | None, operations: Sequence[Operation], screen: Screen) -> None:
    """Prints changes; those of one run under a line about it."""
    if run is not None:
        by = f"by {run.who} on {run.host} (process {run.pid}), {_time(run.started)}"
        screen.print(f"Run {run.run}: {_command(run)}, {by}: {_outcome(run)}.", "bold")
    rows = tuple(
        (
            operation.subject,
            _what(operation),
            operation.reason,
            f"{operation.attempts} in {operation.seconds:.2f} s" if operation.attempts else "",
            operation.message or "",
            _WORDS.get(operation.state, operation.state) if run else f"{operation.state} {_time(operation.settled_at)}",
        )
        for operation in operations
    )
    show_table(Table(("name", "change", "reason", "requests", "message", "outcome"), rows, empty="No change."), screen)
    if run is not None and run.ended is None:
        changes_heap = any(operation.kind in KINDS for operation in operations)
        rest = f"`heapscim resume {run.run}` does the rest" if changes_heap else "its command does the rest"
        screen.note(f"The run hasn't ended: it is under way, or was cut off; then {rest}.")


def show_proof(proof: Proof, screen: Screen) -> None:
    """Prints whether the log is whole, and the head to note down."""
    for problem in proof.problems:
        screen.print(f"  {problem}", "red")
    if proof.problems:
        screen.print("The log is not as heapscim wrote it.", "bold red")
        return
    pruned = f" ({proof.pruned:,} of them no longer kept)" if proof.pruned else ""
    screen.print(f"The log is whole: {counted(proof.events, 'event')}{pruned}.", "bold green")
    screen.print(f"Head: {proof.head}")


def before_and_after(  # noqa: C901 - one case for each kind
    operation: Operation,
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What a change finds and what it makes of it, each as attributes."""
    change = json.loads(operation.change)
    names = [member["user_name"] for member in change.get("members", ())]
    match operation.kind:
        case "create_user":
            return {}, {"active": True, **change["attributes"]}
        case "update_user":
            return change["before"], change["after"]
        case "reactivate_user":
            return {"active": False, **change["before"]}, {"active": True, **change["after"]}
        case "deactivate_user":
            return {"active": True}, {"active": False}
        case "delete_user":
            return change["before"], {}
        case "create_group" | "add_members":
            return {}, {"members": names}
        case "remove_members" | "delete_group":
            return {"members": names}, {}
        case "rename_group":
            return {"name": change["name"]}, {"name": change["new_name"]}
        case "take_over_group":
            return {"managed": False}, {"managed": True}
        case "release_user" | "release_group":
            return {"managed": True}, {"managed": False}
        case _:
            return {}, change if isinstance(change, dict) else {}


def _what(operation: Operation) -> str:
    """Such as ``update: role Analyst → Admin``."""
    before, after = before_and_after(operation)
    verb = next((words.verb for kind, words in KINDS.items() if kind == operation.kind), operation.kind)
    parts = [
        f"{name} {_value(before[name])} → {_value(after.get(name))}" if name in before else f"{name} {_value(value)}"
        for name, value in {**before, **after}.items()
        if name not in ("active", "managed")
    ]
    return f"{verb}: {', '.join(parts)}" if parts else verb


def _words(attributes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in attributes.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _command(run: RunSummary) -> str:
    words = [run.command, *([run.continues] if run.continues else [])]
    words += [f"--allow-{name.replace('_', '-')} {number}" for name, number in run.allowances.items()]
    return " ".join(words)


def _counts(run: RunSummary) -> str:
    return ", ".join(f"{run.counts[state]:,} {_WORDS.get(state, state)}" for state in _STATES if run.counts.get(state))


def _outcome(run: RunSummary) -> str:
    return run.outcome or "not ended"


def _time(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
