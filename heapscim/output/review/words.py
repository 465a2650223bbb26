"""Puts what a review says into words, the same for every form of output."""

from __future__ import annotations

from heapscim.output.change_labels import KINDS
from heapscim.output.history.rows import iso_time
from heapscim.planning.review.values import LastChange, Since

OUTSIDE = "changed outside heapscim"
UNKNOWN = "not in the log"


def day_of(at: float) -> str:
    """Returns the day of a moment, in UTC."""
    return (iso_time(at) or "")[:10]


def minute_of(at: float) -> str:
    """Returns the day and minute of a moment, in UTC."""
    return (iso_time(at) or "")[:16].replace("T", " ")


def since_in_words(since: Since | None) -> str:
    """Returns since when something holds: a day, a day that Heap states, or that it isn't known; empty for None."""
    if since is None:
        return ""
    if since.at is None:
        return OUTSIDE if since.origin == "outside" else UNKNOWN
    return f"{day_of(since.at)} (created in Heap)" if since.origin == "heap" else day_of(since.at)


def change_in_words(change: LastChange) -> str:
    """Returns what the newest change of a run did, as a verb."""
    return "take over" if change.kind == "take_over_user" else KINDS[change.kind].verb
