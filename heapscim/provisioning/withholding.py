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
    kept: list[Change] = []
    withheld: list[Withheld] = []
    evidence = " ".join(read.evidence for read in reads if not read.proven)
    for change in changes:
        if evidence and _takes_away(change):
            withheld.append(Withheld(change, evidence))
        else:
            kept.append(change)
    order = {id(change): rank for rank, change in enumerate(in_order(entry.change for entry in withheld))}
    return tuple(kept), tuple(sorted(withheld, key=lambda entry: order[id(entry.change)]))


def _takes_away(change: Change) -> bool:
    return isinstance(change, DeactivateUser | DeleteUser | RemoveMembers | ReleaseGroup | DeleteGroup)
