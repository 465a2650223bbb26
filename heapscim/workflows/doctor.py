"""Checks every part of a set-up and changes nothing. Each part is looked at, whatever others look like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from heapscim.config.credentials import FoundSecret
from heapscim.directory.connection import Authenticated
from heapscim.errors import CredentialError, HeapscimError
from heapscim.heap.dialect import Dialect, read_dialect
from heapscim.ledger.protocol import Ledger
from heapscim.model.phrases import counted, listed
from heapscim.output.envelope import Result
from heapscim.workflows.context import Context
from heapscim.workflows.directory_check import holdings, read_once
from heapscim.workflows.directory_secret import found_secret
from heapscim.workflows.doctor_heap import AFTER_THE_PROXY, PROVEN, WITHHELD, heap_findings
from heapscim.workflows.doctor_machine import files, keyring, token_source, versions
from heapscim.workflows.ends import DIRECTORY_KEY, Calendar, end_of, other_secrets
from heapscim.workflows.exit_codes import ERROR, UNAUTHENTICATED
from heapscim.workflows.findings import Finding, findings_result, guarded
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.profiles import load_profile
from heapscim.workflows.reconcile import decide_desired
from heapscim.workflows.signals import run_for
from heapscim.workflows.status import found_token, run_words
from heapscim.workflows.write_probe_plans import leftovers_in

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

_OF_A_PROFILE = ("connection", "proxy", *AFTER_THE_PROXY, "dialect", "directory", "ledger", "last run")


def examine(context: Context) -> Result:
    """Checks every part; ends with the exit code of the first one that fails."""
    return findings_result(tuple(_findings(context)))


def _findings(context: Context) -> Iterator[Finding]:
    yield from guarded("versions", versions)
    profiles: list[tuple[Profile, Dialect]] = []

    def settings() -> Iterator[Finding]:
        profile = load_profile(context.settings_file)
        profiles.append((profile, read_dialect(profile.dialect)))
        yield Finding("settings", "pass", str(context.settings_file))

    yield from guarded("settings", settings)
    yield from guarded("files", partial(files, context))
    token = found_token(context)
    yield from guarded("keyring", partial(keyring, context, token))
    profile = profiles[0][0] if profiles else None
    yield from token_source(token, profile, Calendar.of(profile, context.timing.now()))
    if profiles:
        yield from _of_profile(context, *profiles[0], token)
    else:
        yield from (Finding.unchecked(part, "the settings can't be used") for part in _OF_A_PROFILE)
    yield from guarded("lock", partial(_lock, context))


def _of_profile(
    context: Context, profile: Profile, dialect: Dialect, token: FoundSecret | HeapscimError
) -> Iterator[Finding]:
    yield _connection(profile)
    yield from guarded("server", partial(heap_findings, context, profile, dialect, token))
    yield _dialect(dialect)
    yield from guarded("directory", partial(_directory, context, profile))
    yield from guarded("ledger", partial(_ledger, context, profile))
    yield from other_secrets(profile, Calendar.of(profile, context.timing.now()))


def _connection(profile: Profile) -> Finding:
    if profile.disconnected:
        step = "Run `heapscim activate` to connect again."
        return Finding("connection", "fail", "deactivated: no command writes", step, UNAUTHENTICATED)
    groups = "groups are managed" if profile.manage_groups else "groups are not managed"
    return Finding("connection", "pass", f"{profile.base_url}; {groups}")


def _dialect(dialect: Dialect) -> Finding:
    start = Dialect()
    names = [entry.name for entry in fields(Dialect)]
    known = {name: getattr(dialect, name) for name in names if getattr(dialect, name) != getattr(start, name)}
    differs = ", ".join(f"{name} {value}" if isinstance(value, str | int) else name for name, value in known.items())
    auto = [name for name in names if getattr(dialect, name) == "auto"]
    said = [f"found out or set: {differs}" if known else "as documented, as far as is known"]
    if auto:
        said.append(f"found out when needed: {', '.join(auto)}")
    return Finding("dialect", "pass", "; ".join(said))


def _directory(context: Context, profile: Profile) -> Iterator[Finding]:
    if profile.directory is None:
        step = "Give one once and for all: `heapscim activate --directory people.csv`."
        yield Finding("directory", "warn", "none is set", step)
        return
    directory = directory_of(context, profile, retries=1)
    verified = ""
    try:
        if isinstance(directory, Authenticated):
            yield _directory_key(context, profile, directory)
            verified = f"{run_for(context.screen, directory.verify)}; "
        snapshot = read_once(directory, context.screen)
        in_scope = len(decide_desired(profile, snapshot).users)
    except HeapscimError as error:
        raise context.redacting.cleaned(error) from None
    proven = snapshot.completeness.proven
    words = f"{profile.directory}: {verified}{holdings(snapshot)}{f', {PROVEN}' if proven else ''}"
    said = "\n".join((f"{words}; {in_scope:,} belong in Heap", *snapshot.notices))
    yield Finding("directory", "pass" if proven else "warn", said, "" if proven else WITHHELD)


def _directory_key(context: Context, profile: Profile, directory: Authenticated) -> Finding:
    part = "directory key"
    if (key := found_secret(context, directory)) is not None:
        calendar = Calendar.of(profile, context.timing.now())
        return calendar.finding(part, f"from {key.short_place}", end_of(key.secret, profile, DIRECTORY_KEY))
    places = directory.secret_places
    variables = ", or ".join(" and ".join(place.variables) for place in places if place.variables)
    step = f"Set {variables}, or run `heapscim activate`." if variables else "Run `heapscim activate`."
    try:
        for place in places:
            context.credentials.secret(place.account, place.variables)
    except CredentialError as error:  # what the search for a key passes over in silence
        return Finding(part, "warn", error.message, error.hint or step)
    return Finding(part, "warn", "there is none", step)


def _ledger(context: Context, profile: Profile) -> Iterator[Finding]:
    if not context.ledger.exists():
        yield Finding("ledger", "pass", "none yet: the first change makes it")
        return
    with closing(context.ledger.inspect(profile.base_url)) as ledger:
        yield from _of_ledger(context, ledger)


def _of_ledger(context: Context, ledger: Ledger) -> Iterator[Finding]:
    proof = ledger.prove()
    if proof.problems:
        step = "`heapscim history --verify` names every change. Restore a backup of the ledger."
        yield Finding("ledger", "fail", "\n".join(proof.problems[:3]), step, ERROR)
        yield Finding.unchecked("last run", "the ledger isn't proven")
        return
    yield Finding("ledger", "pass", f"unchanged: {counted(proof.events, 'event')}, {proof.links:,} managed")
    yield from _last_run(context, ledger)
    if left := leftovers_in(ledger):
        step = "`heapscim doctor` at a terminal offers to remove that, and a new --write-probe removes it first."
        yield Finding("leftovers", "warn", f"a probe has left in Heap: {listed(left.names)}", step)


def _last_run(context: Context, ledger: Ledger) -> Iterator[Finding]:
    last = ledger.last_run()
    words = run_words(context, last)
    if last is not None and last.outcome is None and context.ledger.lock().holder() is not None:
        yield Finding("last run", "pass", words)  # what it has sent isn't in doubt yet
        return
    doubts = ledger.in_doubt()
    for run, changes in doubts.items():
        step = f"The next sync finds out what became of them, or `heapscim resume {run}`."
        yield Finding("last run", "warn", f"{counted(len(changes), 'change')} of run {run} in doubt", step)
    if doubts:
        return
    if last is None or last.outcome == "done":
        yield Finding("last run", "pass", words)
    else:
        step = f"`heapscim history {last.run}` shows what is left of it and why, and the command that does the rest."
        yield Finding("last run", "warn", words, step)


def _lock(context: Context) -> Iterator[Finding]:
    holder = context.ledger.lock().holder()
    if holder is None:
        yield Finding("lock", "pass", "no run is under way")
    else:
        yield Finding("lock", "warn", f"held by {holder}", "Wait for it to end.")
