"""Reports what an import did: each person, the counts, and who isn't managed yet (article row 17)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from heapscim.model.attribute_mapping import Rule
from heapscim.model.directory import Added, Scope
from heapscim.model.state import match_key
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.tables import Table, show_table
from heapscim.planning.importing import not_as_in_heap
from heapscim.workflows import exit_codes
from heapscim.workflows.importing.listing import Found
from heapscim.workflows.importing.run import ImportRun

STATUSES = ("added", "present", "failed")
_MOST_NAMED = 5
_COLUMNS: tuple[str, ...] = ("userName", "message", "outcome")


def import_result(run: ImportRun, found: Found, group: str | None, scope: Scope, notices: Sequence[str]) -> Result:
    """Returns a run as a result."""
    added = run.count("added")
    unmanaged = added if scope == "groups" and group is None else 0
    said = (*notices, *([_unmanaged(unmanaged, found)] if unmanaged else ()))
    return Result(
        data={
            "run": run.id,
            "interrupted": run.interrupted,
            "counts": {status: run.count(status) for status in STATUSES},
            "people": [_as_json(outcome, run) for outcome in run.outcomes],
            "not_managed": unmanaged,
        },
        table=outcomes_table(run),
        show=lambda screen: _show(run, found, screen, managed=added - unmanaged),
        exit_code=_exit_code(run),
        notices=said,
        pages=False,
    )


def outcomes_table(run: ImportRun, *, advice: bool = True) -> Table:
    """Returns each person as a row. Without ``advice``, only failures have a message."""
    rows: list[tuple[str, ...]] = [
        (added.user_name, (added.message if advice or added.status == "failed" else None) or "", added.status)
        for added in run.outcomes
    ]
    columns = _COLUMNS
    if any(account != match_key(username) for account, username in run.usernames.items()):
        columns = (columns[0], "username", *columns[1:])
        rows = [(row[0], run.usernames.get(match_key(row[0]), ""), *row[1:]) for row in rows]
    return Table(columns, tuple(rows), whole=frozenset(columns), empty="There was no one to import.")


def in_words(run: ImportRun, where: str) -> str:
    """Returns the counts in one sentence."""
    parts = [f"{people(run.count('added'))} added to {where}"]
    if present := run.count("present"):
        parts.append(f"{present:,} there already and left as they are")
    if failed := run.count("failed"):
        parts.append(f"{failed:,} failed")
    return ", ".join(parts) + "."


def differences(run: ImportRun, found: Found, mapping: Mapping[str, Rule]) -> tuple[str, ...]:
    """Names the people whose account a sync will change, because the mapping gives other values than Heap has."""
    accounts = {finding.account.match_key: finding.account for finding in found.findings}
    changed: dict[str, tuple[str, ...]] = {}
    for added in run.outcomes:
        account = accounts.get(match_key(added.user_name))
        if account is not None and account.active and added.holds is not None:
            changed[added.user_name] = not_as_in_heap(account, added.holds, mapping)
    names = [name for name, paths in changed.items() if paths]
    if not names:
        return ()
    paths = ", ".join(sorted({path for found in changed.values() for path in found}))
    words = (
        f"The sync that first manages them will change {people(len(names))} in Heap, since the profile's mapping gives "
        f"other values for {paths}: {_listed(names)}. `heapscim plan` shows it; "
        "to keep Heap's values, correct the mapping or the directory."
    )
    return (words,)


def advice(run: ImportRun) -> tuple[str, ...]:
    """Returns what to know about people who were added: each sentence once, with the people it is about."""
    names: dict[str, list[str]] = {}
    for added in run.outcomes:
        if added.message is not None and added.status != "failed":
            names.setdefault(added.message, []).append(added.user_name)
    return tuple(
        f"{message} This is about {people(len(about))} ({_listed(about)})." for message, about in names.items()
    )


def people(number: int) -> str:
    """Returns a number of people in words."""
    return "1 person" if number == 1 else f"{number:,} people"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")


def _as_json(outcome: Added, run: ImportRun) -> dict[str, str | None]:
    return {
        "user_name": outcome.user_name,
        "username": run.usernames.get(match_key(outcome.user_name)),
        "status": outcome.status,
        "external_id": outcome.external_id,
        "message": outcome.message,
    }


def _show(run: ImportRun, found: Found, screen: Screen, *, managed: int) -> None:
    if screen.quiet:
        _show_briefly(run, found, screen)
        return
    if not sys.stderr.isatty() or run.id is None:  # then no progress was shown
        show_table(outcomes_table(run, advice=False), screen)
    style = "bold red" if run.count("failed") or run.interrupted else "bold green"
    screen.print(in_words(run, found.name), style)
    if run.interrupted:
        screen.print(f"Interrupted: `heapscim resume {run.id}` does the rest.", style)
    elif run.id is not None:
        screen.print(f"Run {run.id}.")
    if managed:
        screen.print(f"{people(managed)} will be managed from the next sync on.")
    for words in advice(run):
        screen.notice(words)


def _show_briefly(run: ImportRun, found: Found, screen: Screen) -> None:
    """Prints in one line what was imported, or nothing; stderr names who wasn't, and why."""
    if run.count("added"):
        screen.print(f"{in_words(run, found.name)} Run {run.id}.")
    for outcome in run.outcomes:
        if outcome.status == "failed":
            screen.tell(f"Failed: {outcome.user_name}: {outcome.message or ''}".rstrip())
    if run.interrupted:
        screen.tell(f"Interrupted: `heapscim resume {run.id}` does the rest.")


def _unmanaged(number: int, found: Found) -> str:
    groups = found.snapshot.groups if found.snapshot is not None else None
    names = ", ".join(sorted(group.name for group in groups or () if group.bound)) or "none yet"
    verb = "isn't" if number == 1 else "aren't"
    return (
        f"{people(number)} {verb} managed yet: imported people must be in a group that is bound to Heap "
        f"(bound: {names}). Put them into one in the directory, or use --group when you import."
    )


def _exit_code(run: ImportRun) -> int:
    if run.interrupted:
        return exit_codes.INTERRUPTED
    return exit_codes.PARTIAL if run.count("failed") else exit_codes.DONE
