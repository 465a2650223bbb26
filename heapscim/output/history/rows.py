"""Returns the provisioning log as JSON values and rows: runs, and their changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from heapscim.ledger.entries import Operation, RunSummary
from heapscim.model.outcomes import RecordedState
from heapscim.output.change_labels import KINDS
from heapscim.output.tables import Table

_STATES: tuple[RecordedState, ...] = ("done", "failed", "not_attempted", "sent", "planned")
STATE_WORDS: Mapping[RecordedState, str] = {"not_attempted": "not done", "sent": "open"}


def run_document(run: RunSummary) -> dict[str, object]:
    """Returns a run as JSON values, with times in ISO 8601."""
    return {**asdict(run), "started": iso_time(run.started), "ended": iso_time(run.ended)}


def operation_document(operation: Operation) -> dict[str, object]:
    """Returns one change as JSON values, with the state before it and after it."""
    before, after = before_and_after(operation)
    return {
        **asdict(operation),
        "change": json.loads(operation.change),
        "sent_at": iso_time(operation.sent_at),
        "settled_at": iso_time(operation.settled_at),
        "before": before,
        "after": after,
    }


def runs_table(runs: Sequence[RunSummary]) -> Table:
    """Returns runs as rows: when, what, by whom, how many changes, and how they ended."""
    rows = tuple(
        (
            run.run,
            iso_time(run.started) or "",
            command_line(run),
            f"{run.who}@{run.host}",
            counts_in_words(run),
            outcome_of(run),
        )
        for run in runs
    )
    return Table(("run", "started", "command", "by", "changes", "outcome"), rows)


def changes_csv(operations: Sequence[Operation]) -> Table:
    """Returns everything that is known of each change as rows, for CSV."""
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
            iso_time(operation.sent_at) or "",
            iso_time(operation.settled_at) or "",
            str(operation.attempts),
            f"{operation.seconds:.3f}",
            operation.id or "",
            operation.error_code or "",
            operation.message or "",
            operation.state,
        ))  # fmt: skip
    return Table((*columns, "id", "error", "message", "state"), tuple(rows), empty="No change.")


def what_changes(operation: Operation, *, most: int | None = None) -> str:
    """Returns what a change does, such as ``update: role Analyst → Admin``; ``most`` limits the members it names."""
    before, after = before_and_after(operation)
    parts = [
        f"{name} {_value(before[name], most)} → {_value(after.get(name), most)}"
        if name in before
        else f"{name} {_value(value, most)}"
        for name, value in {**before, **after}.items()
        if name not in ("active", "managed")
    ]
    hand = ["managed by hand"] if after.get("managed") == "by hand" else []
    verb = verb_of(operation)
    return f"{verb}: {', '.join((*hand, *parts))}" if hand or parts else verb


def verb_of(operation: Operation) -> str:
    """Returns the kind of a change in words; what another command recorded keeps that command's word."""
    return next((words.verb for kind, words in KINDS.items() if kind == operation.kind), operation.kind)


def before_and_after(  # noqa: C901 - one case for each kind
    operation: Operation,
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Returns the state before a change and after it, each as attributes."""
    change = json.loads(operation.change)
    names = [member["user_name"] for member in change.get("members", ())]
    match operation.kind:
        case "create_user":
            return {}, {"active": True, **_management(change), **change["attributes"]}
        case "update_user":
            return change["before"], change["after"]
        case "reactivate_user":
            return {"active": False, **change["before"]}, {"active": True, **change["after"]}
        case "deactivate_user":
            return {"active": True}, {"active": False}
        case "delete_user":
            return change["before"], {}
        case "create_group" | "add_members":
            return {}, {**_management(change), "members": names}
        case "remove_members" | "delete_group":
            return {"members": names}, {}
        case "rename_group":
            return {"name": change["name"]}, {"name": change["new_name"]}
        case "take_over_group":
            return {"managed": "by hand" if change.get("by_hand") else False}, {"managed": True}
        case "release_user" | "release_group":
            return {"managed": True}, {"managed": "by hand" if change.get("by_hand") else False}
        case _:
            return {}, change if isinstance(change, dict) else {}


def _management(change: Mapping[str, Any]) -> Mapping[str, str]:
    """Returns an attribute that says "managed by hand", if that is so."""
    return {"managed": "by hand"} if change.get("by_hand") else {}


def command_line(run: RunSummary) -> str:
    """Returns what was asked for: the command, the run that it continues, and each allowance."""
    words = [run.command, *([run.continues] if run.continues else [])]
    words += [f"--allow-{name.replace('_', '-')} {number}" for name, number in run.allowances.items()]
    return " ".join(words)


def counts_in_words(run: RunSummary) -> str:
    """Returns counts such as ``16 done, 6 failed``; empty if the run had no change."""
    return ", ".join(
        f"{run.counts[state]:,} {STATE_WORDS.get(state, state)}" for state in _STATES if run.counts.get(state)
    )


def outcome_of(run: RunSummary) -> str:
    """Returns how the run ended."""
    return run.outcome or "not ended"


def iso_time(moment: float | None) -> str | None:
    """Returns a time in seconds since 1970 as ISO 8601, in UTC."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _words(attributes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in attributes.items())


def _value(value: object, most: int | None = None) -> str:
    if isinstance(value, list):
        rest = 0 if most is None else max(0, len(value) - most)
        named = "; ".join(map(str, value[:most]))
        return f"{named} and {rest:,} more (--output csv names all)" if rest else named
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
