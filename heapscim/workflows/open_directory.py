"""Opens the profile's directory, and gives it settings, secrets, and connections within the rate limit."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from heapscim.config.credentials import FoundSecret
from heapscim.config.profile_file import settings_of
from heapscim.directory.connection import DirectoryContext, SecretPlace
from heapscim.directory.kind import DirectoryKind
from heapscim.directory.protocol import Directory
from heapscim.directory.registry import open_directory
from heapscim.errors import UsageError
from heapscim.http.auth import Endpoint
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.responses import Service
from heapscim.http.session import HttpSession, session_with
from heapscim.model.secret import SecretStr
from heapscim.output.holdups import telling_holdups
from heapscim.workflows.context import Context
from heapscim.workflows.profiles import check_sources

if TYPE_CHECKING:
    from heapscim.config.profile import HttpSettings, Profile

ReadSecret = Callable[[SecretPlace], SecretStr | None]


def directory_of(
    context: Context,
    profile: Profile,
    spec: str | None = None,
    *,
    secret: ReadSecret | None = None,
    retries: int | None = None,
) -> Directory:
    """Returns the profile's directory, or another one that was named; raises UsageError if none is named.

    ``retries`` replaces the number that the profile says.
    """
    spec = spec or profile.directory
    if spec is None:
        raise UsageError(
            "Nobody said where people come from.",
            hint="Give --directory people.csv here, or once and for all with `heapscim activate`.",
        )
    check_sources(profile, spec)
    return open_directory(spec, lambda kind: opening_of(context, profile, kind, secret=secret, retries=retries))


def opening_of(
    context: Context,
    profile: Profile,
    kind: DirectoryKind,
    *,
    secret: ReadSecret | None = None,
    retries: int | None = None,
) -> DirectoryContext:
    """Returns what a profile gives to its directory; ``secret`` replaces the places where secrets are stored."""
    limits, redacting = request_limits(profile.http), context.redacting
    limits = limits if retries is None else dataclasses.replace(limits, retries=retries)
    in_use: list[FoundSecret] = []

    def read(place: SecretPlace) -> SecretStr | None:
        if secret:
            found = secret(place)
        elif stored := context.credentials.secret(place.account, place.variables):
            in_use[:], found = [stored], stored.secret
        else:
            found = None
        if found is not None:
            redacting.secrets.update({found.get_secret_value(), found.get_secret_value().partition(":")[2]} - {""})
        return found

    @asynccontextmanager
    async def connect(
        endpoint: Endpoint, *, max_in_flight: int | None = None, retries: int | None = None
    ) -> AsyncIterator[HttpSession]:
        own = dataclasses.replace(
            limits,
            max_in_flight=limits.max_in_flight if max_in_flight is None else max_in_flight,
            retries=limits.retries if retries is None else retries,
        )
        if in_use:
            endpoint = dataclasses.replace(endpoint, service=naming_source(endpoint.service, in_use[0]))
        redacting.auths.append(endpoint.auth)
        try:
            async with session_with(endpoint, own, timing=context.timing) as session:
                with telling_holdups(context.screen, endpoint.service.name, lambda: session.throttling):
                    yield session
        finally:
            redacting.auths.remove(endpoint.auth)
            redacting.secrets.update(endpoint.auth.secrets)

    where, settings = "The profile", None
    if context.encoding is not None and kind.suffixes:
        table = {**profile.directories.get(kind.name, {}), "encoding": context.encoding}
        profile = profile.model_copy(update={"directories": {**profile.directories, kind.name: table}})
        where = "--encoding"
    if kind.settings is not None and (profile.directories.get(kind.name) or not kind.settings_may_be_none):
        settings = settings_of(profile, kind.name, kind.settings(), where)
    return DirectoryContext(settings, read, connect, context.timing, profile.mapping, unattended=context.unattended)


def naming_source(service: Service, found: FoundSecret) -> Service:
    """Returns a service whose errors name where its secret comes from; unchanged for one that was just entered."""
    if not found.place:
        return service
    return service.with_secret_from(found.place, before_keyring=found.source != "keyring")


def request_limits(settings: HttpSettings) -> RequestLimits:
    """Returns the profile's ceilings for requests."""
    return RequestLimits(
        settings.max_in_flight,
        settings.timeout,
        settings.retries,
        late_margin=settings.late_margin,
        longest_pause=settings.longest_pause,
    )
