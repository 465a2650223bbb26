"""Sends again, in another form, what Heap accepted without any effect; puts back members whom a change removed unasked.

That happens only after the last look: a delay is no reason for another form, and two forms must never race.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from heapscim.execution.executor import Executed, Executor
from heapscim.execution.expectation import Expectation
from heapscim.execution.verification import Verifier
from heapscim.http.request_stats import RequestStats, measured
from heapscim.model.outcomes import Outcome

_MOST_ROUNDS = 5


async def carry_through(
    unseen: Sequence[tuple[Expectation, RequestStats]],
    outcomes: Sequence[Outcome],
    executor: Executor,
    verifier: Verifier,
) -> tuple[Outcome, ...]:
    """Returns the outcomes once every form was tried for the changes without effect; the first failure's words stay."""
    settled = list(outcomes)
    ignored = _noted(range(len(settled)), settled, executor)
    for _ in range(_MOST_ROUNDS):
        if not ignored:
            break
        executed = await asyncio.gather(*(_again(unseen[place], executor) for place in ignored))
        latest: list[Outcome] = list(settled)
        looked = [(place, one) for place, one in zip(ignored, executed, strict=True) if isinstance(one, Expectation)]
        for place, one in zip(ignored, executed, strict=True):
            if isinstance(one, Outcome):
                latest[place] = one
        for (place, _), outcome in zip(looked, await verifier.verify([one for _, one in looked]), strict=True):
            latest[place] = outcome
        for place in ignored:
            if latest[place].status == "done" or latest[place].lost or latest[place].uncertain:
                settled[place] = latest[place]
        ignored = _noted(ignored, latest, executor)
    await asyncio.gather(*(_put_back(place, settled, executor) for place, one in enumerate(settled) if one.lost))
    return tuple(settled)


def _noted(places: Sequence[int], outcomes: Sequence[Outcome], executor: Executor) -> list[int]:
    """Tells the target which forms had an effect; returns the places of the changes that have another form left."""
    return [place for place in places if executor.note_form(outcomes[place])]


async def _again(unseen: tuple[Expectation, RequestStats], executor: Executor) -> Executed:
    expected, effort = unseen
    with measured() as more:
        executed = await executor.execute(expected.change)
    effort.attempts += more.attempts
    effort.seconds += more.seconds
    return executed


async def _put_back(place: int, outcomes: list[Outcome], executor: Executor) -> None:
    is_done = await executor.members.put_back(outcomes[place])
    back = "They were put back at once." if is_done else "The next sync tries to add them again."
    outcomes[place] = replace(outcomes[place], message=f"{outcomes[place].message} {back}")
