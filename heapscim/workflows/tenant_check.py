"""Checks a tenant without writing: ``activate`` and ``status`` send a few requests, ``doctor`` reads everything."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from heapscim.config.credentials import FoundSecret
from heapscim.errors import HeapscimError
from heapscim.heap.connection import HEAP
from heapscim.heap.dialect import Dialect
from heapscim.heap.probe import Facts, find_facts
from heapscim.model.state import CurrentState
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.scim.client import ScimClient
from heapscim.workflows.context import Context
from heapscim.workflows.open_directory import request_limits
from heapscim.workflows.session import heap_connection, tenant_over
from heapscim.workflows.signals import run_for

if TYPE_CHECKING:
    from heapscim.config.profile import Profile
    from heapscim.http.session import HttpSession

T = TypeVar("T")

_RETRIES_AT_FIRST = 1
"""Only one, since a user is waiting: a server that can't be reached is reported soon."""


@dataclass(frozen=True, slots=True)
class TenantReport:
    """Holds what a tenant and its server said, or the error in its place."""

    facts: Facts | HeapscimError
    current: CurrentState | HeapscimError | None = None
    """All accounts and groups; None if they weren't read."""
    clock_offset: float | None = None
    """Seconds that the server's clock is ahead of ours; None if it sent no date."""
    certificate_ends: float | None = None
    """Seconds since 1970; None if the server showed no certificate."""


def probe_tenant(context: Context, profile: Profile, token: FoundSecret) -> Facts:
    """Asks a tenant for facts about itself and keeps nothing; raises RequestError."""
    context.redacting.secrets.add(token.secret.get_secret_value())

    async def whole() -> Facts:
        limits = replace(request_limits(profile.http), retries=_RETRIES_AT_FIRST)
        async with heap_connection(context, profile, token, limits) as http:
            return await _facts(context, profile, http)

    return run_for(context.screen, whole)


def check_tenant(context: Context, profile: Profile, dialect: Dialect, token: FoundSecret | None) -> TenantReport:
    """Asks for the same facts, then reads all accounts and groups; keeps nothing.

    Without a token, only the way to the server is tried: its refusal is in the place of the facts.
    """
    if token is not None:
        context.redacting.secrets.add(token.secret.get_secret_value())

    async def whole() -> TenantReport:
        limits = replace(request_limits(profile.http), retries=_RETRIES_AT_FIRST)
        async with heap_connection(context, profile, token, limits) as http:
            facts = await _or_error(context, _facts(context, profile, http))
            current: CurrentState | HeapscimError | None = None
            if token is not None and isinstance(facts, Facts):
                current = await _or_error(context, _everything(context, profile, dialect, http))
            return TenantReport(facts, current, http.clock_offset, http.certificate_ends)

    return run_for(context.screen, whole)


async def _or_error(context: Context, work: Awaitable[T]) -> T | HeapscimError:
    try:
        return await work
    except HeapscimError as error:
        return context.redacting.cleaned(error)


async def _everything(context: Context, profile: Profile, dialect: Dialect, http: HttpSession) -> CurrentState:
    with progress_bar(context.screen) as bar:
        tenant = tenant_over(http, profile, dialect)
        return await tenant.read(groups=profile.manage_groups, progress=ReadingProgress(bar, "Reading Heap"))


async def _facts(context: Context, profile: Profile, http: HttpSession) -> Facts:
    client = ScimClient(http, provider=HEAP.name)
    return await find_facts(client, context.timing.clock, groups=profile.manage_groups)
