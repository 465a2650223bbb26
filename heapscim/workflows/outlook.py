"""Predicts what the next sync would do to changes by hand, before they are made, by planning that sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from heapscim.errors import HeapscimError
from heapscim.model.changes import Change, DeactivateUser, is_about_a_user
from heapscim.model.desired import DesiredState
from heapscim.model.directory import DirectorySnapshot
from heapscim.model.state import CurrentState, Links
from heapscim.planning.outlook import foreseen, left_alone
from heapscim.workflows.reconcile import decide_desired
from heapscim.workflows.session import Session

View: TypeAlias = DirectorySnapshot | HeapscimError | None
"""What the directory holds, the error if it can't be read, or None if the profile names no directory."""


async def view_of_directory(session: Session) -> View:
    """Reads the profile's directory; returns an error instead of raising it, since it must not stop a manual change."""
    if session.profile.directory is None:
        return None
    try:
        return await session.directory().read(lambda _read, _of: None)
    except HeapscimError as error:
        return session.context.redacting.cleaned(error)


def outlook(
    session: Session, changes: Sequence[Change], view: View, current: CurrentState, links: Links
) -> tuple[str, ...]:
    """Returns what becomes of changes by hand, or that this isn't known."""
    if not changes:
        return ()
    desired = _desired(session, view)
    if isinstance(desired, HeapscimError):
        back = "brings them back" if all(isinstance(change, DeactivateUser) for change in changes) else "sets this back"
        return (*left_alone(changes), f"It isn't known whether the next sync {back}: {desired.message}")
    if desired is None:
        return left_alone(changes)
    if all(map(is_about_a_user, changes)):
        desired = replace(desired, groups=None)  # Heap's groups were not read
    return foreseen(changes, desired, current, links, session.plan_options("sync"))


def _desired(session: Session, view: View) -> DesiredState | HeapscimError | None:
    if not isinstance(view, DirectorySnapshot):
        return view
    try:
        return decide_desired(session.profile, view)
    except HeapscimError as error:
        return error
