"""Shows the provisioning log, and proves that it is unchanged. Reads only the ledger: no token, no request."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from heapscim.errors import UsageError
from heapscim.ledger.completion_names import keep_runs, runs_file
from heapscim.ledger.entries import RunFilter, RunSummary
from heapscim.ledger.protocol import Ledger
from heapscim.model.state import match_key
from heapscim.output.change_labels import counted, listed
from heapscim.output.envelope import Result
from heapscim.output.history.rows import changes_csv, command_line, operation_document, run_document, runs_table
from heapscim.output.history.view import Sequel, show_changes, show_run_changes, show_runs
from heapscim.workflows.context import Context
from heapscim.workflows.durations import FORMS, duration
from heapscim.workflows.ledger import verify
from heapscim.workflows.profiles import read_profile

LAST = "last"
"""A word for the newest run, instead of its name."""


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """Holds the options of ``history``."""

    run: str | None = None
    since: str | None = None
    user: str | None = None
    verify: bool = False
    head: str | None = None
    """A head that was noted earlier, or a file of heads; the chain must still contain them."""

    def check(self) -> None:
        """Raises UsageError for options that don't go together."""
        if self.head is not None and not self.verify:
            raise UsageError("--head works only with --verify.", hint="Add --verify.")
        if self.verify and (self.run or self.since or self.user):
            raise UsageError("--verify checks the whole log.", hint="Leave out RUN, --since and --user.")


def history(context: Context, options: HistoryOptions) -> Result:
    """Lists runs, or the changes of one run or to one user or group; or proves the log."""
    options.check()
    since = None if options.since is None else moment(options.since, context.timing.now())
    if options.verify:
        return verify(context, options.head)
    with closing(context.ledger.open(read_profile(context.settings_file).base_url)) as ledger:
        if options.run is None and options.user is None:
            return _runs(context, ledger, since)
        return _changes(ledger, options.run, since, options.user and _name_or_id(ledger, options.user))


def moment(text: str, now: float) -> float:
    """Returns the seconds since 1970 of an ISO date or time (local without an offset), or of a duration ago."""
    ago = duration(text)
    if ago is not None:
        return now - ago
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{text!r} isn't a date.", hint=f"Write it like 2025-03-01, 2025-03-01T08:00, {FORMS}."
        ) from None


def run_called(ledger: Ledger, name: str) -> RunSummary:
    """Returns the last run, or the run whose name is this or is the only one to begin so; raises UsageError."""
    found = ledger.last_run() if name == LAST else ledger.run_named(name)
    if found is not None:
        return found
    begun = [run for run in ledger.runs() if name and run.run.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        names = listed(run.run for run in begun)
        raise UsageError(f"{counted(len(begun), 'run')} begin with {name}.", hint=f"Give more of the name: {names}.")
    message = "There is no run yet." if name == LAST else f"There is no run {name}."
    raise UsageError(message, hint="List the runs with `heapscim history`.")


def _name_or_id(ledger: Ledger, name: str) -> str:
    """Returns the directory's id of the one managed person to whom Heap was sent this e-mail address, or the name."""
    key, users = match_key(name), ledger.links().users
    if any(match_key(link.name) == key for link in users):
        return name
    sent = {
        link.external_id
        for link in users
        for path in link.sent
        if _is_email(path) and match_key(link.sent[path]) == key
    }
    return min(sent) if len(sent) == 1 else name


def _is_email(path: str) -> bool:
    return path.partition("[")[0].partition(".")[0] == "emails"


def _runs(context: Context, ledger: Ledger, since: float | None) -> Result:
    found = ledger.runs(RunFilter(since=since))
    keep_runs(runs_file(context.folders, context.profile), ((run.run, command_line(run)) for run in found))
    data = [run_document(summary) for summary in found]
    return Result(data, runs_table(found), lambda screen: show_runs(found, screen, since=since))


def _changes(ledger: Ledger, run: str | None, since: float | None, about: str | None) -> Result:
    named = None if run is None else run_called(ledger, run)
    runs = (named,) if named is not None else ledger.runs(RunFilter(since=since, about=about))
    operations = tuple(operation for one in runs for operation in ledger.operations(one.run, about=about))
    changes = [operation_document(operation) for operation in operations]
    table = changes_csv(operations)
    if named is None:
        return Result({"changes": changes}, table, lambda screen: show_changes(operations, screen))
    adopted = [adoption.user_name for adoption in ledger.take_overs(named.run)]
    sequel = Sequel(ledger.continuation_of(named.run), is_newest=ledger.last_change() == named.run)
    return Result(
        data={"changes": changes, "run": run_document(named), "taken_over": adopted},
        table=table,
        show=lambda screen: show_run_changes(named, operations, screen, sequel),
        notices=(f"Taken over as they were: {listed(adopted)}.",) if adopted else (),
    )
