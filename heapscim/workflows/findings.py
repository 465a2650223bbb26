"""Holds what a check found: one line for each part, whether it passes, and what to do where it doesn't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from heapscim.errors import HeapscimError
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.findings_view import show_findings
from heapscim.output.tables import Table
from heapscim.workflows import exit_codes

Grade: TypeAlias = Literal["pass", "warn", "fail", "unchecked"]
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


def findings_result(findings: tuple[Finding, ...]) -> Result:
    """Returns findings as a command's result, which ends with the exit code of the first part that fails."""
    code = next((finding.exit_code for finding in findings if finding.grade == "fail"), exit_codes.DONE)
    rows = tuple((one.part, one.found, one.next_step, one.grade) for one in findings)
    documents = [
        {"part": one.part, "state": one.grade, "found": one.found, "next_step": one.next_step or None}
        for one in findings
    ]
    counts = {grade: sum(one.grade == grade for one in findings) for grade in ("pass", "warn", "fail", "unchecked")}

    def show(screen: Screen) -> None:
        show_findings(rows, _summary(counts), screen)

    return Result({"counts": counts, "findings": documents}, Table(_COLUMNS, rows), show, code)


def _summary(counts: dict[str, int]) -> str:
    parts = [f"{counts[grade]} {grade}" for grade in ("fail", "warn", "unchecked") if counts[grade]]
    good = f"{counted(counts['pass'], 'part')} pass" if counts["pass"] != 1 else "1 part passes"
    return f"{', '.join([*parts, good])}." if parts else f"All {good}."
