"""Asks, adds the chosen people and reports; finishes an import that was cut off."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from heapscim.directory.protocol import Directory, PeopleWriter
from heapscim.directory.registry import is_file
from heapscim.errors import DirectoryError, UsageError
from heapscim.ledger.entries import Operation, Settlement
from heapscim.model.directory import Added, DirectorySnapshot, NewPerson, Scope
from heapscim.model.state import match_key
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.output.text import cropped
from heapscim.planning.importing import Choice, accounts_held
from heapscim.workflows.consent import confirmed, declined
from heapscim.workflows.importing.listing import Found
from heapscim.workflows.importing.mail_summary import mail_summary, prepare_mail
from heapscim.workflows.importing.report import differences, import_result, people
from heapscim.workflows.importing.run import Addition, ImportRun, run_additions
from heapscim.workflows.session import Session

_MOST_SHOWN = 20
_NO_ONE = "No one was imported."


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Holds how people are added."""

    group: str | None = None
    with_role: bool = False
    yes: bool = False


async def carry_out(session: Session, found: Found, choice: Choice | None, options: ImportOptions) -> Result:
    """Asks, adds the people, and reports each of them."""
    if choice is None:
        return declined({"run": None}, _NO_ONE)
    new, others = _people(found, choice)
    if not new:
        run = ImportRun(None, tuple(others))
        return import_result(run, found, options.group, _scope(session, found), found.notices)
    if not _confirmed(session, found, new, yes=options.yes):
        return declined({"run": None}, _NO_ONE)
    additions = [Addition(person, found.spec, options.group) for person in new]
    return await _run(session, found, additions, others)


async def resume_import(session: Session, run: str, *, yes: bool) -> Result:
    """Adds the people whom a run that was cut off had left; people in the directory by now are left as they are.

    The caller holds the profile's lock. Raises UsageError if no one is left.
    """
    rest = [entry for entry in session.ledger.operations(run) if entry.state in ("planned", "sent")]
    if not rest:
        raise UsageError(f"Run {run} has nothing left to do.", hint="Import again with `heapscim import`.")
    additions = [Addition.from_json(entry.change) for entry in rest]
    target = session.directory(additions[0].into)
    snapshot = await _snapshot(session, target)
    everyone = [entry.person for entry in additions]
    there = accounts_held(everyone, () if snapshot is None else snapshot.people)
    found = Found(target, additions[0].into, snapshot, (), ())
    missing = [person for person in everyone if person.account not in there]
    if additions[0].group is not None:
        missing = everyone  # those who are there may not be in the group yet
    if missing and not _confirmed(session, found, missing, yes=yes):
        return declined({"run": None}, _NO_ONE)
    session.ledger.record(run, [(entry.seq, _found_out(entry, there)) for entry in rest])
    return await _run(session, found, additions, [], continues=run)


async def _run(
    session: Session,
    found: Found,
    additions: list[Addition],
    others: list[Added],
    *,
    continues: str | None = None,
) -> Result:
    mailing = prepare_mail(session, len(additions))
    run = await run_additions(session, _writer(found.target), additions, continues=continues)
    run = run.with_others(others)
    mailed = () if mailing is None else await mail_summary(session.context, mailing, run, found.name)
    notices = (*found.notices, *mailed, *differences(run, found, session.profile.mapping))
    return import_result(run, found, additions[0].group, _scope(session, found), notices)


def _people(found: Found, choice: Choice) -> tuple[list[NewPerson], list[Added]]:
    """Returns whom to add, and the outcomes of the others."""
    new: list[NewPerson] = []
    others = [Added(entry.account.user_name, "present", entry.person.external_id) for entry in choice.imported]
    others += [Added(entry.account.user_name, "failed", None, entry.message) for entry in choice.conflicts]
    others += [Added(name, "failed", None, "Heap has no account with that userName.") for name in choice.unknown]
    _writer(found.target)
    for entry in choice.new:
        proposal = found.proposals[entry.account.id]
        if isinstance(proposal, NewPerson):
            new.append(proposal)
        else:
            others.append(proposal)
    return new, others


def _writer(target: Directory) -> PeopleWriter:
    if not isinstance(target, PeopleWriter):
        raise DirectoryError(
            f"heapscim can't write to {target.spec}.", hint="Import into a roster file with --into FILE."
        )
    return target


def _confirmed(session: Session, found: Found, new: Sequence[NewPerson], *, yes: bool) -> bool:
    """Says who is mailed, shows which usernames are written, and asks, unless the user said yes already."""
    for words in _writer(found.target).warnings(new):
        session.screen.notice(words)
    if yes:
        return True
    named = [person for person in new if match_key(person.user_name) != match_key(person.account)]
    for person in named[:_MOST_SHOWN]:
        session.screen.note(f"{cropped(person.account, 60)} gets the username {person.user_name}.")
    if len(named) > _MOST_SHOWN:
        session.screen.note(f"… and {len(named) - _MOST_SHOWN:,} more: `heapscim import --list` shows all of them.")
    question = f"Write {people(len(new))} into {found.name}?"
    return confirmed(session.screen, question, hint="See who is new with --list.")


def _scope(session: Session, found: Found) -> Scope:
    usual: Scope = "all" if found.snapshot is None else found.snapshot.default_scope
    return session.profile.scope or usual


async def _snapshot(session: Session, target: Directory) -> DirectorySnapshot | None:
    """Returns what the target holds; None for a roster that the run was going to create."""
    if is_file(target.spec) and not _exists(target.spec):
        return None
    with progress_bar(session.screen) as bar:
        return await target.read(ReadingProgress(bar, "Reading the directory"))


def _exists(spec: str) -> bool:
    return Path(spec).exists()


def _found_out(entry: Operation, there: Container[str]) -> Settlement:
    if entry.subject in there:
        return Settlement("done", message="Found in the directory.")
    return Settlement("not_attempted", message="The run was cut off before.")
