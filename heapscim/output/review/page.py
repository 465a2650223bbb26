"""Writes a review as one page of HTML that needs no network.

Jinja2 escapes each text on its own; the page's policy lets no other script or style in than those that are hashed here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, TypeAlias

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from heapscim import __version__
from heapscim.output.review.charts import WIDTH, change_chart, seat_chart
from heapscim.output.review.rows import state_of
from heapscim.output.review.words import change_in_words, day_of, minute_of, since_in_words
from heapscim.output.text import visible
from heapscim.planning.review.buckets import buckets
from heapscim.planning.review.values import Review, ReviewedPerson, Since

Line: TypeAlias = tuple[str, str, str]
"""A text, a note in small letters, and the run that did it; each may be empty."""
Cell: TypeAlias = tuple[Line, ...]
_PEOPLE = ("Person", "Role", "Groups", "State", "Managed", "Last changed")
_CHANGES = ("When", "Person", "Change", "Role", "Why", "By")
_GROUPS = ("Group", "Active members", "Members", "Managed")


def page_of(review: Review, *, profile: str, tenant: str) -> str:
    """Returns the page; equal reviews make equal pages."""
    style, script = _file("page.css"), _file("page.js")
    over_time = buckets(review.changes, review.period)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_file("page.html")).render(
        policy="; ".join(
            (
                "default-src 'none'",
                f"script-src {_hash(script)}",
                f"style-src {_hash(style)}",
                "base-uri 'none'",
                "form-action 'none'",
                "require-trusted-types-for 'script'",
            )
        ),
        style=Markup(style),  # noqa: S704 - our own files, with no value in them
        script=Markup(script),  # noqa: S704
        profile=visible(profile),
        tenant=visible(tenant),
        version=__version__,
        made=minute_of(review.at),
        first=day_of(review.period.since),
        last=day_of(review.period.until),
        review=review,
        unknown=[visible(sentence) for sentence in review.unknown],
        seats=seat_chart(review.seats),
        roles=[(visible(role) or "no role", number) for role, number in review.seats.items()],
        chart=change_chart(over_time),
        over_time=over_time,
        width=WIDTH,
        data=_Packed.of(review),
    )


class _Packed:
    """Gathers tables of cells in a form that repeats no text: each is a number, its place in the list of texts."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    @classmethod
    def of(cls, review: Review) -> dict[str, Any]:
        """Returns the tables of a page as JSON values."""
        packed = cls()
        tables = [
            packed._table("people", "people", _PEOPLE, (_person(person) for person in review.people), (1, 3, 4)),
            packed._table("changes", "changes", _CHANGES, _changes(review), (2,)),
            packed._table("groups", "groups", _GROUPS, _groups(review), (3,)),
        ]
        return {"tables": tables, "texts": list(packed._places)}

    def _table(
        self, id: str, noun: str, columns: tuple[str, ...], rows: Iterator[tuple[Cell, ...]], filters: tuple[int, ...]
    ) -> dict[str, Any]:
        cells = [[[self._place(text) for line in cell for text in line] for cell in row] for row in rows]
        return {"id": id, "noun": noun, "columns": columns, "filters": filters, "rows": cells}

    def _place(self, text: str) -> int:
        return self._places.setdefault(visible(text), len(self._places))


def _person(person: ReviewedPerson) -> tuple[Cell, ...]:
    last = person.last_change
    sent = "" if person.role_is_shown or not person.role else ", as it was sent"
    return (
        ((person.user_name, person.name, ""),),
        (_since(person.role or "no role", person.role_since, sent),),
        tuple(
            _since(entry.name, entry.since, "" if entry.is_shown else ", not shown by Heap")
            for entry in person.memberships
        ),
        (_since(state_of(person), person.active_since),),
        (_since(person.management, person.managed_since),),
        ((day_of(last.at), f"{change_in_words(last)}: {last.reason}", last.run),) if last else (),
    )


def _changes(review: Review) -> Iterator[tuple[Cell, ...]]:
    for change in review.changes:
        role = f"{change.before or 'no role'} → {change.after or 'no role'}"
        yield (
            ((minute_of(change.at), "", ""),),
            ((change.user_name, "", ""),),
            ((change.what, "", ""),),
            ((role if change.what == "role changed" else change.after or change.before, "", ""),),
            ((change.reason, "", ""),),
            ((change.who or "outside heapscim", "", change.run or ""),),
        )


def _groups(review: Review) -> Iterator[tuple[Cell, ...]]:
    for group in review.groups:
        yield (
            ((group.name, "", ""),),
            ((str(group.active_members), "", ""),),
            ((str(group.members), "", ""),),
            (_since(group.management, group.managed_since),),
        )


def _since(text: str, since: Since | None, more: str = "") -> Line:
    """Returns a text with a note since when it holds, and the run that did it."""
    words = since_in_words(since)
    note = words if since is None or since.at is None else f"since {words}"
    return text, f"{note}{more}", (since and since.run) or ""


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """Returns a source expression (CSP Level 3, section 2.3.1) that lets exactly this text in."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
