"""Checks every part of a set-up and changes nothing. Each part is looked at, whatever others look like."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heapscim import __version__
from heapscim.config.credentials import FoundSecret
from heapscim.config.private_files import check_owned, check_private
from heapscim.directory.connection import Authenticated
from heapscim.errors import (
    CertificateRefused,
    CredentialError,
    HeapscimError,
    KeyringMissing,
    SettingsError,
    Unavailable,
    UsageError,
)
from heapscim.heap.dialect import Dialect, read_dialect
from heapscim.heap.probe import Facts
from heapscim.http.proxies import proxy_for
from heapscim.ledger.protocol import Ledger
from heapscim.model.phrases import listed, reason_of
from heapscim.model.state import CurrentState
from heapscim.output.change_labels import counted
from heapscim.output.envelope import Result
from heapscim.workflows.context import Context
from heapscim.workflows.directory_check import holdings, read_once
from heapscim.workflows.directory_secret import found_secret
from heapscim.workflows.exit_codes import ERROR, UNAUTHENTICATED
from heapscim.workflows.findings import Finding, findings_result
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.profiles import load_profile
from heapscim.workflows.reconcile import decide_desired
from heapscim.workflows.signals import run_for
from heapscim.workflows.status import found_token, run_words
from heapscim.workflows.tenant_check import TenantReport, check_tenant

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

_SOON = 30
"""Days: a certificate that ends earlier is warned about."""
_CLOCKS_APART = 60.0
"""Seconds between two clocks that are worth a warning: a create that got no response is judged by them."""
_DAY = 86_400.0
_LIBRARIES = ("httpx", "keyring", "pydantic", "rich", "typer")
_WITHHELD = "Until this read can be proven, removals that rest on it are withheld; all else is done."
_OF_A_PROFILE = ("connection", "proxy", "server", "certificate", "clock", "access", "accounts and groups", "directory")


def examine(context: Context) -> Result:
    """Checks every part; ends with the exit code of the first one that fails."""
    return findings_result(tuple(_findings(context)))


def _findings(context: Context) -> Iterator[Finding]:
    yield _versions()
    profile: Profile | HeapscimError
    try:
        profile = load_profile(context.settings_file)
        dialect = read_dialect(profile.dialect)
        yield Finding("settings", "pass", str(context.settings_file))
    except HeapscimError as error:
        profile, dialect = error, Dialect()
        yield Finding.failed("settings", error)
    yield _files(context)
    token = found_token(context)
    yield _keyring(context, token)
    yield _token(token)
    if isinstance(profile, HeapscimError):
        yield from (Finding.unchecked(part, "the settings can't be read") for part in _OF_A_PROFILE)
    else:
        yield _connection(profile)
        yield from _server(context, profile, dialect, token)
        yield _dialect(dialect)
        yield from _directory(context, profile)
        yield from _ledger(context, profile)
    yield _lock(context)


def _versions() -> Finding:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    system = f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}"
    return Finding("versions", "pass", f"heapscim {__version__}, {system}, {libraries}")


def _files(context: Context) -> Finding:
    try:
        files = (context.settings_file, *context.ledger.files())
    except HeapscimError as error:
        return Finding.failed("files", error)
    places = list(dict.fromkeys((*(file.parent for file in files), *files)))
    faults = [*_refusals(check_private, places), *_refusals(check_owned, places)]
    if not faults:
        return Finding("files", "pass", "only you may read settings, state and ledger")
    said, steps = "\n".join(error.message for error in faults), "; ".join(str(error.hint) for error in faults)
    return Finding("files", "fail", said, steps, ERROR)


def _refusals(check: Callable[[Path], None], places: Iterable[Path]) -> Iterator[SettingsError]:
    for path in places:
        try:
            check(path)
        except SettingsError as error:
            yield error
        except OSError as error:
            yield SettingsError(
                f"{path} can't be looked at: {reason_of(error)}.", hint="Check the folder's permissions."
            )


def _keyring(context: Context, token: FoundSecret | HeapscimError) -> Finding:
    needed = not isinstance(token, FoundSecret) or token.source == "keyring"
    try:
        context.credentials.keyring.get(context.credentials.token_account)
    except KeyringMissing as error:
        if not needed:
            return Finding("keyring", "pass", "there is none here, and none is needed")
        return Finding("keyring", "warn", error.message, error.hint or "")
    except CredentialError as error:
        return Finding("keyring", "warn", error.message, error.hint or "")
    return Finding("keyring", "pass", "it answers")


def _token(token: FoundSecret | HeapscimError) -> Finding:
    if isinstance(token, HeapscimError):
        return Finding.failed("token", token)
    return Finding("token", "pass", f"from {token.place or token.source}")


def _connection(profile: Profile) -> Finding:
    if profile.disconnected:
        step = "Run `heapscim activate` to connect again."
        return Finding("connection", "fail", "deactivated: no command writes", step, UNAUTHENTICATED)
    groups = "groups are managed" if profile.manage_groups else "groups are not managed"
    return Finding("connection", "pass", f"{profile.base_url}; {groups}")


def _server(
    context: Context, profile: Profile, dialect: Dialect, token: FoundSecret | HeapscimError
) -> Iterator[Finding]:
    """Yields what is found on the way to Heap, and of its lists."""
    on_the_way = ("server", "certificate", "clock", "access", "accounts and groups")
    try:
        proxy = proxy_for(profile.base_url)
    except UsageError as error:
        yield Finding.failed("proxy", error)
        yield from (Finding.unchecked(part, "the proxy can't be used") for part in on_the_way)
        return
    yield Finding("proxy", "pass", "none is set" if proxy is None else f"by way of {_without_user(proxy)}")
    if isinstance(token, HeapscimError):
        yield from (Finding.unchecked(part, "there is no token") for part in on_the_way)
        return
    report = check_tenant(context, profile, dialect, token)
    facts = report.facts
    certificate, access = _certificate(context, profile, report), Finding("access", "pass", "Heap accepts the token")
    match facts:
        case Facts():
            yield Finding("server", "pass", f"it answers in {facts.answered_in * 1000:.0f} ms")
        case Unavailable():
            yield Finding.failed("server", facts)
            access = Finding.unchecked("access", "Heap can't be reached")
        case CertificateRefused():
            yield Finding("server", "pass", "it can be reached")
            certificate, access = Finding.failed("certificate", facts), Finding.unchecked("access", "there is no TLS")
        case _:
            yield Finding("server", "pass", "it answers")
            access = Finding.failed("access", facts)
    yield from (certificate, _clock(report), access)
    yield _lists(report.current, manage_groups=profile.manage_groups)


def _without_user(proxy: str) -> str:
    parts = urlsplit(proxy)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _certificate(context: Context, profile: Profile, report: TenantReport) -> Finding:
    if urlsplit(profile.base_url).scheme == "http":
        return Finding("certificate", "pass", "none: this connection stays on this machine")
    if report.certificate_ends is None:
        return Finding.unchecked("certificate", "no connection was made")
    days = int((report.certificate_ends - context.timing.now()) // _DAY)
    day = datetime.fromtimestamp(report.certificate_ends, UTC).strftime("%Y-%m-%d")
    words = f"trusted, and valid for {counted(days, 'day')} (until {day})"
    if days < _SOON:
        return Finding("certificate", "warn", words, "The server's operator must renew it before that day.")
    return Finding("certificate", "pass", words)


def _clock(report: TenantReport) -> Finding:
    offset = report.clock_offset
    if offset is None:
        return Finding.unchecked("clock", "the server tells no time")
    if abs(offset) < _CLOCKS_APART:
        return Finding("clock", "pass", "this machine and the server agree")
    side = "behind" if offset > 0 else "ahead of"
    words = f"this machine is {abs(offset):,.0f} seconds {side} the server"
    return Finding("clock", "warn", words, "Set this machine's clock, by NTP for instance.")


def _lists(current: CurrentState | HeapscimError | None, *, manage_groups: bool) -> Finding:
    part = "accounts and groups"
    if current is None:
        return Finding.unchecked(part, "Heap can't be read")
    if isinstance(current, HeapscimError):
        return Finding.failed(part, current)
    held = counted(len(current.users), "account") + (
        f", {counted(len(current.groups), 'group')}" if manage_groups else ""
    )
    reads = (current.completeness, current.groups_completeness)
    doubts = [read.evidence for read in reads if not read.proven]
    broken = [f"{listed([str(found.id) for found in current.broken])} can't be read"] if current.broken else []
    steps = ["Correct in Heap what can't be read."] * bool(broken) + [_WITHHELD] * bool(doubts)
    return Finding(part, "warn" if steps else "pass", "\n".join((held, *doubts, *broken)), " ".join(steps))


def _dialect(dialect: Dialect) -> Finding:
    start = Dialect()
    known = [entry.name for entry in fields(Dialect) if getattr(dialect, entry.name) != getattr(start, entry.name)]
    auto = [entry.name for entry in fields(Dialect) if getattr(dialect, entry.name) == "auto"]
    words = f"this tenant differs in {', '.join(known)}" if known else "as documented"
    later = f"; {counted(len(auto), 'setting')} to be found out when needed" if auto else ""
    return Finding("dialect", "pass", words + later)


def _directory(context: Context, profile: Profile) -> Iterator[Finding]:
    if profile.directory is None:
        step = "Give one once and for all: `heapscim activate --directory people.csv`."
        yield Finding("directory", "warn", "none is set", step)
        return
    try:
        directory = directory_of(context, profile, retries=1)
        verified = ""
        if isinstance(directory, Authenticated):
            key = found_secret(context, directory)
            yield Finding(
                "directory key", "pass" if key else "warn", f"from {key.short_place}" if key else "there is none"
            )
            verified = f"{run_for(context.screen, directory.verify)}; "
        snapshot = read_once(directory, context.screen)
        in_scope = len(decide_desired(profile, snapshot).users)
    except HeapscimError as error:
        yield Finding.failed("directory", context.redacting.cleaned(error))
        return
    words = f"{verified}read: {holdings(snapshot)}; {in_scope:,} belong in Heap"
    proven = snapshot.completeness.proven
    said = "\n".join((f"{profile.directory}: {words}", *snapshot.notices))
    yield Finding("directory", "pass" if proven else "warn", said, "" if proven else _WITHHELD)


def _ledger(context: Context, profile: Profile) -> Iterator[Finding]:
    try:
        if not context.ledger.exists():
            yield Finding("ledger", "pass", "none yet: the first change makes it")
            return
        with closing(context.ledger.inspect(profile.base_url)) as ledger:
            yield from _of_ledger(context, ledger)
    except HeapscimError as error:
        yield Finding.failed("ledger", error)


def _of_ledger(context: Context, ledger: Ledger) -> Iterator[Finding]:
    proof = ledger.prove()
    if proof.problems:
        step = "`heapscim history --verify` names every change. Restore a backup of the ledger."
        yield Finding("ledger", "fail", "\n".join(proof.problems[:3]), step, ERROR)
        return
    yield Finding("ledger", "pass", f"unchanged: {counted(proof.events, 'event')}, {proof.links:,} managed")
    doubts = ledger.in_doubt()
    for run, changes in doubts.items():
        step = f"The next sync finds out what became of them, or `heapscim resume {run}`."
        yield Finding("last run", "warn", f"{counted(len(changes), 'change')} of run {run} in doubt", step)
    last = ledger.last_run()
    if not doubts:
        bad = last is not None and last.outcome != "done"
        step = f"`heapscim history {last.run}` shows why." if bad and last else ""
        yield Finding("last run", "warn" if bad else "pass", run_words(last, context.timing.now()), step)


def _lock(context: Context) -> Finding:
    try:
        holder = context.ledger.lock().holder()
    except HeapscimError as error:
        return Finding.failed("lock", error)
    if holder is None:
        return Finding("lock", "pass", "no run is under way")
    return Finding("lock", "warn", f"held by {holder}", "Wait for it to end.")
