"""Finds what is wrong by how a run ended, and which earlier troubles that end proves to be over. Pure."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from heapscim.errors import Busy, UsageError
from heapscim.model.changes import subject
from heapscim.model.outcomes import Outcome
from heapscim.model.phrases import counted
from heapscim.model.plan import Plan, Withheld
from heapscim.model.state import match_key
from heapscim.output.change_labels import KINDS
from heapscim.output.ending import Ending
from heapscim.output.envelope import Work
from heapscim.workflows import exit_codes
from heapscim.workflows.ends import Calendar, End

_PATIENCE = 3600.0
"""Seconds for which another run may hold the profile before that is news: it tells its own troubles when it ends."""
_MOST_NAMED = 10
_NONE: Mapping[tuple[str, str], End | None] = MappingProxyType({})
_UNSUCCESSFUL = frozenset({exit_codes.ERROR, exit_codes.UNSAFE, exit_codes.PARTIAL, exit_codes.SOURCE_INCOMPLETE})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Holds one thing that is wrong."""

    key: str
    """Stays the same for as long as the trouble lasts, whatever the numbers in its words."""
    title: str
    detail: str = ""
    patience: float = 0.0
    """Seconds for which it must last before it is news."""


@dataclass(frozen=True)
class Findings:
    """Holds what is wrong, and what this end of a run can tell of."""

    troubles: tuple[Trouble, ...] = ()
    judged: frozenset[str] = frozenset()
    """Kinds of troubles, or single keys: whatever isn't among the troubles is over."""
    undecided: frozenset[str] = frozenset()
    """Keys that are neither there nor over."""

    @cached_property
    def keys(self) -> frozenset[str]:
        """Returns the keys of what is wrong."""
        return frozenset(trouble.key for trouble in self.troubles)

    def is_over(self, key: str) -> bool:
        """Reports whether a trouble that was told is over."""
        if key in self.undecided or key in self.keys:
            return False
        return key in self.judged or key.partition(":")[0] in self.judged

    def with_more(self, troubles: tuple[Trouble, ...], judged: frozenset[str]) -> Findings:
        """Returns the findings with those of another look."""
        return Findings((*self.troubles, *troubles), self.judged | judged, self.undecided)


def findings_of(ending: Ending, days: int, also: Mapping[tuple[str, str], End | None] = _NONE) -> Findings:
    """Returns what the end of a run tells, and what ends within so many days.

    ``also`` are the ends that the profile tells, or None for what has no known end. What tells its own end is believed
    instead.
    """
    calendar = Calendar(ending.began + ending.seconds, days)
    ends = {**also, **{what: also.get(what) if own is None else End(own) for what, own in ending.ends.items()}}
    soon = (_ending_soon(*whose, end, calendar) for whose, end in ends.items() if end and calendar.is_soon(end))
    return _of_the_run(ending).with_more(tuple(soon), frozenset(itertools.starmap(_end_key, ends)))


def _ending_soon(service: str, what: str, end: End, calendar: Calendar) -> Trouble:
    verb, left = ("ended", "") if calendar.is_over(end) else ("ends", f"That is in {calendar.days_left(end)}. ")
    title = f"The {what} of {service} {verb} on {end.day}"
    return Trouble(_end_key(service, what), title, left + calendar.next_step(end, what))


def _end_key(service: str, what: str) -> str:
    return f"ends:{what}:{service}"


def _of_the_run(ending: Ending) -> Findings:
    """Returns what the end of a run tells. An interruption and a no tell nothing."""
    if ending.exit_code in (exit_codes.INTERRUPTED, exit_codes.DECLINED):
        return Findings()
    if isinstance(ending.error, Busy):
        title = "Another run has held the profile for over an hour"
        return Findings((Trouble("busy", title, ending.error.message, _PATIENCE),))
    if not ending.is_whole:
        return _of_another_command(ending)
    if ending.error is not None:
        problems = "".join(f"{problem.rstrip('.')}. " for problem in ending.error.problems[:_MOST_NAMED])
        detail = f"{problems}{ending.error.hint or ''}".rstrip()
        trouble = Trouble(f"error:{ending.error.code}", ending.error.message, detail)
        return Findings((trouble,), frozenset({"busy"}))
    return _of_a_sync(ending)


def _of_another_command(ending: Ending) -> Findings:
    """Returns whether a command failed that isn't about everyone. Who mistyped it knows already."""
    key = f"command:{ending.caller.command}"
    if isinstance(ending.error, UsageError):
        return Findings()
    if ending.error is not None:
        title = f"`heapscim {ending.caller.command}` failed: {ending.error.message}"
        return Findings((Trouble(key, title, ending.error.hint or ""),))
    if ending.exit_code in _UNSUCCESSFUL:
        title = f"`heapscim {ending.caller.command}` ended with exit code {ending.exit_code}"
        return Findings((Trouble(key, title, "; ".join(_what_failed(ending))),))
    return Findings(judged=frozenset({key, "busy"}))


def _what_failed(ending: Ending) -> Iterator[str]:
    yield exit_codes.MEANINGS[ending.exit_code]
    outcomes = (outcome for work in ending.work if work.run is not None for outcome in work.run.outcomes)
    failed = [_failed(outcome).title for outcome in outcomes if outcome.status == "failed"]
    yield from failed[:_MOST_NAMED]
    if len(failed) > _MOST_NAMED:
        yield f"and {len(failed) - _MOST_NAMED:,} more"


def _of_a_sync(ending: Ending) -> Findings:
    judged = {"error", "busy", "refused", "withheld", "unread"}
    if ending.exit_code == exit_codes.DONE:
        judged.add("command")
    if not ending.work:
        return Findings(judged=frozenset({"error", "busy"}))
    work = ending.work[-1]
    if not work.violations:  # otherwise nothing was tried
        judged.add("failed")
    outcomes = () if work.run is None else work.run.outcomes
    untried = frozenset(_failed(outcome).key for outcome in outcomes if outcome.status == "not_attempted")
    return Findings(tuple(_troubles(work)), frozenset(judged), untried)


def _troubles(work: Work) -> Iterator[Trouble]:
    for violation in work.violations:
        yield Trouble(f"refused:{violation.code}", "A guard refused the sync", f"{violation.message} {violation.hint}")
    yield from _withheld(work.plan)
    for outcome in () if work.run is None else work.run.outcomes:
        if outcome.status == "failed":
            yield _failed(outcome)
    for broken in work.plan.broken:
        name = broken.name or broken.id or f"a {broken.type}"
        key = _key("unread", broken.type, broken.id or match_key(broken.name or ""))
        yield Trouble(key, f"{name} can't be read in Heap", broken.message)


def _withheld(plan: Plan) -> Iterator[Trouble]:
    """Yields one trouble for all that is unproven, since who is in doubt may differ from run to run."""
    unproven = [entry for entry in plan.withheld if entry.cause == "unproven"]
    if unproven:
        named = "; ".join(map(_evidence, unproven[:_MOST_NAMED]))
        more = f"; and {len(unproven) - _MOST_NAMED:,} more" if len(unproven) > _MOST_NAMED else ""
        yield Trouble(
            "withheld:unproven", "Removals are withheld", f"{counted(len(unproven), 'removal')}: {named}{more}."
        )
    for entry in plan.withheld:
        if entry.cause == "changed_back":
            key = _key("withheld", entry.change.kind, match_key(subject(entry.change)))
            yield Trouble(key, f"Others change {subject(entry.change)} back each time", f"{_evidence(entry)}.")


def _evidence(entry: Withheld) -> str:
    return f"{KINDS[entry.change.kind].verb} {subject(entry.change)}: {entry.evidence.rstrip('.')}"


def _failed(outcome: Outcome) -> Trouble:
    change = outcome.change
    key = _key("failed", change.kind, match_key(subject(change)))
    detail = f"{outcome.message or ''} {outcome.hint or ''}".strip()
    return Trouble(key, f"{KINDS[change.kind].verb} {subject(change)} failed", detail)


def _key(kind: str, *parts: str) -> str:
    """Returns a key that is short, however long a name is."""
    return f"{kind}:{hashlib.sha256(chr(0).join(parts).encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
