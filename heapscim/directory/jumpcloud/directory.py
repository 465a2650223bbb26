"""Reads and writes JumpCloud as a directory: its users, and the user groups bound to one application.

It adds people, binds and unbinds groups, and never changes a user who is there already.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from heapscim.directory.connection import DirectoryContext, SecretPlace
from heapscim.directory.jumpcloud.account_names import with_name_doubts
from heapscim.directory.jumpcloud.add_people import Adding
from heapscim.directory.jumpcloud.applications import Application, find_application
from heapscim.directory.jumpcloud.client import jumpcloud_client
from heapscim.directory.jumpcloud.constants import API_KEY, CLIENT
from heapscim.directory.jumpcloud.diagnosis import Diagnosis
from heapscim.directory.jumpcloud.insights import Asked, Insights
from heapscim.directory.jumpcloud.lookup import Lookup
from heapscim.directory.jumpcloud.new_users import warnings
from heapscim.directory.jumpcloud.read import (
    GROUPS,
    NEWEST_USERS,
    USERS,
    bindings_of,
    find_group,
    membership_of,
    read_snapshot,
)
from heapscim.directory.jumpcloud.records import person_of
from heapscim.directory.jumpcloud.settings import HOSTS, TOKEN_URLS, JumpCloudSettings
from heapscim.directory.jumpcloud.usernames import with_usernames
from heapscim.directory.protocol import Look, Report, Supposed, supposed
from heapscim.directory.rest.client import RestClient, side_by_side
from heapscim.errors import CredentialError, DirectoryError, DirectoryResponseLost, DirectoryUnauthenticated, UsageError
from heapscim.http.auth import ApiKey, ClientCredentials, Endpoint
from heapscim.http.responses import Service
from heapscim.model.completeness import ReadProgress
from heapscim.model.directory import Added, DirectorySnapshot, NewPerson, Person
from heapscim.model.secret import SecretStr

_log = logging.getLogger(__name__)

_VARIABLES = f"{API_KEY.variables[0]}, or {' and '.join(CLIENT.variables)}"


@dataclass(frozen=True, slots=True)
class JumpCloud:
    """Represents the directory ``jumpcloud:APPLICATION``."""

    application: str
    """Its display label or id."""
    settings: JumpCloudSettings
    opening: DirectoryContext

    @property
    def spec(self) -> str:
        """Returns the directory as given on the command line."""
        return f"jumpcloud:{self.application}"

    @property
    def secret_prompt(self) -> str:
        """Returns the question that asks a person for the secret."""
        return "JumpCloud API key, or CLIENT_ID:CLIENT_SECRET of a service account (it isn't shown): "

    @property
    def secret_places(self) -> tuple[SecretPlace, ...]:
        """Returns the places of an API key and of a service account."""
        return (API_KEY, CLIENT)

    def place_of(self, secret: str) -> SecretPlace:
        """Returns the place for a secret: with a colon in it, it is a service account."""
        return CLIENT if ":" in secret else API_KEY

    async def verify(self) -> str:
        """Finds the application, and tries each read that a plan needs."""
        async with self._api() as api:
            found = await find_application(api, self.application)
            bindings, *_ = await side_by_side(
                api.read_page(bindings_of(found.id)), api.read_page(USERS), api.read_page(GROUPS)
            )
            await side_by_side(*(api.read_page(membership_of(str(row["to"]["id"]))) for row in bindings[:1]))
        inactive = "" if found.active else ", which is inactive there"
        return f"JumpCloud knows the key and the application {found.label}{inactive}"

    async def sample(self) -> tuple[Person, ...]:
        """Returns the newest people, at most one page of them."""
        async with self._api() as api:
            records = await api.read_first(NEWEST_USERS, self.settings.page_size)
        found = (person_of(record, self.settings, None) for record in records)
        return tuple(person for person in found if person is not None)

    async def read(self, progress: ReadProgress) -> DirectorySnapshot:
        """Reads everything once; a read that isn't complete is unproven."""
        async with self._api() as api:
            application = await find_application(api, self.application)
            snapshot = await read_snapshot(api, application, self.settings, progress)
        return with_name_doubts(snapshot, self.opening.mapping)

    async def look(self, mark: object | None) -> Look:
        """Asks Directory Insights for new events, at most once a minute; see ``ChangeFeed``."""
        settings, opening = self.settings, self.opening
        place, secret = self._secret()
        endpoint = self._endpoint(settings.insights_address, settings.token_address, place, secret)
        insights = Insights(opening.connect, opening.timing, settings.insights_lag * 60.0, self._headers)
        return await insights.look(endpoint, mark if isinstance(mark, Asked) else None)

    async def look_up(
        self, snapshot: DirectorySnapshot, *, people: Collection[str], groups: Collection[str]
    ) -> DirectorySnapshot:
        """Asks for people and groups by id, as many as the settings allow; see ``DirectoryLookup``."""
        most = self.settings.most_lookups
        first_people = sorted(people)[:most]
        first_groups = sorted(groups)[: most - len(first_people)]
        found = snapshot
        async with self._api() as api:
            try:
                application = await find_application(api, self.application)
                lookup = Lookup(api, application, self.settings, snapshot)
                found = with_name_doubts(await lookup.answered(first_people, first_groups), self.opening.mapping)
            except DirectoryUnauthenticated:
                raise
            except DirectoryError as error:  # without an answer, everything is as doubtful as before
                _log.debug("%s", error.message)
        left = len(people) + len(groups) - len(first_people) - len(first_groups)
        if not left:
            return found
        told = f"{left:,} more people and groups weren't asked for by id: jumpcloud.most_lookups is {most:,}."
        return replace(found, notices=(*found.notices, told))

    async def read_as_if(self, group: str, *, bound: bool, progress: ReadProgress) -> Supposed:
        """Reads JumpCloud as it is, and as it would be if the group were bound, or not."""
        async with self._api() as api:
            application = await find_application(api, self.application)
            snapshot = await read_snapshot(api, application, self.settings, progress, also=group)
        found = supposed(snapshot, group, bound=bound)
        before, after = (with_name_doubts(side, self.opening.mapping) for side in (found.before, found.after))
        return replace(found, before=before, after=after)

    async def set_bound(self, group: str, *, bound: bool) -> None:
        """Binds a group to the application or unbinds it, and checks the result."""
        async with self._api() as api:
            await _bind(api, await find_application(api, self.application), group, bound=bound)

    def proposed(self, people: Sequence[NewPerson], held: Iterable[Person]) -> Sequence[NewPerson | Added]:
        """Returns the people with usernames that JumpCloud takes; a person without an e-mail address has failed."""
        return with_usernames(people, held)

    def warnings(self, people: Sequence[NewPerson]) -> tuple[str, ...]:
        """Returns who is mailed if these people are added."""
        return warnings(people, self.settings)

    async def add_people(self, people: Sequence[NewPerson], *, group: str | None, report: Report) -> None:
        """Creates users, and puts them into a bound group if one is given."""
        async with self._api() as api:
            application = await find_application(api, self.application)
            await Adding(api, self.settings, self.opening.timing.sleep, report).add(people, application, group)

    @asynccontextmanager
    async def _api(self) -> AsyncIterator[RestClient]:
        place, secret = self._secret()
        settings, connect = self.settings, self.opening.connect
        # An address that the profile names may belong to a gateway: then the secret goes nowhere else.
        named = settings.base_url or (settings.token_url and place == CLIENT)
        elsewhere = {
            region: lambda region=region: connect(
                self._endpoint(HOSTS[region], TOKEN_URLS[region], place, secret), max_in_flight=1, retries=0
            )
            for region in HOSTS
            if not named and region != settings.region
        }
        here = self._endpoint(settings.host, settings.token_address, place, secret)
        async with connect(here, max_in_flight=settings.max_in_flight) as session:
            where = settings.base_url or settings.region
            diagnosis = Diagnosis(session, where, settings.org_id, _name_of(place), elsewhere)
            yield jumpcloud_client(session, diagnosis.explain, page_size=settings.page_size, headers=self._headers)

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"x-org-id": self.settings.org_id} if self.settings.org_id else {}

    def _endpoint(self, url: str, token_url: str, place: SecretPlace, secret: SecretStr) -> Endpoint:
        clock = self.opening.timing.clock
        account = ClientCredentials(token_url, secret, scope="api", clock=clock)
        auth = ApiKey("x-api-key", secret) if place == API_KEY else account
        return Endpoint(url, auth, _service(_name_of(place), self.settings))

    def _secret(self) -> tuple[SecretPlace, SecretStr]:
        trouble = ""
        for place in self.secret_places:
            try:
                secret = self.opening.secret(place)
            except CredentialError as error:  # without a keyring, the environment may still have the other secret
                trouble = f" {error.message}"
                continue
            if secret is not None:
                return place, secret
        raise DirectoryUnauthenticated(
            f"There is no key for JumpCloud.{trouble}",
            hint=f"Run `heapscim activate --directory '{self.spec}'`, or set {_VARIABLES}.",
        )


def open_jumpcloud(application: str, opening: DirectoryContext) -> JumpCloud:
    """Returns the directory of an application's name or id; raises UsageError without one."""
    if not application.strip():
        raise UsageError("The JumpCloud application is missing.", hint="Name it: --directory jumpcloud:Heap.")
    settings = opening.settings if isinstance(opening.settings, JumpCloudSettings) else JumpCloudSettings()
    return JumpCloud(application.strip(), settings, opening)


async def _bind(api: RestClient, application: Application, name: str, *, bound: bool) -> None:
    """Binds or unbinds a group; a group that is in that state already is a success. Raises DirectoryError."""
    group = await find_group(api, name)
    id = str(group["id"])
    if await _is_bound(api, application, id) is bound:
        return
    request = {"op": "add" if bound else "remove", "type": "user_group", "id": id}
    try:
        await api.post(f"/api/v2/applications/{application.id}/associations", request)
    except DirectoryResponseLost:
        if await _is_bound(api, application, id) is not bound:
            raise
    if await _is_bound(api, application, id) is not bound:
        still = "not bound" if bound else "still bound"
        raise DirectoryError(
            f"JumpCloud accepted the change, but {group['name']} is {still} to {application.label}.",
            hint="Look at the application in JumpCloud's console, and try again.",
        )


async def _is_bound(api: RestClient, application: Application, id: str) -> bool:
    listing = await api.read_list(bindings_of(application.id))
    return any(row["to"]["id"] == id for row in listing.records)


def _name_of(place: SecretPlace) -> str:
    return "API key" if place == API_KEY else "service account"


def _service(secret: str, settings: JumpCloudSettings) -> Service:
    return Service(
        name="JumpCloud",
        secret=secret,
        protocol="JumpCloud's API",
        media_type="application/json",
        on_refused=(
            f"Run `heapscim activate` at a terminal with another {secret}; keys and client secrets expire, and a key "
            "ends with its administrator."
        ),
        on_forbidden=(
            "A plan needs a role that may read users, user groups, their members, applications and what is bound to "
            "them; import and bind need one that may change them. JumpCloud also says so to addresses that it blocks."
        ),
        on_nothing_there="Check jumpcloud.base_url in the profile, if it is set.",
        address=f"{'jumpcloud.base_url' if settings.base_url else 'jumpcloud.region'} in the profile",
    )
