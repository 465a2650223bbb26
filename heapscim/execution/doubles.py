"""Finds out whether a create that was sent twice came about twice, and which of the two is ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from heapscim import errors
from heapscim.execution.claims import Found, by_name
from heapscim.execution.in_doubt import kind_of
from heapscim.execution.ports import Sought, Target
from heapscim.model.changes import subject
from heapscim.model.outcomes import Outcome
from heapscim.model.phrases import listed
from heapscim.model.state import DISPLAY_NAME, USER_NAME, Kind, match_key
from heapscim.planning.namesakes import NOUNS

DOUBLED = "doubled"
"""Error code of a create that came about twice."""


async def with_doubles(outcomes: Sequence[Outcome], target: Target) -> tuple[Outcome, ...]:
    """Returns the outcomes of creates that were sent twice, failed if Heap has two of that name.

    Never raises RequestError. A look that fails tells nothing; the plan of the next sync names what exists twice.
    """
    named: dict[Kind, Mapping[str, list[Found]]] = {}
    for kind in NOUNS:
        names = tuple(name for one in outcomes if kind_of(one.change) == kind for name in _names(one))
        try:
            named[kind] = by_name((await target.look_for(kind, Sought(names))).named) if names else {}
        except errors.RequestError:
            named[kind] = {}
    return tuple(_judged(outcome, named[kind_of(outcome.change)]) for outcome in outcomes)


def _names(outcome: Outcome) -> tuple[str, ...]:
    """Returns the name that a create asked for, and the one that Heap made of it."""
    kept = outcome.kept.get(USER_NAME) or outcome.kept.get(DISPLAY_NAME)
    return (subject(outcome.change),) if kept is None else (subject(outcome.change), kept)


def _judged(outcome: Outcome, named: Mapping[str, list[Found]]) -> Outcome:
    same = {item.id for name in _names(outcome) for item in named.get(match_key(name), ())}
    others = tuple(sorted(same - {outcome.id}))
    if not others:
        return outcome
    noun = NOUNS[kind_of(outcome.change)]
    ids = f"id {outcome.id} is linked, {listed(others)} isn't"
    return replace(
        outcome,
        status="failed",
        error_code=DOUBLED,
        message=f"Heap has {len(others) + 1} {noun}s of that name now: {ids}.",
        hint=f"Look at both, and remove the {noun} that is superfluous.",
    )
