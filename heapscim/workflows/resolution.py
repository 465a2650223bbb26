"""Holds what was found out about runs that were cut off."""

from __future__ import annotations

from dataclasses import dataclass, replace

from heapscim.model.plan import Plan
from heapscim.model.state import Links
from heapscim.planning.fresh_links import FreshLinks


@dataclass(frozen=True, slots=True)
class Resolution:
    """Holds what was found out about runs that were cut off."""

    links: Links | None = None
    """All links, with those that were found; None if nothing was in doubt: then they are as the ledger holds them."""
    fresh: FreshLinks = FreshLinks()
    """The links that were found just now."""
    notices: tuple[str, ...] = ()

    def with_notices(self, plan: Plan) -> Plan:
        """Returns the plan with these notices before its own."""
        return replace(plan, notices=(*self.notices, *plan.notices)) if self.notices else plan
