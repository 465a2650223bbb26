"""Returns a review as JSON values and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from heapscim.output.change_labels import counted
from heapscim.output.history.rows import iso_time
from heapscim.output.review.words import change_in_words, day_of, minute_of, since_in_words
from heapscim.output.tables import Table
from heapscim.planning.review.values import Membership, Review, ReviewedPerson, Since

_TIMES = frozenset({"at", "since", "until", "log_begins"})
_PEOPLE = (
    "userName", "name", "id", "state", "state_since", "state_run", "role", "role_since", "role_run", "group",
    "group_managed", "group_since", "group_run", "managed", "managed_since", "managed_run", "last_changed",
    "last_change", "last_reason", "last_run",
)  # fmt: skip


def review_document(review: Review) -> dict[str, Any]:
    """Returns a review as JSON values, with times in ISO 8601."""
    totals = {
        "people": len(review.people),
        "active": sum(person.active for person in review.people),
        **{word.replace(" ", "_"): review.managed(word) for word in ("managed", "by hand", "unmanaged")},
        **{word.replace(" ", "_"): review.count(word) for word in ("joined", "left", "role changed")},
    }
    people = [{**asdict(person), "changed_outside": person.is_changed_outside} for person in review.people]
    document = {**asdict(review), "people": people, "seats": review.seats, "totals": totals}
    found: dict[str, Any] = _with_iso_times(document)
    return found


def people_table(review: Review) -> Table:
    """Returns one row for each account, for a person to read."""
    rows = tuple(
        (
            person.user_name,
            person.role,
            ", ".join(entry.name for entry in person.memberships),
            since_in_words(person.active_since),
            person.management,
            state_of(person),
        )
        for person in review.people
    )
    return Table(
        ("userName", "role", "groups", "since", "managed", "state"),
        rows,
        whole=frozenset({"userName", "state"}),
        spare=("managed", "since"),
        empty="There is no account in Heap.",
        sum=totals_in_words(review),
    )


def people_csv(review: Review) -> Table:
    """Returns one row for each membership, and one for each account without any, with all that is known of it."""
    rows = tuple(row for person in review.people for row in _rows_of(person))
    return Table(_PEOPLE, rows)


def changes_table(review: Review) -> Table:
    """Returns the joiners, leavers and changes of roles in the period, newest first."""
    rows = tuple(
        (
            minute_of(change.at),
            change.user_name,
            change.what,
            f"{change.before or '–'} → {change.after or '–'}" if change.what == "role changed" else change.after,
            change.reason,
            change.run or "",
        )
        for change in review.changes
    )
    span = f"from {day_of(review.period.since)} to {day_of(review.period.until)}"
    return Table(
        ("when", "userName", "change", "role", "reason", "run"),
        rows,
        whole=frozenset({"when", "userName", "change", "role"}),
        spare=("run", "reason"),
        empty=f"Nobody joined, left or changed roles {span}.",
        sum=f"{counted(len(rows), 'change')} {span}",
    )


def changes_csv(review: Review) -> Table:
    """Returns the changes of the period with everything that is known of them."""
    rows = tuple(
        (
            iso_time(change.at) or "",
            change.user_name,
            change.id,
            change.what,
            change.before,
            change.after,
            change.reason,
            change.who,
            change.run or "",
        )
        for change in review.changes
    )
    return Table(("when", "userName", "id", "change", "role_before", "role_after", "reason", "by", "run"), rows)


def totals_in_words(review: Review) -> str:
    """Returns how many accounts there are, who manages them, and how many seats each role takes."""
    counts = Counter(person.management for person in review.people)
    managed = ", ".join(f"{counts[word]:,} {word}" for word in ("managed", "by hand", "unmanaged") if counts[word])
    seats = ", ".join(f"{number:,} {role or 'without a role'}" for role, number in review.seats.items())
    return "; ".join(
        filter(None, (counted(len(review.people), "account"), managed, f"active: {seats}" if seats else ""))
    )


def state_of(person: ReviewedPerson) -> str:
    """Returns whether an account is active, as a word."""
    return "active" if person.active else "inactive"


def _rows_of(person: ReviewedPerson) -> Iterator[tuple[str, ...]]:
    last = person.last_change
    who = (
        person.user_name, person.name, person.id, state_of(person), *_since(person.active_since), person.role,
        *_since(person.role_since),
    )  # fmt: skip
    change = (
        ("", "", "", "") if last is None else (iso_time(last.at) or "", change_in_words(last), last.reason, last.run)
    )
    for entry in person.memberships or (None,):
        yield (*who, *_group(entry), person.management, *_since(person.managed_since), *change)


def _group(entry: Membership | None) -> tuple[str, ...]:
    return ("", "", "", "") if entry is None else (entry.name, entry.management, *_since(entry.since))


def _since(since: Since | None) -> tuple[str, str]:
    return since_in_words(since), (since and since.run) or ""


def _with_iso_times(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """Returns a value with each time in it, known by its field's name, in ISO 8601."""
    if name in _TIMES and isinstance(value, int | float):
        return iso_time(value)
    if isinstance(value, Mapping):
        return {key: _with_iso_times(entry, key) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_with_iso_times(entry) for entry in value]
    return value
