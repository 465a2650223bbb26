"""Reads and writes the roster: a CSV, YAML or JSON file of people and groups. It reports all problems at once.

A roster may come through a pipe, too; then it can only be read.

Adding people changes nothing that is in the file already.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from heapscim.config.atomic_replace import remove_drafts
from heapscim.directory.connection import DirectoryContext
from heapscim.directory.pipes import is_pipe
from heapscim.directory.protocol import Look, Rendered, Report, Supposed, supposed
from heapscim.directory.roster.assembly import parse_roster
from heapscim.directory.roster.headers import Headers
from heapscim.directory.roster.reading import DEFAULT, Reading
from heapscim.directory.roster.replace_file import digest, digest_of, replace_file
from heapscim.directory.roster.stillness import await_stillness
from heapscim.directory.roster.text import read_pipe, read_roster_file
from heapscim.errors import DirectoryError, UsageError
from heapscim.http.rate_limit import Timing
from heapscim.model.completeness import ReadProgress
from heapscim.model.directory import Added, DirectorySnapshot, NewPerson, Person


@dataclass(slots=True)
class Roster:
    """Represents a directory that is one file, or a pipe."""

    spec: str
    reading: Reading = DEFAULT
    is_pipe: bool = False
    timing: Timing | None = None
    """Lets reads and looks wait."""
    waits: bool = False
    """Whether a read waits until no program writes the file. A person who looks at each plan needs no such wait."""
    _read: str | None = field(default=None, init=False, repr=False, compare=False)
    """The digest of what was read last; None if nothing was read: then only a new file may be written."""

    async def read(self, progress: ReadProgress) -> DirectorySnapshot:
        """Reads the whole file; raises DirectoryError, or RosterInvalid with every problem in it."""
        if self.is_pipe:
            content = await asyncio.to_thread(read_pipe, self.spec)
            snapshot = parse_roster(content, Path("standard input"), self.reading)
        else:
            if self.waits and self.timing is not None:
                await await_stillness(Path(self.spec), self.timing)
            snapshot, content = await asyncio.to_thread(_read_whole, Path(self.spec), self.reading)
        self._read = digest(content)
        progress(len(snapshot.people), len(snapshot.people))
        return snapshot

    async def look(self, mark: object | None) -> Look:
        """Returns as soon as the file is another one or has other content, and after a minute without that."""
        from heapscim.directory.roster.file_events import look

        if self.is_pipe or self.timing is None:
            raise DirectoryError(f"{self.spec} can't tell when it changes.", hint="Name the roster file.")
        return await look(Path(self.spec), mark, self.timing)

    def proposed(self, people: Sequence[NewPerson], held: Iterable[Person]) -> Sequence[NewPerson | Added]:  # noqa: ARG002
        """Returns the people as they are: a roster takes any userName."""
        return people

    def warnings(self, people: Sequence[NewPerson]) -> tuple[str, ...]:  # noqa: ARG002
        """Returns nothing: a file mails no one."""
        return ()

    async def add_people(self, people: Sequence[NewPerson], *, group: str | None, report: Report) -> None:
        """Adds people to the file as it was read, or to a new one if nothing was read, all in one step.

        Raises DirectoryError if the file has changed since, and UsageError if no bound group has the name.
        """
        self._refuse_pipe("Name a file with --into.")
        adding = asyncio.create_task(asyncio.to_thread(self._add, people, group))
        try:
            outcomes = await asyncio.shield(adding)
        except asyncio.CancelledError:
            outcomes = await adding  # the write is one step and nearly done: report what became of each person
        for added in outcomes:
            report(added)

    def rendered(self, snapshot: DirectorySnapshot) -> Rendered:
        """Returns the content of a file that holds the snapshot, and what it can't hold; raises DirectoryError."""
        from heapscim.directory.roster.whole_file import content_of

        content, left_out = content_of(snapshot, Path(self.spec), self.reading)
        return Rendered(content, parse_roster(content, Path(self.spec), self.reading), left_out)

    def write(self, content: bytes) -> None:
        """Writes the whole file in one step, in place of one that is there; raises DirectoryError."""
        self._refuse_pipe("Name a file.")
        path = Path(self.spec)
        replace_file(path, content, expected=digest_of(path))

    async def read_as_if(self, group: str, *, bound: bool, progress: ReadProgress) -> Supposed:
        """Reads the file as it is, and as it would be if a group were bound or not; raises UsageError for CSV."""
        from heapscim.directory.roster.bind_group import refuse_csv

        self._refuse_pipe("Name the roster file.")
        refuse_csv(Path(self.spec))
        return supposed(await self.read(progress), group, bound=bound)

    async def set_bound(self, group: str, *, bound: bool) -> None:
        """Writes whether a group is bound, in one step; raises DirectoryError if the file changes meanwhile."""
        self._refuse_pipe("Name the roster file.")
        await asyncio.to_thread(self._bind, group, bound=bound)

    def _refuse_pipe(self, hint: str) -> None:
        if self.is_pipe:
            raise UsageError("Standard input can be read, but nothing can be written into it.", hint=hint)

    def _bind(self, group: str, *, bound: bool) -> None:
        from heapscim.directory.roster.bind_group import with_binding

        path = Path(self.spec)
        before = read_roster_file(path).content
        after = with_binding(before, path, group, bound=bound, reading=self.reading)
        if after != before:
            replace_file(path, after, expected=self._read or digest(before))
            self._read = digest(after)

    def _add(self, people: Sequence[NewPerson], group: str | None) -> Sequence[Added]:
        from heapscim.directory.roster.add_people import new_roster, with_people

        path = Path(self.spec)
        before = new_roster(path, people) if self._read is None else read_roster_file(path).content
        after, outcomes = with_people(before, path, people, group, self.reading)
        if any(added.status == "added" for added in outcomes):
            replace_file(path, after, expected=self._read)
            self._read = digest(after)
        return outcomes


def open_roster(spec: str, opening: DirectoryContext) -> Roster:
    """Returns the roster at a path; a missing file is noticed when it is read."""
    reading = replace(DEFAULT, mapping=opening.mapping)
    if opening.settings is not None:
        from heapscim.directory.roster.settings import RosterSettings

        found = opening.settings if isinstance(opening.settings, RosterSettings) else RosterSettings()
        reading = Reading(Headers(found.columns, found.ignore), found.encoding, opening.mapping)
    return Roster(spec, reading, is_pipe(spec), opening.timing, waits=opening.unattended)


def read_roster(path: Path, reading: Reading = DEFAULT) -> DirectorySnapshot:
    """Reads a roster file into a snapshot; raises DirectoryError if the file changes meanwhile."""
    return _read_whole(path, reading)[0]


def _read_whole(path: Path, reading: Reading) -> tuple[DirectorySnapshot, bytes]:
    remove_drafts(Path(os.path.realpath(path)))
    file = read_roster_file(path)
    snapshot = parse_roster(file.content, path, reading)
    file.check_unchanged()
    return snapshot, file.content
