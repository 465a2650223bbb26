"""Checks the way to Heap, and what Heap shows: proxy, server, certificate, clock, access, lists. Only reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heapscim.config.credentials import FoundSecret
from heapscim.errors import CertificateRefused, HeapscimError, Unavailable, UsageError
from heapscim.heap.dialect import Dialect
from heapscim.heap.probe import Facts
from heapscim.http.proxies import proxy_for
from heapscim.http.request_stats import CERTIFICATE
from heapscim.model.phrases import counted, listed
from heapscim.model.state import CurrentState
from heapscim.workflows.context import Context
from heapscim.workflows.ends import Calendar, End
from heapscim.workflows.findings import Finding
from heapscim.workflows.tenant_check import TenantReport, check_tenant

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

WITHHELD = "Until this read can be proven, removals that rest on it are withheld; all else is done."
"""The next step after a read that proves nothing."""
PROVEN = "proven complete"
_LISTS = "accounts and groups"
AFTER_THE_PROXY = ("server", "certificate", "clock", "access", _LISTS)
"""The parts that need the proxy, if one is set."""
_CLOCKS_APART = 60.0
"""Seconds between two clocks that are worth a warning: a create that got no response is judged by them."""


def heap_findings(
    context: Context, profile: Profile, dialect: Dialect, token: FoundSecret | HeapscimError
) -> Iterator[Finding]:
    """Yields what is found on the way to Heap, which needs no token, and of its lists, which do."""
    try:
        proxy = proxy_for(profile.base_url)
    except UsageError as error:
        yield Finding.failed("proxy", error)
        yield from (Finding.unchecked(part, "the proxy can't be used") for part in AFTER_THE_PROXY)
        return
    yield Finding("proxy", "pass", "none is used" if proxy is None else f"by way of {_without_user(proxy)}")
    known = token if isinstance(token, FoundSecret) else None
    report = check_tenant(context, profile, dialect, known)
    yield _server(report)
    yield _certificate(context, profile, report)
    yield _clock(report)
    access = _access(report) if known else Finding.unchecked("access", "there is no token")
    yield access
    if report.current is not None:
        yield _lists(report.current, manage_groups=profile.manage_groups)
    elif access.grade == "fail":
        yield Finding.unchecked(_LISTS, "Heap refuses access")
    else:
        yield replace(access, part=_LISTS)


def _without_user(proxy: str) -> str:
    parts = urlsplit(proxy)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _server(report: TenantReport) -> Finding:
    match report.facts:
        case Unavailable() as error:
            return Finding.failed("server", error)
        case CertificateRefused():
            return Finding("server", "pass", "it can be reached")
        case Facts(answered_in=seconds):
            return Finding("server", "pass", f"it answers in {seconds * 1000:.0f} ms")
        case _:
            return Finding("server", "pass", "it answers")


def _certificate(context: Context, profile: Profile, report: TenantReport) -> Finding:
    if isinstance(report.facts, CertificateRefused):
        return Finding.failed("certificate", report.facts)
    if urlsplit(profile.base_url).scheme == "http":
        return Finding("certificate", "pass", "none: this connection stays on this machine")
    if report.certificate_ends is None:
        return Finding.unchecked("certificate", "no connection was made")
    end, calendar = End(report.certificate_ends), Calendar.of(profile, context.timing.now())
    words = f"trusted, and valid for {calendar.days_left(end)} (until {end.day})"
    if calendar.is_soon(end):
        return Finding(CERTIFICATE, "warn", words, calendar.next_step(end, CERTIFICATE))
    return Finding(CERTIFICATE, "pass", words)


def _clock(report: TenantReport) -> Finding:
    offset = report.clock_offset
    if offset is None:
        silent = isinstance(report.facts, Unavailable | CertificateRefused)
        return Finding.unchecked("clock", "no response came" if silent else "the server's responses hold no date")
    if abs(offset) < _CLOCKS_APART:
        return Finding("clock", "pass", "this machine and the server agree")
    side = "behind" if offset > 0 else "ahead of"
    words = f"this machine is {abs(offset):,.0f} seconds {side} the server"
    return Finding("clock", "warn", words, "Set this machine's clock, by NTP for instance.")


def _access(report: TenantReport) -> Finding:
    match report.facts:
        case Facts():
            return Finding("access", "pass", "Heap accepts the token")
        case Unavailable():
            return Finding.unchecked("access", "Heap can't be reached")
        case CertificateRefused():
            return Finding.unchecked("access", "there is no TLS")
        case error:
            return Finding.failed("access", error)


def _lists(current: CurrentState | HeapscimError, *, manage_groups: bool) -> Finding:
    if isinstance(current, HeapscimError):
        return Finding.failed(_LISTS, current)
    held = [counted(len(current.users), "account")]
    if manage_groups:
        held.append(counted(len(current.groups), "group"))
    reads = (current.completeness, current.groups_completeness)
    doubts = [read.evidence for read in reads if not read.proven]
    broken = [f"{listed([str(found.id) for found in current.broken])} can't be read"] if current.broken else []
    if not doubts:
        held.append(PROVEN)
    steps = ["Correct in Heap what can't be read."] * bool(broken) + [WITHHELD] * bool(doubts)
    return Finding(_LISTS, "warn" if steps else "pass", "\n".join((", ".join(held), *doubts, *broken)), " ".join(steps))
