"""Holds what a check found: one line for each part, whether it passes, and what to do where it doesn't."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from heapscim.errors import HeapscimError
from heapscim.model.phrases import counted, reason_of
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.findings_view import show_findings
from heapscim.output.tables import Table
from heapscim.workflows import exit_codes

Grade: TypeAlias = Literal["pass", "warn", "fail", "unchecked"]
_VERBS = {
    "fail": ("fails", "fail"),
    "warn": ("warns", "warn"),
    "unchecked": ("isn't checked", "aren't checked"),
    "pass": ("passes", "pass"),
}
_COLUMNS = ("part", "found", "next step", "state")


@dataclass(frozen=True, slots=True)
class Finding:
    """Holds what was found about one part."""

    part: str
    grade: Grade
    found: str
    next_step: str = ""
    exit_code: int = exit_codes.DONE
    """That of the error, for a part that fails."""

    @classmethod
    def failed(cls, part: str, error: HeapscimError) -> Finding:
        """Returns the finding of a part that an error speaks of."""
        found = "\n".join((error.message, *error.problems))
        return cls(part, "fail", found, error.hint or "", exit_codes.exit_code_of(error))

    @classmethod
    def unchecked(cls, part: str, why: str) -> Finding:
        """Returns the finding of a part that couldn't be looked at, since another one failed."""
        return cls(part, "unchecked", f"not checked: {why}")


def guarded(part: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yields what a check finds. An error that it raises becomes the finding of the part, so it hides no other part."""
    try:
        yield from check()
    except HeapscimError as error:
        yield Finding.failed(part, error)
    except OSError as error:
        where = f"{error.filename}" if error.filename else f"The {part}"
        message = f"{where} can't be looked at: {reason_of(error)}."
        yield Finding(part, "fail", message, "Check the path and the permissions of its folders.", exit_codes.ERROR)


def findings_result(findings: tuple[Finding, ...]) -> Result:
    """Returns findings as a command's result, which ends with the exit code of the first part that fails."""
    code = next((finding.exit_code for finding in findings if finding.grade == "fail"), exit_codes.DONE)
    rows = tuple((one.part, one.found, one.next_step, one.grade) for one in findings)
    documents = [
        {"part": one.part, "state": one.grade, "found": one.found, "next_step": one.next_step or None}
        for one in findings
    ]
    counts = {grade: sum(one.grade == grade for one in findings) for grade in get_args(Grade)}

    def show(screen: Screen) -> None:
        show_findings(rows, _summary(findings), screen)

    return Result({"counts": counts, "findings": documents}, Table(_COLUMNS, rows), show, code)


def _summary(findings: tuple[Finding, ...]) -> str:
    """Returns how many parts there are of each grade, the worst first, and which ones aren't in order."""
    words = []
    for grade, (singular, plural) in _VERBS.items():
        parts = [one.part for one in findings if one.grade == grade]
        if parts:
            named = f": {', '.join(parts)}" if grade in {"fail", "warn"} else ""
            words.append(f"{len(parts)} {singular if len(parts) == 1 else plural}{named}")
    return f"All {counted(len(findings), 'part')} pass." if len(words) == 1 else f"{'; '.join(words)}."
