"""The breaker: whether so much of a run went wrong that the rest must wait. It counts outcomes, and stops nothing."""

from __future__ import annotations

from heapscim.provisioning.changes import LOCAL
from heapscim.provisioning.outcomes import Outcome


class Breaker:
    """Judges a run by the outcomes it is told of."""

    def __init__(self, share: float, attempts: int) -> None:
        self.attempts = attempts
        self.is_reassured = False
        """Whether what was last looked at had turned out well."""
        self._share = share
        self._attempted = 0
        self._failed = 0

    def judge(self, outcome: Outcome) -> str | None:
        """Why the run must stop after this outcome, None where it may go on."""
        if outcome.status == "not_attempted" or outcome.change.kind in LOCAL:
            return None
        self._attempted += 1
        self._failed += outcome.status == "failed"
        if self._attempted < self.attempts or self._failed <= self._share * self._attempted:
            return None
        return f"Stopped: {self._failed} of {self._attempted} changes had failed."
