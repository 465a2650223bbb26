"""Creates each account and group exactly once, even if the response to a create was lost.

It looks for the result before it sends anything again, and sends nothing again while the first request may still
arrive: a second request would create a second account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from heapscim import errors
from heapscim.execution.circuit_breaker import HELD_BACK, POSSIBLY_MADE
from heapscim.execution.claims import Before, Found, Sending, by_name, candidates, claim
from heapscim.execution.expectation import Expectation
from heapscim.execution.in_doubt import LEFT_TO_A_PERSON, kind_of, not_ours, possibly_made
from heapscim.execution.ports import Sighting, Sought, Target
from heapscim.http.rate_limit import Timing, growing_wait
from heapscim.model.changes import Change, subject
from heapscim.model.outcomes import Outcome
from heapscim.model.state import Kind, match_key
from heapscim.planning.name_forms import NameForms

_FIRST_WAIT = 0.5
"""Seconds before the first look: a request that was cut off is often still being carried out."""
_MOST_LATE = 2
"""How often a create is sent again that may have been on its way all the time, each time after its whole time."""
_MOST_BLIND = 3
"""The number of looks that may fail, or prove nothing, before the next run has to find out."""
_LONGEST_POLL = 16.0
_STEP = 1.0
"""Seconds of each sleep, so that a run that is told to stop does so between two of them."""
_NEXT = "The next sync looks again before it sends anything."


@dataclass(frozen=True, slots=True)
class Lost:
    """Holds a create whose response was lost: it may have been carried out, and may still be."""

    asked: Expectation
    error: errors.ResponseLost


@dataclass(frozen=True, slots=True)
class Pending:
    """Holds a create of an earlier run whose end is unknown."""

    run: str
    sending: Sending
    possible: str | None = None
    """What it may have created, in words; only a person can tell."""


@dataclass(slots=True)
class CreateInDoubt:
    """Holds a create in doubt, and how often it was sent."""

    asked: Expectation
    error: errors.ResponseLost
    first: float
    last: float
    """When the first and the latest request left, in seconds since 1970."""
    due: float
    """When the latest request can no longer arrive, by the run's monotonic clock."""
    tries: int = 1
    late: int = 0
    """How often it was sent again only because its time was over."""
    verdict: Outcome | None = None
    """The outcome of a further attempt; it counts if a look finds nothing."""
    unproven: str | None = None
    """Why the latest look proves nothing."""


@dataclass(frozen=True, slots=True)
class CreateFinding:
    """Holds what a look has shown of one create: the resource that it created, or how it ended."""

    seq: int
    asked: Expectation
    there: Found | None = None
    outcome: Outcome | None = None
    has_double: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """Says how often and how long to look for creates whose responses were lost."""

    timing: Timing
    arrival: float = 60.0
    """Seconds from sending within which a request may still arrive."""
    retries: int = 5
    """How often a create is sent again."""


@dataclass
class Creation:
    """Holds the creates in doubt of one phase, by their place in the plan."""

    target: Target
    patience: Patience
    expected: frozenset[str]
    """Folded names of everything that the plan creates."""
    taken: Callable[[], frozenset[str]]
    """Heap ids of what this run has created by other changes."""
    forms: NameForms = field(default_factory=NameForms)
    doubts: dict[int, CreateInDoubt] = field(default_factory=dict)
    sent_twice: set[int] = field(default_factory=set)
    """Creates of which two may exist now."""
    _rounds: int = 0
    _poll: float = 2.0
    _looked_at: float = 0.0
    _blind: int = 0

    def note_lost(self, seq: int, lost: Lost, *, sent_ago: float) -> None:
        """Notes that a response was lost; the request left so many seconds ago."""
        timing = self.patience.timing
        moment, due = timing.now() - sent_ago, timing.clock() - sent_ago + self.patience.arrival
        before = self.doubts.get(seq)
        if before is None:
            self.doubts[seq] = CreateInDoubt(lost.asked, lost.error, moment, moment, due)
        else:
            before.error, before.last, before.due = lost.error, moment, due

    def note_pending(self, seq: int, asked: Expectation, pending: Pending) -> None:
        """Notes a create that an earlier run may have sent: it is looked for before it is sent."""
        error = errors.ResponseLost(f"Run {pending.run} sent this, and its answer was lost.", is_over=True)
        self.doubts[seq] = CreateInDoubt(asked, error, pending.sending.first, pending.sending.last, due=0.0, tries=0)
        self.sent_twice.add(seq)

    def note_answered(self, seq: int, outcome: Outcome | None) -> bool:
        """Notes the result of a further attempt; returns whether that ends the doubt. A look decides on a failure."""
        doubt = self.doubts.get(seq)
        if doubt is None:
            return True
        if outcome is not None and outcome.status == "failed":
            doubt.verdict = outcome
            return False
        del self.doubts[seq]
        return True

    async def pause(self, is_stopped: Callable[[], bool]) -> None:
        """Waits before the next look: longer each time, and for what may still arrive."""
        timing = self.patience.timing
        if self._rounds == 0:
            await timing.sleep(_FIRST_WAIT)
        elif any(self._may_go(doubt) for doubt in self.doubts.values()):
            await timing.sleep(growing_wait(self._rounds) * timing.chance())
        else:
            now = timing.clock()
            left = min((doubt.due for doubt in self._waiting()), default=now) - now
            least = growing_wait(self._blind) if self._blind else 0.0
            await self._sleep(min(max(left, least), self._poll), is_stopped)
            self._poll = min(self._poll * 2, _LONGEST_POLL)
        self._rounds += 1

    async def look(self) -> tuple[CreateFinding, ...]:
        """Looks for everything in doubt; what is found is no longer in doubt. Never raises RequestError."""
        sightings: dict[Kind, Sighting] = {}
        self._looked_at = self.patience.timing.clock()
        for kind in ("user", "group"):
            names = tuple(subject(doubt.asked.change) for doubt in self._of(kind))
            for_sure = tuple(subject(doubt.asked.change) for doubt in self._of(kind) if self._is_due(doubt))
            if names:
                sightings[kind] = await self._sight(kind, names, for_sure)
        self._blind += any(sighting.doubt is not None for sighting in sightings.values())
        findings = tuple(self._findings(sightings))
        for finding in findings:
            del self.doubts[finding.seq]
        return findings

    def sendable(self) -> tuple[int, ...]:
        """Removes and returns what may be sent now, and counts that as an attempt."""
        chosen = tuple(seq for seq, doubt in self.doubts.items() if self._may_go(doubt))
        for seq in chosen:
            doubt = self.doubts[seq]
            doubt.late += not self._is_safe(doubt)
            doubt.tries += 1
            if doubt.tries > 1:
                self.sent_twice.add(seq)
        return chosen

    @property
    def waits(self) -> tuple[int, float]:
        """Returns how many creates a later look may find out about, and the seconds that takes at most."""
        dues = [doubt.due for doubt in self._waiting()]
        return len(dues), max(0.0, max(dues, default=0.0) - self.patience.timing.clock())

    def give_up(self) -> tuple[CreateFinding, ...]:
        """Returns how everything ends that is still in doubt."""
        doubts, self.doubts = self.doubts, {}
        return tuple(CreateFinding(seq, doubt.asked, outcome=self._end_of(doubt)) for seq, doubt in doubts.items())

    def _of(self, kind: Kind) -> Iterator[CreateInDoubt]:
        return (doubt for doubt in self.doubts.values() if kind_of(doubt.asked.change) == kind)

    def _is_safe(self, doubt: CreateInDoubt) -> bool:
        """Returns whether a second request can't create a second one: the first is over, or names are unique."""
        return doubt.error.is_over or self.target.names_are_unique(kind_of(doubt.asked.change))

    def _may_go(self, doubt: CreateInDoubt) -> bool:
        if doubt.verdict is not None or doubt.tries > self.patience.retries:
            return False
        if self.target.names_are_unique(kind_of(doubt.asked.change)):
            return True
        if doubt.unproven is not None:
            return False
        return doubt.error.is_over or (doubt.late < _MOST_LATE and self._is_due(doubt))

    def _is_due(self, doubt: CreateInDoubt) -> bool:
        """Returns whether nothing of it could still arrive when it was last looked for."""
        return self._is_safe(doubt) or self._looked_at >= doubt.due

    def _waiting(self) -> Iterator[CreateInDoubt]:
        for doubt in self.doubts.values():
            has_tries = doubt.tries <= self.patience.retries and (self._is_safe(doubt) or doubt.late < _MOST_LATE)
            if has_tries and doubt.verdict is None and (doubt.unproven is None or self._blind < _MOST_BLIND):
                yield doubt

    async def _sleep(self, seconds: float, is_stopped: Callable[[], bool]) -> None:
        timing = self.patience.timing
        while seconds > 0 and not is_stopped():
            step = min(seconds, _STEP)
            await timing.sleep(step)
            seconds -= step

    async def _sight(self, kind: Kind, names: tuple[str, ...], for_sure: tuple[str, ...] = ()) -> Sighting:
        try:
            return await self.target.look_for(kind, Sought(names, for_sure, self.taken(), self.expected))
        except errors.RequestError as error:
            return Sighting(doubt=error.message)

    def _findings(self, sightings: dict[Kind, Sighting]) -> Iterator[CreateFinding]:
        named = {kind: by_name(sighting.named) for kind, sighting in sightings.items()}
        taken = self.taken()
        for seq, doubt in self.doubts.items():
            kind, change = kind_of(doubt.asked.change), doubt.asked.change
            sighting = sightings[kind]
            same = named[kind].get(match_key(subject(change)), ())
            there = candidates(doubt.asked, same, sighting.unexplained, self.forms)
            sending = Sending(doubt.first, doubt.last, self.patience.arrival)
            found = claim(doubt.asked, there, sending, Before(taken, sighting.known))
            doubt.unproven = sighting.doubt
            if found.ours is not None:
                if doubt.verdict is not None and doubt.verdict.error_code == errors.Taken.code:
                    self.target.note_unique_names(kind)
                yield CreateFinding(seq, doubt.asked, there=found.ours, has_double=bool(found.others))
            elif found.others:
                outcome = doubt.verdict or self._not_ours(doubt, found.others)
                yield CreateFinding(seq, doubt.asked, outcome=outcome)
            elif found.possible:
                yield CreateFinding(seq, doubt.asked, outcome=possibly_made(change, found.possible))
            elif doubt.verdict is not None and sighting.doubt is None:
                yield CreateFinding(seq, doubt.asked, outcome=doubt.verdict)

    def _not_ours(self, doubt: CreateInDoubt, others: tuple[str, ...]) -> Outcome:
        return not_ours(doubt.asked.change, others, in_doubt=self._may_arrive(doubt))

    def _may_arrive(self, doubt: CreateInDoubt) -> bool:
        return not doubt.error.is_over and self.patience.timing.clock() < doubt.due

    def _end_of(self, doubt: CreateInDoubt) -> Outcome:
        """Returns the end of a create: it failed if it isn't there and can't arrive; otherwise it stays in doubt."""
        if doubt.verdict is not None:
            return doubt.verdict
        error, change = doubt.error, doubt.asked.change
        if doubt.unproven is None and not self._may_arrive(doubt):
            message = f"{error.message} It isn't there afterwards."
            return Outcome(change, "failed", error_code=errors.Unavailable.code, message=message, hint=error.hint)
        why = f" {doubt.unproven}" if doubt.unproven else " It isn't there now, and may still arrive."
        message = error.message + why
        return Outcome(change, "failed", error_code=error.code, message=message, hint=_NEXT, uncertain=True)


def held_back(change: Change, pending: Pending) -> Outcome:
    """Returns the outcome of a create that isn't sent, since an earlier run's request may still arrive."""
    if pending.possible is not None:
        return Outcome(change, "failed", error_code=POSSIBLY_MADE, message=pending.possible, hint=LEFT_TO_A_PERSON)
    until = datetime.fromtimestamp(pending.sending.ends, UTC).isoformat(timespec="seconds")
    message = f"Held back until {until}: run {pending.run} sent it, its answer was lost, and it may still arrive."
    hint = "Sync again then: what is there by that time is looked for first."
    return Outcome(change, "failed", error_code=HELD_BACK, message=message, hint=hint)
