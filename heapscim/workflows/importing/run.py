"""Carries out one import: intent in the ledger, people into the directory, each outcome recorded when it is known.

Knows neither Heap nor how people were chosen, so a run that was cut off can be finished from the ledger alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from heapscim.directory.protocol import PeopleWriter
from heapscim.errors import HeapscimError, LedgerError
from heapscim.ledger.entries import OperationDraft, RunHead, SettledState, Settlement
from heapscim.ledger.protocol import Ledger
from heapscim.model.directory import Added, NewPerson
from heapscim.model.state import match_key
from heapscim.output.import_progress import ImportProgress, import_progress
from heapscim.workflows.session import Session

COMMAND = "import"
KIND = "add_person"
_STATES: dict[str, SettledState] = {"added": "done", "present": "done", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Addition:
    """Holds one person to add, and where."""

    person: NewPerson
    into: str
    """The directory, as in `--directory`."""
    group: str | None

    def to_json(self) -> str:
        """Returns the form that the ledger keeps."""
        person = {
            "attributes": dict(self.person.attributes),
            "active": self.person.active,
            "account": self.person.account,
        }
        return json.dumps({"person": person, "into": self.into, "group": self.group}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Addition:
        """Reads the form that the ledger keeps."""
        kept = json.loads(text)
        person = kept["person"]  # without an account if an earlier version wrote it: then it is the username
        return cls(
            NewPerson(person["attributes"], person["active"], person.get("account", "")), kept["into"], kept["group"]
        )


@dataclass(frozen=True, slots=True)
class ImportRun:
    """Holds what a run did, in the order in which people were chosen."""

    id: str | None
    """None if there was no one to add."""
    outcomes: tuple[Added, ...]
    interrupted: bool = False
    usernames: Mapping[str, str] = field(default_factory=dict)
    """Folded account → the username with which the person was added."""

    def with_others(self, *others: Sequence[Added]) -> ImportRun:
        """Adds the outcomes of people who didn't need to be written."""
        return replace(self, outcomes=(*self.outcomes, *(added for group in others for added in group)))

    def count(self, status: str) -> int:
        """Returns how many people have a status."""
        return sum(added.status == status for added in self.outcomes)


async def run_additions(
    session: Session, target: PeopleWriter, additions: Sequence[Addition], *, continues: str | None = None
) -> ImportRun:
    """Adds people, all to the same place; raises the directory's error if no one could be added."""
    head = RunHead(COMMAND, session.profile.base_url, "", session.run_context(), continues)
    drafts = [
        OperationDraft(KIND, entry.person.account, f"chosen for {entry.into}", entry.to_json()) for entry in additions
    ]
    with session.lock.held(COMMAND), import_progress(session.screen, len(additions)) as progress:
        session.check_connected()
        run = session.ledger.begin(head, drafts)
        session.remember_run(run, COMMAND)
        recorder = _Recorder(session.ledger, run, additions, progress)
        interrupted, error = await _write(session, target, additions, recorder)
        outcomes = tuple(recorder.outcomes[seq] for seq in sorted(recorder.outcomes))
        failed = any(added.status == "failed" for added in outcomes)
        session.ledger.end_run(run, "interrupted" if interrupted else "failed" if failed else "done")
    if error is not None:
        raise error
    names = {match_key(entry.person.account): entry.person.user_name for entry in additions}
    added = {match_key(entry.user_name) for entry in outcomes if entry.status == "added"}
    return ImportRun(run, outcomes, interrupted, {key: name for key, name in names.items() if key in added})


async def _write(
    session: Session, target: PeopleWriter, additions: Sequence[Addition], recorder: _Recorder
) -> tuple[bool, HeapscimError | None]:
    """Returns whether the run was interrupted, and the error if it kept everyone from being added."""
    people, group = [entry.person for entry in additions], additions[0].group
    recording = asyncio.create_task(recorder.record())
    interrupted, found = False, None
    try:
        recorder.intend()
        await target.add_people(people, group=group, report=recorder.report)
        recorder.fail_the_rest("The directory didn't report what it did with this person.")
    except asyncio.CancelledError:
        interrupted = True
    except LedgerError:
        raise
    except HeapscimError as error:
        found = None if recorder.outcomes else error
        recorder.fail_the_rest(session.context.redacting.cleaned(error).message)
    finally:
        recorder.close()
        await recording
    return interrupted, found


class _Recorder:
    """Takes outcomes as they come, shows them, and records those that wait together."""

    def __init__(self, ledger: Ledger, run: str, additions: Sequence[Addition], progress: ImportProgress) -> None:
        self._ledger = ledger
        self._run = run
        self._progress = progress
        self._open = {match_key(entry.person.account): seq for seq, entry in enumerate(additions)}
        self._names = [entry.person.account for entry in additions]
        self._queue: asyncio.Queue[tuple[int, Settlement | None] | None] = asyncio.Queue()
        self.outcomes: dict[int, Added] = {}

    def intend(self) -> None:
        """Records that everyone is about to be added."""
        self._ledger.record(self._run, [(seq, None) for seq in self._open.values()])

    def report(self, added: Added) -> None:
        """Takes the outcome of one person."""
        seq = self._open.pop(match_key(added.user_name))
        self.outcomes[seq] = added
        self._queue.put_nowait((seq, Settlement(_STATES[added.status], id=added.external_id, message=added.message)))
        self._progress.settled(added.user_name, added.status, added.message)

    def fail_the_rest(self, message: str) -> None:
        """Reports everyone without an outcome as failed."""
        for seq in sorted(self._open.values()):
            self.report(Added(self._names[seq], "failed", None, message))

    def close(self) -> None:
        """Says that no more outcomes come."""
        self._queue.put_nowait(None)

    async def record(self) -> None:
        """Records outcomes until ``close``."""
        batch: list[tuple[int, Settlement | None] | None] = []
        while not batch or batch[-1] is not None:
            batch = [await self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get_nowait())
            if entries := [entry for entry in batch if entry is not None]:
                await asyncio.to_thread(self._ledger.record, self._run, entries)
