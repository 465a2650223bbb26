"""Gathers what a write probe finds out, a line for each question, and records it in the dialect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from heapscim import errors
from heapscim.execution.comparison import UNSEEN
from heapscim.heap.dialect import Dialect
from heapscim.heap.forms import Form, Write
from heapscim.heap.tenant import HeapTenant
from heapscim.heap.write_probe import form_in_use, record
from heapscim.model.outcomes import Outcome
from heapscim.workflows import exit_codes
from heapscim.workflows.findings import Finding, Grade

_FORMS: Mapping[Form, str] = {
    "patch": "PATCH with a path",
    "patch_pathless": "PATCH without a path",
    "patch_one": "PATCH with one operation at a time",
    "patch_values": "PATCH with a list of members",
    "put": "PUT",
    "put_id": "PUT with the id in its body",
}
_OPEN = frozenset({UNSEEN, errors.Unavailable.code, errors.ResponseLost.code})
"""Error codes that say nothing about the form of a write."""


@dataclass
class Answers:
    """Gathers what is found, and records it in the dialect."""

    tenant: HeapTenant
    start: Dialect
    """The dialect as the profile had it before the probe."""
    manages_groups: bool = True
    found: list[Finding] = field(default_factory=list)

    def add(self, part: str, grade: Grade, found: str, *, next_step: str = "") -> None:
        """Adds an answer that needs no setting."""
        code = exit_codes.PARTIAL if grade == "fail" else exit_codes.DONE
        self.found.append(Finding(part, grade, found, next_step, code))

    def unknown(self, part: str, why: str | None, *, next_step: str | None = None) -> None:
        """Adds a question that stays open; nothing is recorded for it."""
        self.add(part, "warn", f"not found out: {why}", next_step=next_step or "")

    @contextmanager
    def trying(self, **fields: object) -> Iterator[None]:
        """Lets the tenant be spoken to by other settings during the block; nothing of them stays, however it ends."""
        before = {name: getattr(self.tenant.dialect, name) for name in fields}
        self.tenant.learn(**fields)
        self.tenant.watch(())
        try:
            yield
        finally:
            self.tenant.learn(**before)
            self.tenant.watch(())

    def is_harmful(self, write: Write) -> bool:
        """Returns whether a PATCH of this write was seen to remove others than it named."""
        return f"{write}_empties" in self.tenant.dialect.forms

    def remark(self, part: str, outcome: Outcome) -> None:
        """Adds what is strange about something that was created; says nothing if it is as it was asked for."""
        if outcome.status != "done":
            self.unknown(part, outcome.message, next_step=outcome.hint)
        elif outcome.message is not None:
            self.add(part, "warn", outcome.message)

    def record(self, part: str, found: str, name: str, value: object, *, grade: Grade = "pass") -> None:
        """Adds an answer and records it, unless the profile says otherwise: then that is reported."""
        setting = f"dialect.{name}={_shown(value)}"
        if record(self.tenant, self.start, name, value) != "contradicts":
            self.add(part, grade, f"{found} ({setting})")
            return
        said = f"the profile says dialect.{name}={_shown(getattr(self.start, name))}, which was left as it is"
        step = f"If nobody meant that, run `heapscim activate --set '{setting}'`."
        self.add(part, "fail", f"{found}, but {said}", next_step=step)

    def form(self, part: str, outcome: Outcome, write: Write) -> None:
        """Adds whether a write works, and in which form; ``auto`` has recorded the form by now."""
        of_groups = write in ("group_rename", "member_add", "member_removal")
        name = "group_update_method" if of_groups else "update_method"
        said, form = str(getattr(self.start, name)), form_in_use(self.tenant.dialect, write)
        if outcome.status == "done" and not outcome.unseen:
            setting = f" (dialect.forms.{write}={form})" if write in self.tenant.dialect.forms else ""
            harm = "; its PATCH removes other members as well, so none is sent" if self.is_harmful(write) else ""
            self.add(part, "warn" if harm else "pass", f"Heap takes {_FORMS[form]}{setting}{harm}")
        elif outcome.uncertain or outcome.unseen or outcome.error_code in _OPEN:
            self.unknown(part, outcome.message, next_step=outcome.hint)
        elif said != "auto":
            step = f"`heapscim activate --set dialect.{name}=auto` finds out what works."
            self.add(part, "fail", f"{outcome.message} The profile says dialect.{name}={said}.", next_step=step)
        else:
            self.add(part, "fail", f"{outcome.message}", next_step=outcome.hint or "")


def _shown(value: object) -> str:
    return json.dumps(value) if isinstance(value, list | tuple) else str(value)
