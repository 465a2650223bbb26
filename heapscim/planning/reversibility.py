"""Says what an undo of a plan can't bring back, before the plan is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from heapscim.model.changes import (
    Change,
    CreateUser,
    DeactivateUser,
    Deactivation,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    UpdateUser,
)
from heapscim.model.phrases import counted
from heapscim.planning.context import PlanOptions

_FATES: Mapping[Deactivation, str | None] = {
    "auto": "whether this tenant keeps a deactivated account isn't known yet; where it removes them, "
    "no undo brings them back.",
    "keeps": None,
    "removes": "this tenant removes them, with their personal charts; an undo makes nobody anew.",
}


def shortcomings(changes: Iterable[Change], options: PlanOptions) -> tuple[str, ...]:
    """Returns a sentence for each kind of change that no undo takes back completely."""
    return tuple(_shortcomings(tuple(changes), options))


def _shortcomings(changes: Sequence[Change], options: PlanOptions) -> Iterator[str]:
    made = [change for change in changes if isinstance(change, CreateUser)]
    if options.deprovision == "deactivate" and options.deactivation != "removes":
        if made:
            yield f"{counted(len(made), 'new account')}: an undo deactivates what was made, and can't remove it."
        if replaced := sum(change.replaces is not None for change in made):
            yield f"{counted(replaced, 'replaced account')}: personal charts stay with the old one."
    deactivated = sum(isinstance(change, DeactivateUser) for change in changes)
    if deactivated and (fate := _FATES[options.deactivation]):
        yield f"{counted(deactivated, 'deactivated account')}: {fate}"
    if deleted := sum(isinstance(change, DeleteUser) for change in changes):
        yield f"{counted(deleted, 'deleted account')}: an undo makes each anew, and personal charts are lost."
    if groups := sum(isinstance(change, DeleteGroup) for change in changes):
        yield f"{counted(groups, 'deleted group')}: an undo makes each anew, without what Heap granted the old one."
    if unknown := sum(_hides(change, options.unreadable) for change in changes):
        paths = ", ".join(sorted(options.unreadable))
        yield f"{counted(unknown, 'account')}: this tenant doesn't show {paths}, so an undo can't tell what it was."


def _hides(change: Change, unreadable: frozenset[str]) -> bool:
    match change:
        case UpdateUser() | ReactivateUser():
            return any(path in unreadable and change.before.get(path) is None for path in change.after)
        case _:
            return False
