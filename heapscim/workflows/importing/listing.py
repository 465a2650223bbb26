"""Reads Heap and the directory for an import, and lists who is in the directory already."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heapscim.directory.pipes import is_pipe
from heapscim.directory.protocol import Directory, PeopleWriter, group_to_join
from heapscim.directory.registry import absolute_spec, forms, is_file
from heapscim.errors import UsageError
from heapscim.model.attribute_mapping import Rule
from heapscim.model.directory import Added, DirectorySnapshot, NewPerson
from heapscim.model.phrases import counted, listed
from heapscim.model.state import ROLE, CurrentState, match_key
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.output.tables import Table
from heapscim.planning.email_addresses import REMEDY
from heapscim.planning.importing import (
    Finding,
    Imported,
    New,
    SortKey,
    by_email,
    find,
    full_name,
    in_order,
    known_by_email,
    leads_back,
    person_of,
)
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
    proposals: Mapping[str, NewPerson | Added] = field(default_factory=dict)
    """Heap id → what would be written of a new account, or why it can't be imported."""

    def username(self, finding: Finding) -> str:
        """Returns the username that a person has in the target, or would get; empty if there is none."""
        if isinstance(finding, Imported):
            return finding.person.user_name
        person = self.proposals.get(finding.account.id)
        return person.user_name if isinstance(person, NewPerson) else ""

    def message(self, finding: Finding) -> str | None:
        """Returns why an account can't be imported, if it can't."""
        refused = self.proposals.get(finding.account.id)
        return refused.message if isinstance(refused, Added) else getattr(finding, "message", None)

    def rows(self, findings: Sequence[Finding]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Returns headings and a row for each account; usernames have a column if one of them isn't the userName."""
        rows = [(cells(finding), self.username(finding)) for finding in findings]
        if all(match_key(username) in ("", match_key(row[0])) for row, username in rows):
            return COLUMNS, tuple(row for row, _ in rows)
        columns = (COLUMNS[0], "username", *COLUMNS[1:])
        return columns, tuple((row[0], username, *row[1:]) for row, username in rows)

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


async def read_accounts(session: Session, directory: str | None, into: Path | None, *, with_role: bool) -> Found:
    """Reads both sides at the same time, matches them, and works out what would be written."""
    if into is None and directory is not None and is_pipe(directory):
        hint = "Name a roster file with --into."
        raise UsageError("Standard input can be read, but nothing can be written into it.", hint=hint)
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
    findings = in_order(findings, "status")
    proposals = _proposals(session.profile.mapping, target, findings, held, with_role=with_role)
    remedy = _remedy(session.profile.mapping, findings, proposals)
    notices = (*_doubts(current, snapshot, other), *remedy)
    checked = {id: _checked(entry, session.profile.mapping) for id, entry in proposals.items()}
    return Found(target, absolute_spec(target.spec), held, findings, notices, checked)


def accounts_result(found: Found, findings: Sequence[Finding]) -> Result:
    """Returns the list of accounts as a result."""
    columns, rows = found.rows(findings)
    return Result(
        data=[
            {
                "id": finding.account.id,
                "userName": finding.account.user_name,
                "username": found.username(finding) or None,
                "name": full_name(finding.account),
                "role": finding.account.attributes.get(ROLE),
                "active": finding.account.active,
                "status": finding.status,
                "message": found.message(finding),
            }
            for finding in findings
        ],
        table=Table(
            columns,
            rows,
            whole=frozenset({"userName", "username", "status"}),
            spare=("role",),
            empty="There is nobody to import.",
        ),
        notices=(*found.notices, *conflicts(findings), *_refusals(found, findings)),
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


def _refusals(found: Found, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Returns each reason why new accounts can't be imported, once, with the accounts that it is about."""
    names: dict[str, list[str]] = {}
    for finding in findings:
        if isinstance(finding, New) and (message := found.message(finding)) is not None:
            names.setdefault(message, []).append(finding.account.user_name)
    return tuple(f"{message} This is about {listed(about)}." for message, about in names.items())


def _proposals(
    mapping: Mapping[str, Rule],
    target: Directory,
    findings: Sequence[Finding],
    held: DirectorySnapshot | None,
    *,
    with_role: bool,
) -> Mapping[str, NewPerson | Added]:
    """Returns what would be written of each new account, chosen or not: a username doesn't depend on the choice."""
    if not isinstance(target, PeopleWriter):
        return {}
    new = [finding.account for finding in findings if isinstance(finding, New)]
    new.sort(key=lambda account: (account.match_key, account.id))
    people = [person_of(account, mapping, with_role=with_role) for account in new]
    proposed = target.proposed(people, () if held is None else held.people)
    return {account.id: entry for account, entry in zip(new, proposed, strict=True)}


def _checked(entry: NewPerson | Added, mapping: Mapping[str, Rule]) -> NewPerson | Added:
    """Refuses a person whom the next sync would give a second account."""
    if isinstance(entry, Added) or leads_back(entry, mapping):
        return entry
    return Added(entry.account, "failed", None, "The profile's mapping would make another userName, a second account.")


def _remedy(
    mapping: Mapping[str, Rule], findings: Sequence[Finding], proposals: Mapping[str, NewPerson | Added]
) -> tuple[str, ...]:
    """Says how the mapping finds people by e-mail address, if it makes another userName of some."""
    people = [entry for entry in proposals.values() if isinstance(entry, NewPerson) and not leads_back(entry, mapping)]
    helped = [person.account for person in people if leads_back(person, by_email(mapping))]
    names = sorted({*known_by_email(findings, mapping), *helped})
    if not names:
        return ()
    words = (
        f"In Heap, the userName of {counted(len(names), 'account')} is the person's e-mail address ({listed(names)}), "
        "and the profile's mapping makes another userName. So a sync can't tell that the account is theirs. Set it: "
        f"{REMEDY}."
    )
    return (words,)


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
