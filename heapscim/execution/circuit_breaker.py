"""Decides whether so much of a run has failed that the rest must wait. Counts outcomes and stops nothing itself."""

from __future__ import annotations

from heapscim.model.changes import LOCAL
from heapscim.model.outcomes import Outcome

HELD_BACK = "held_back"
"""Error code of a create that isn't sent since an earlier one of that name may still arrive: no failure of Heap's."""
POSSIBLY_MADE = "possibly_made"
"""Error code of a create that isn't sent again as long as something exists that it may have created."""


_NEVER_SENT = (HELD_BACK, POSSIBLY_MADE)


class CircuitBreaker:
    """Counts the outcomes of a run."""

    def __init__(self, share: float, attempts: int) -> None:
        self.attempts = attempts
        self.is_reassured = False
        """Whether the last look found the expected effect."""
        self._share = share
        self._attempted = 0
        self._failed = 0

    def strained(self, in_doubt: int) -> str | None:
        """Returns why the run must stop if so many changes have lost their responses, None if it may go on."""
        attempted, failed = self._attempted + in_doubt, self._failed + in_doubt
        if attempted < self.attempts or failed <= self._share * attempted:
            return None
        return f"Stopped: {failed} of {attempted} changes had failed or were left in doubt."

    def judge(self, outcome: Outcome) -> str | None:
        """Returns why the run must stop after this outcome, None if it may go on."""
        if outcome.status == "not_attempted" or outcome.change.kind in LOCAL or outcome.error_code in _NEVER_SENT:
            return None
        self._attempted += 1
        self._failed += outcome.status == "failed"
        if self._attempted < self.attempts or self._failed <= self._share * self._attempted:
            return None
        return f"Stopped: {self._failed} of {self._attempted} changes had failed."
