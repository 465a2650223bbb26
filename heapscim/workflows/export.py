"""Exports the tenant as a roster, and proves by a plan that a sync with that roster finds nothing to do."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from heapscim.config.private_files import mode_for_others
from heapscim.directory.protocol import Rendered, SnapshotWriter
from heapscim.directory.registry import forms, is_file
from heapscim.errors import UsageError
from heapscim.model.changes import Change, subject
from heapscim.model.phrases import listed
from heapscim.model.state import CurrentState, Links
from heapscim.output.change_labels import counted
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.planning import planner
from heapscim.planning.exporting import as_directory, still_changed, to_empty
from heapscim.workflows.consent import confirmed, declined
from heapscim.workflows.exit_codes import DONE, PARTIAL, SOURCE_INCOMPLETE
from heapscim.workflows.managed import unread_notices
from heapscim.workflows.reconcile import decide_desired
from heapscim.workflows.session import Session

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class _Proven:
    """Holds a roster, and what a plan with it would still change."""

    rendered: Rendered
    remarks: tuple[str, ...]


async def export(session: Session, out: Path | None, *, yes: bool) -> Result:
    """Writes the tenant as a roster into ``out``, or to stdout if that is None; asks before it replaces a file.

    An unproven read of Heap is refused: whom it left out, a sync with the roster would deactivate one day.
    """
    target = _target(session, out)
    if out is not None and not yes and not _may_write(session, out):
        return declined({"file": str(out)})
    groups = session.profile.manage_groups or session.profile.scope == "groups"
    with progress_bar(session.screen) as bar:
        current = await session.tenant.read(groups=groups, progress=ReadingProgress(bar, "Reading Heap"))
    session.remember(current, groups=groups)
    unproven = [read for read in (current.completeness, current.groups_completeness) if not read.proven]
    if unproven:
        evidence = " ".join(read.evidence for read in unproven)
        words = f"Nothing was exported, since Heap's list can't prove itself complete: {evidence} Try again later."
        return Result(None, notices=(words,), exit_code=SOURCE_INCOMPLETE)
    with progress_bar(session.screen, "Checking the roster by a plan"):
        proven = _proven(session, target, current, groups=groups)
    notices = (*_shortened(proven.remarks), *unread_notices(current.broken))
    if out is not None:
        target.write(proven.rendered.content)
    return _result(proven.rendered, out, notices, json_wanted=session.screen.format == "json")


def _may_write(session: Session, out: Path) -> bool:
    hint = f"{out} is there already: name a new file, or say --yes to replace this one."
    return not out.exists() or confirmed(session.screen, f"Replace {out}?", hint=hint)


def _target(session: Session, out: Path | None) -> SnapshotWriter:
    """Returns the file to write; for stdout, one that stands for its form."""
    spec = str(out) if out is not None else f"people.{_STDOUT[session.screen.format]}"
    target = session.directory(spec) if is_file(spec) else None
    if not isinstance(target, SnapshotWriter):
        hint = f"Name {forms(files=True)}. A spreadsheet opens .csv."
        raise UsageError(f"--out {spec} isn't a roster that can be written.", hint=hint)
    return target


_STDOUT: Mapping[str, str] = {"table": "yaml", "csv": "csv", "json": "json"}


def _proven(session: Session, target: SnapshotWriter, current: CurrentState, *, groups: bool) -> _Proven:
    """Renders the tenant until a plan with the roster changes no attribute, and says what it would still change."""
    links, mapping = session.ledger.links(), session.profile.mapping
    empty: Mapping[str, frozenset[str]] = {}
    while True:
        made = as_directory(current, links, mapping, groups=groups, empty=empty)
        rendered = target.rendered(made.snapshot)
        changes = _planned(session, rendered, current, links)
        more = to_empty(changes, empty)
        if more == empty:
            break
        empty = more
    unsaid: defaultdict[str, list[str]] = defaultdict(list)
    for id, paths in empty.items():
        unsaid[", ".join(sorted(paths))].append(current.users_by_id[id].user_name)
    remarks = [
        f"{paths} can't be said in this roster, so a sync leaves it as it is in Heap, of {listed(sorted(people))}."
        for paths, people in sorted(unsaid.items())
    ]
    hidden = sorted(session.unreadable & mapping.keys())
    remarks += [f"Heap doesn't show {path}: it is left empty, and stays as it is in Heap." for path in hidden]
    remarks += _differences("A plan with this roster", changes)
    if links.users or links.groups:
        remarks += _differences("With a new ledger, a plan", _planned(session, rendered, current, Links()))
    return _Proven(rendered, (*made.remarks, *rendered.left_out, *remarks))


def _planned(session: Session, rendered: Rendered, current: CurrentState, links: Links) -> tuple[Change, ...]:
    desired = decide_desired(session.profile, rendered.snapshot)
    return still_changed(planner.plan(desired, current, links, session.plan_options("plan")).changes, current)


def _differences(who: str, changes: tuple[Change, ...]) -> list[str]:
    if not changes:
        return []
    named = [f"{change.kind.replace('_', ' ')} {subject(change)} ({change.reason})" for change in changes]
    more = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
    return [f"{who} would still make {counted(len(named), 'change')}: {'; '.join(named[:_MOST_NAMED])}{more}."]


def _shortened(remarks: tuple[str, ...]) -> tuple[str, ...]:
    if len(remarks) <= 10 * _MOST_NAMED:
        return remarks
    return (*remarks[: 10 * _MOST_NAMED], f"And {len(remarks) - 10 * _MOST_NAMED:,} more remarks like these.")


def _result(rendered: Rendered, out: Path | None, notices: tuple[str, ...], *, json_wanted: bool) -> Result:
    people, groups = rendered.snapshot.people, rendered.snapshot.groups or ()
    code = PARTIAL if notices else DONE
    if out is None:
        text = rendered.content.decode("utf-8-sig")
        data = json.loads(text) if json_wanted else None
        return Result(data, show=lambda screen: screen.write(text), exit_code=code, notices=notices, pages=False)
    total = f"{counted(len(people), 'account')} and {counted(len(groups), 'group')}"
    mode = mode_for_others(out)
    known = "" if mode is None else f", which is open to others ({mode:o})"
    words = f"Exported {total} to {out}{known}. See what a sync with it does: `heapscim plan --directory {out}`"
    counts = {"file": str(out), "people": len(people), "groups": len(groups)}
    return Result(counts, show=lambda screen: screen.tell(words), exit_code=code, notices=notices, pages=False)
