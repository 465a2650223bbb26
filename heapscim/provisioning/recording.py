"""Who is told of a run as it goes: a journal, before and after each change, and an observer, who only watches."""

from __future__ import annotations

from typing import Protocol

from heapscim.provisioning.outcomes import Outcome


class Journal(Protocol):
    """Makes intents and outcomes durable."""

    run: str
    """The run's name."""

    async def sent(self, seq: int) -> None:
        """Returns once the intent is durable."""
        ...

    async def settled(self, seq: int, outcome: Outcome) -> None:
        """Returns once the outcome is durable."""
        ...


class Observer(Protocol):
    """Is told how a run goes on."""

    def started(self, total: int) -> None:
        """So many changes will be attempted."""
        ...

    def waiting(self, count: int, seconds: float) -> None:
        """So many creates have lost their answers and may still arrive; the run looks on for so long at most."""
        ...

    def finished(self, outcome: Outcome) -> None:
        """One change is settled."""
        ...
