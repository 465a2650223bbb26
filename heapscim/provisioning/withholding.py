"""Withholding: a removal that rests on a read which can't prove itself complete isn't done (rule 4)."""

from __future__ import annotations

from collections.abc import Iterable

from heapscim.directory.snapshot import Completeness
from heapscim.provisioning.changes import Change, DeactivateUser, DeleteGroup, DeleteUser, ReleaseGroup, RemoveMembers
from heapscim.provisioning.plan import Withheld, in_order


def withhold_unproven(
    changes: Iterable[Change], reads: Iterable[Completeness]
) -> tuple[tuple[Change, ...], tuple[Withheld, ...]]:
    """Parts what may be done from the removals that some read doesn't bear out."""
    evidence = " ".join(read.evidence for read in reads if not read.proven)
    if not evidence:
        return tuple(changes), ()
    kept: list[Change] = []
    withheld: list[Change] = []
    for change in changes:
        (withheld if _takes_away(change) else kept).append(change)
    return tuple(kept), tuple(Withheld(change, evidence) for change in in_order(withheld))


def _takes_away(change: Change) -> bool:
    return isinstance(change, DeactivateUser | DeleteUser | RemoveMembers | ReleaseGroup | DeleteGroup)
