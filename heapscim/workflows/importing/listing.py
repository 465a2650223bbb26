"""Reads Heap and the directory for an import, and lists who is in the directory already."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heapscim.directory.protocol import Directory, group_to_join
from heapscim.directory.registry import absolute_spec, forms, is_file
from heapscim.errors import UsageError
from heapscim.model.directory import DirectorySnapshot
from heapscim.model.state import ROLE, CurrentState
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.output.tables import Table
from heapscim.planning.importing import Finding, New, SortKey, find, full_name, in_order
from heapscim.workflows.managed import unread_notices
from heapscim.workflows.session import Session

COLUMNS = ("userName", "name", "role", "active", "status")


@dataclass(frozen=True, slots=True)
class Found:
    """Holds both sides as read, and what they say about each account."""

    target: Directory
    """Where people are written: the directory itself, or the roster of ``--into``."""
    spec: str
    """How to open the target again, from any folder."""
    snapshot: DirectorySnapshot | None
    """What the target holds; None if it is a roster that doesn't exist yet."""
    findings: tuple[Finding, ...]
    notices: tuple[str, ...]

    def shown(self, sort: SortKey, *, new_only: bool) -> tuple[Finding, ...]:
        """Returns the findings in order."""
        ordered = in_order(self.findings, sort)
        return tuple(finding for finding in ordered if isinstance(finding, New)) if new_only else ordered

    def check_group(self, group: str | None) -> None:
        """Raises UsageError for a group that people can't be put into; a new roster takes any group."""
        if group is not None and self.snapshot is not None and (self.snapshot.people or self.snapshot.groups):
            group_to_join(self.snapshot, group)

    @property
    def name(self) -> str:
        """Returns what the target is called in messages."""
        return self.snapshot.source if self.snapshot is not None else Path(self.spec).name


async def read_accounts(session: Session, directory: str | None, into: Path | None) -> Found:
    """Reads both sides at the same time, and matches them."""
    source = None if into is not None and not _is_known(session, directory) else session.directory(directory)
    target = source if into is None else _roster(session, into)
    with progress_bar(session.screen) as bar:
        current, snapshot, other = await asyncio.gather(
            session.tenant.read(groups=False, progress=ReadingProgress(bar, "Reading Heap")),
            _read(source, ReadingProgress(bar, "Reading the directory")),
            _read(None if into is None or not _exists(into) else target, ReadingProgress(bar, f"Reading {into}")),
        )
    if target is None:
        raise UsageError(
            "Where should the people go? No directory is set.", hint="Give --directory people.csv, or --into FILE."
        )
    findings = _findings(session, current, snapshot)
    if into is not None:
        findings = _with_those_in(session, findings, other)
    held = snapshot if into is None else other
    return Found(
        target, absolute_spec(target.spec), held, in_order(findings, "status"), tuple(_doubts(current, snapshot, other))
    )


def accounts_result(found: Found, findings: Sequence[Finding]) -> Result:
    """Returns the list of accounts as a result."""
    return Result(
        data=[
            {
                "id": finding.account.id,
                "userName": finding.account.user_name,
                "name": full_name(finding.account),
                "role": finding.account.attributes.get(ROLE),
                "active": finding.account.active,
                "status": finding.status,
                "message": getattr(finding, "message", None),
            }
            for finding in findings
        ],
        table=Table(
            COLUMNS,
            tuple(map(cells, findings)),
            whole=frozenset({"userName", "status"}),
            spare=("role",),
            empty="There is nobody to import.",
        ),
        notices=(*found.notices, *conflicts(findings)),
    )


def cells(finding: Finding) -> tuple[str, ...]:
    """Returns one account as a row."""
    account = finding.account
    state = "active" if account.active else "inactive"
    return account.user_name, full_name(account), account.attributes.get(ROLE, ""), state, finding.status


def conflicts(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Returns a message for each account that can't be decided."""
    return tuple(
        f"Conflict: {finding.message} It is left alone." for finding in findings if finding.status == "Conflict"
    )


def _is_known(session: Session, directory: str | None) -> bool:
    return directory is not None or session.profile.directory is not None


def _roster(session: Session, path: Path) -> Directory:
    if not is_file(str(path)):
        raise UsageError(f"--into {path} isn't a roster.", hint=f"It takes {forms(files=True)}.")
    return session.directory(str(path))


def _exists(path: Path) -> bool:
    return path.exists()


async def _read(directory: Directory | None, progress: ReadingProgress) -> DirectorySnapshot | None:
    return None if directory is None else await directory.read(progress)


def _findings(session: Session, current: CurrentState, snapshot: DirectorySnapshot | None) -> tuple[Finding, ...]:
    people = () if snapshot is None else snapshot.people
    return find(current.users, people, session.ledger.links().for_the_directory.users, session.profile.mapping)


def _with_those_in(
    session: Session, findings: Sequence[Finding], other: DirectorySnapshot | None
) -> tuple[Finding, ...]:
    """Finds out who is new to the directory but already in the roster of ``--into``."""
    new = [finding.account for finding in findings if isinstance(finding, New)]
    there = find(new, () if other is None else other.people, (), session.profile.mapping)
    second = {finding.account.id: finding for finding in there if not isinstance(finding, New)}
    return tuple(second.get(finding.account.id, finding) for finding in findings)


def _doubts(current: CurrentState, *snapshots: DirectorySnapshot | None) -> Sequence[str]:
    reads = [current.completeness, *(snapshot.completeness for snapshot in snapshots if snapshot is not None)]
    doubts = [f"The list may not be complete: {read.evidence}" for read in reads if not read.proven]
    return [*doubts, *unread_notices(current.broken)]
