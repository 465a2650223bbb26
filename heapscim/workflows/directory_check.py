"""Checks the directory for ``status``: whether it answers, and where its key comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapscim.config.credentials import FoundSecret
from heapscim.directory.connection import Authenticated
from heapscim.directory.protocol import Directory
from heapscim.directory.registry import kind_of
from heapscim.errors import HeapscimError
from heapscim.model.directory import DirectorySnapshot
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.workflows.context import Context
from heapscim.workflows.directory_secret import found_secret
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.signals import run_for

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

_SCOPES = {"all": "all people", "groups": "members of bound groups"}
_RETRIES = 1
"""Only one, since a user is waiting: a directory that can't be reached is reported soon."""


@dataclass(frozen=True, slots=True)
class DirectoryReport:
    """Holds what the directory said, or the error it gave."""

    answer: str | HeapscimError
    """What it holds, in words."""
    has_key: bool = False
    key: FoundSecret | None = None
    """Where its key comes from; None if there is none, or none is needed."""

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Returns a line for each fact."""
        answers = ("directory answers", f"yes: {self.answer}" if isinstance(self.answer, str) else "no")
        return (answers, ("key from", self.key.short_place if self.key else "nowhere")) if self.has_key else (answers,)

    def document(self) -> dict[str, object]:
        """Returns the same facts as JSON."""
        answers = isinstance(self.answer, str)
        return {
            "answers": answers,
            "found": self.answer if answers else None,
            "key_source": self.key.source if self.key else None,
        }


def check_directory(context: Context, profile: Profile) -> DirectoryReport | None:
    """Sends the profile's directory a real request; None if the profile names no directory."""
    if profile.directory is None:
        return None
    has_key, key = False, None
    try:
        directory = directory_of(context, profile, retries=_RETRIES)
        if isinstance(directory, Authenticated):
            has_key, key = True, found_secret(context, directory)
            return DirectoryReport(run_for(context.screen, directory.verify), has_key, key)
        return DirectoryReport(holdings(read_once(directory, context.screen)))
    except HeapscimError as error:
        return DirectoryReport(context.redacting.cleaned(error), has_key, key)


def scope_words(profile: Profile) -> str:
    """Returns who belongs in Heap, and whether the profile or the kind of directory decides it."""
    if profile.scope is not None:
        return _SCOPES[profile.scope]
    kind = None if profile.directory is None else kind_of(profile.directory)
    if kind is None or kind.default_scope is None:
        return "the directory's default"
    return f"{_SCOPES[kind.default_scope]}, the default for {kind.title}"


def read_once(directory: Directory, screen: Screen) -> DirectorySnapshot:
    """Reads everything the directory holds."""
    with progress_bar(screen) as bar:
        return run_for(screen, lambda: directory.read(ReadingProgress(bar, "Reading the directory")))


def holdings(snapshot: DirectorySnapshot) -> str:
    """Returns how much was read, such as ``40 people, 3 groups``, and what makes that doubtful."""
    people = f"{len(snapshot.people):,} {'person' if len(snapshot.people) == 1 else 'people'}"
    groups = "" if snapshot.groups is None else f", {counted(len(snapshot.groups), 'group')}"
    doubt = "" if snapshot.completeness.proven else f"; {snapshot.completeness.evidence}"
    return people + groups + doubt
