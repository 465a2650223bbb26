"""Writes how a command ended as a report: Markdown for a comment on a pull request, or the JSON envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from heapscim.errors import HeapscimError
from heapscim.model.changes import Change, subject
from heapscim.model.outcomes import Outcome
from heapscim.output.change_labels import KINDS, detail, seats
from heapscim.output.ending import Ending
from heapscim.output.envelope import Work, json_text
from heapscim.output.markdown import Page, Section, code, prose
from heapscim.output.plan_view import amount, remarks
from heapscim.output.run_view import run_counts
from heapscim.output.text import cropped

ReportForm: TypeAlias = Literal["md", "json"]

_COLUMNS = ("Change", "Name", "Detail", "Reason")
_LONGEST = 600
"""Characters of one sentence."""


def report_text(ending: Ending, form: ReportForm, meanings: Mapping[int, str]) -> str:
    """Returns the report; ``meanings`` says what each exit code means."""
    if form == "json":
        return json_text(ending.caller, ending.exit_code, result=ending.result, error=ending.error)
    page = Page()
    page.add(f"## heapscim {ending.caller.command}, profile {code(ending.caller.profile)}\n")
    if ending.exit_code:
        page.add(f"**Exit code {ending.exit_code}**: {prose(meanings.get(ending.exit_code, ''))}.")
    if ending.error is not None:
        _add_error(page, ending.error)
    for work in ending.work:
        _add_work(page, work)
    if ending.result is not None:
        page.add_section(_sentences("More notices", ending.result.notices))
    if ending.head is not None:
        page.add(f"\nHead of the ledger: {ending.head.number} {code(ending.head.hash)}")
    return page.text()


def _add_error(page: Page, error: HeapscimError) -> None:
    page.add(f"\n**Error**: {_said(error.message, error.hint)}")
    page.add_section(_sentences("Problems", error.problems))


def _add_work(page: Page, work: Work) -> None:
    plan, run = work.plan, work.run
    page.add(f"\n{code(plan.source or plan.command)} → {code(plan.tenant)}\n")
    counts = amount(plan) if plan.changes else "Nothing to do."
    page.add(f"**{_said(counts if run is None else run_counts(run, plan))}**\n")
    page.add(f"{_said(seats(plan.impact))}.")
    for violation in work.violations:
        page.add(f"\n**Refused**: {_said(violation.message, violation.hint)}")
    if run is None:
        page.add_section(Section("Changes", _COLUMNS, [_row(change) for change in plan.changes]))
    else:
        failed = [_failure(outcome) for outcome in run.outcomes if outcome.status == "failed"]
        page.add_section(Section("Failed", ("Change", "Name", "Message"), failed))
        rows = [(*_row(outcome.change), outcome.status.replace("_", " ")) for outcome in run.outcomes]
        page.add_section(Section("Changes", (*_COLUMNS, "Outcome"), rows))
    for remark in remarks(plan, full=False):
        page.add_section(_sentences(remark.title, remark.rows))


def _row(change: Change) -> tuple[str, ...]:
    return _verb(change), code(subject(change)), _said(detail(change)), _said(change.reason)


def _failure(outcome: Outcome) -> tuple[str, ...]:
    return _verb(outcome.change), code(subject(outcome.change)), _said(outcome.message, outcome.hint)


def _verb(change: Change) -> str:
    kind = KINDS[change.kind]
    return prose(f"{kind.sign} {kind.verb}")


def _said(*sentences: str | None) -> str:
    return prose(" ".join(cropped(words, _LONGEST) for words in sentences if words))


def _sentences(title: str, rows: Sequence[str]) -> Section:
    return Section(prose(title), ("What",), [(_said(row),) for row in rows])
