"""Adds people to JumpCloud: a bulk job for each batch, a look at who is really there, single creates for the rest.

A job id is no proof, and neither is what a job says of itself: whoever isn't found afterwards wasn't added.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from heapscim.directory.jumpcloud.constants import ATTRIBUTES
from heapscim.directory.jumpcloud.read import (
    NEWEST_USERS,
    USERS,
    Application,
    bindings_of,
    find_group,
    person_of,
)
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.directory.protocol import Report
from heapscim.directory.rest.client import RestClient, side_by_side
from heapscim.directory.rest.paging import Source
from heapscim.directory.rest.reading import Record
from heapscim.errors import (
    DirectoryError,
    DirectoryForbidden,
    DirectoryResponseLost,
    DirectoryUnauthenticated,
    UsageError,
)
from heapscim.model.directory import ROLE, USERNAME, Added, NewPerson, Person
from heapscim.model.state import match_key

BATCH = 100
CREATION_SOURCE = "jumpcloud:scim"
_BULK = "/api/v2/bulk/users"
_READ_ONLY = frozenset({ROLE, "organization", "creationSource", "created", "state", "manager"})
_WRITABLE = frozenset(ATTRIBUTES.names) - _READ_ONLY
_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Seconds between looks at a job; whoever isn't there after the last one is created singly."""
_NOT_DONE = frozenset({"pending", "queued", "new", "created", "scheduled", "running", "started", "processing",
                       "in_progress", "inprogress"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Group:
    id: str
    name: str

    @property
    def members(self) -> Source:
        """Its direct members."""
        return Source(f"/api/v2/usergroups/{self.id}/members", "members", ("to", "id"), nulls_count=True)


@dataclass(frozen=True, slots=True)
class Adding:
    """One import into JumpCloud."""

    api: RestClient
    settings: JumpCloudSettings
    sleep: Callable[[float], Awaitable[None]]
    report: Report

    async def add(self, people: Sequence[NewPerson], application: Application, group: str | None) -> None:
        """Adds people batch by batch and reports each once.

        Raises UsageError for a group that nobody can be put into, DirectoryError where nothing can be written at all.
        """
        joined = None if group is None else await self._group(application, group)
        before = await self.api.read_list(USERS)
        if not before.completeness.proven:
            raise DirectoryError(
                f"Who is in JumpCloud can't be told: {before.completeness.evidence}", hint="Try again later."
            )
        there = _by_name(before.records)
        new: list[NewPerson] = []
        present: list[tuple[str, str]] = []
        for person in people:
            found = there.get(match_key(person.user_name))
            if found is not None:
                present.append((person.user_name, str(found["_id"])))
            elif _email(person) is None:
                self.report(
                    Added(person.user_name, "failed", message="JumpCloud needs an e-mail address, and none is known.")
                )
            else:
                new.append(person)
        await self._leave(present, joined)
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            try:
                await self._add_batch(batch, joined)
            except DirectoryError as error:
                if start == 0 and isinstance(error, DirectoryUnauthenticated | DirectoryForbidden):
                    raise
                for person in batch:
                    words = f"Whether it was added can't be told: {error.message}"
                    self.report(Added(person.user_name, "failed", message=words))

    async def _group(self, application: Application, name: str) -> _Group:
        found = await find_group(self.api, name)
        bound = await self.api.read_list(bindings_of(application.id))
        if found["id"] not in {row["to"]["id"] for row in bound.records}:
            raise UsageError(
                f"{found['name']} is not bound to {application.label}, so being in it would manage nobody.",
                hint=f"Bind it first: heapscim groups bind '{found['name']}'",
            )
        if found.get("membershipMethod") == "DYNAMIC_AUTOMATED":
            raise UsageError(
                f"JumpCloud decides by rule who is in {found['name']}.", hint="Name a group with members of its own."
            )
        return _Group(str(found["id"]), str(found["name"]))

    async def _leave(self, present: Sequence[tuple[str, str]], group: _Group | None) -> None:
        """Changes nobody who is there, but puts them into the group: a run that was cut off may not have come to it."""
        outside = {} if group is None or not present else await self._join(group, [id for _, id in present])
        for name, id in present:
            reason = outside.get(id)
            message = f"It was there already. {reason}" if reason else None
            self.report(Added(name, "failed" if reason else "present", id, message))

    async def _add_batch(self, people: Sequence[NewPerson], group: _Group | None) -> None:
        """Adds at most 100 people: together, then one by one who isn't there."""
        said = await self._in_bulk(people)
        there, doubt = await self._look(people)
        missing = [person for person in people if match_key(person.user_name) not in there]
        failures: dict[str, str] = {}
        if missing and doubt is None:
            outcomes = await side_by_side(*(self._alone(person) for person in missing))
            failures = {name: message for name, message in outcomes if message}
            there, doubt = await self._look(people)
        if doubt is not None:
            words = f"Whether it was added can't be told: {doubt}"
            failures = {person.user_name: words for person in missing} | failures
        ids = [str(there[key]["_id"]) for person in people if (key := match_key(person.user_name)) in there]
        outside = {} if group is None else await self._join(group, ids)
        for person in people:
            found = there.get(match_key(person.user_name))
            if found is None:
                name = person.user_name
                words = failures.get(name) or said.get(match_key(name)) or "JumpCloud accepted it and didn't do it."
                self.report(Added(name, "failed", message=words))
            else:
                message = outside.get(str(found["_id"]))
                role = self.settings.role_of(group.id, group.name) if group and not message else None
                self.report(_settled(person, found, person_of(found, self.settings, role), message))

    async def _look(self, people: Sequence[NewPerson]) -> tuple[dict[str, Record], str | None]:
        """Who is there, by name, and why it can't be told of others, if it can't.

        Who was just added is among the newest; only where somebody isn't among those is everybody read.
        """
        newest, is_everybody = await self._newest(people)
        if is_everybody:
            return newest, None
        listing = await self.api.read_list(USERS)
        if listing.completeness.proven:
            return _by_name(listing.records), None
        return newest | _by_name(listing.records), listing.completeness.evidence

    async def _newest(self, people: Sequence[NewPerson]) -> tuple[dict[str, Record], bool]:
        """Who is among the newest users, by name, and whether all of these people are."""
        newest = _by_name(await self.api.read_first(NEWEST_USERS, 2 * len(people)))
        return newest, all(match_key(person.user_name) in newest for person in people)

    async def _in_bulk(self, people: Sequence[NewPerson]) -> dict[str, str]:
        """Lets one job create everybody and waits for it; answers what it said of those it couldn't create."""
        try:
            answered = await self.api.post(
                _BULK,
                [_document(person) for person in people],
                query={"suppressEmail": "true"},
                headers={"creation-source": CREATION_SOURCE},
            )
        except DirectoryUnauthenticated:
            raise
        except DirectoryError:  # refused, not there, or its answer lost: who is there now decides
            return {}
        job = answered.get("jobId") if isinstance(answered, Mapping) else None
        if not isinstance(job, str) or not job:
            return {}
        return await self._outcome(job, people)

    async def _outcome(self, job: str, people: Sequence[NewPerson]) -> dict[str, str]:
        """Waits until the job says that it is done, or until everybody is there, whatever it says."""
        rows: Sequence[Record] = ()
        for number, seconds in enumerate(_WAITS):
            try:
                rows = (await self.api.read_list(_results_of(job))).records
                is_done = len(rows) >= len(people) and not any(map(_is_under_way, rows))
                if is_done or (number and (await self._newest(people))[1]):
                    break
            except DirectoryUnauthenticated:
                raise
            except DirectoryError:
                rows = ()
            await self.sleep(seconds)
        return dict(filter(None, map(_said, rows)))

    async def _alone(self, person: NewPerson) -> tuple[str, str | None]:
        """Creates one person; the message says why that was declined."""
        try:
            await self.api.post("/api/systemusers", _document(person))
        except DirectoryResponseLost:
            return person.user_name, None  # who is there afterwards decides
        except (DirectoryUnauthenticated, DirectoryForbidden):
            raise
        except DirectoryError as error:
            return person.user_name, error.message
        return person.user_name, None

    async def _join(self, group: _Group, ids: Sequence[str]) -> dict[str, str]:
        """Puts users into a group and looks; answers a message for each who isn't in it."""
        outcomes = await side_by_side(*(self._put(group, id) for id in ids))
        declined = {id: message for id, message in zip(ids, outcomes, strict=True) if message}
        try:
            members = {row["to"]["id"] for row in (await self.api.read_list(group.members)).records}
        except DirectoryError as error:
            return dict.fromkeys(ids, f"Whether it is in {group.name} can't be told: {error.message}")
        done = "JumpCloud accepted it and didn't do it."
        return {id: f"It is not in {group.name}: {declined.get(id, done)}" for id in ids if id not in members}

    async def _put(self, group: _Group, id: str) -> str | None:
        try:
            await self.api.post(group.members.path, {"op": "add", "type": "user", "id": id})
        except DirectoryUnauthenticated:
            raise
        except DirectoryError as error:  # also for one who is in it already: the look decides
            return error.message
        return None


def _settled(person: NewPerson, record: Record, made: Person | None, outside: str | None) -> Added:
    id, name = str(record["_id"]), person.user_name
    if made is not None and made.active and not person.active:
        words = "It was added as active, although its account in Heap is not: suspend it in JumpCloud."
        return Added(name, "failed", id, words)
    if outside is not None:
        return Added(name, "failed", id, f"It was added. {outside}")
    if made is None or made.active:
        return Added(name, "added", id, None, None if made is None else made.attributes)
    staged = f"JumpCloud added it as {record.get('state')}: it is managed once it is activated there."
    return Added(name, "added", id, staged if person.active else None)


def _by_name(records: Sequence[Record]) -> dict[str, Record]:
    return {match_key(str(record.get(USERNAME) or "")): record for record in records}


def _document(person: NewPerson) -> dict[str, object]:
    """A user as JumpCloud takes it. The role isn't stored there, unless a custom attribute holds it."""
    document: dict[str, object] = {name: value for name, value in person.attributes.items() if name in _WRITABLE}
    document["email"] = _email(person)
    custom = [
        {"name": name.removeprefix(ATTRIBUTES.prefix), "value": value}
        for name, value in person.attributes.items()
        if name.startswith(ATTRIBUTES.prefix)
    ]
    if custom:
        document["attributes"] = custom
    if not person.active:
        document["state"] = "SUSPENDED"
    return document


def _email(person: NewPerson) -> str | None:
    email = person.attributes.get("email") or person.user_name
    return email if "@" in email else None


def _results_of(job: str) -> Source:
    return Source(f"{_BULK}/{job}/results", "results", ("id",))


def _is_under_way(row: Record) -> bool:
    return str(row.get("status")).casefold() in _NOT_DONE


def _said(row: Record) -> tuple[str, str] | None:
    """The username of a result that failed and what was said of it, where both can be told."""
    fields = row.get("persistedFields")
    name = fields.get(USERNAME) if isinstance(fields, Mapping) else None
    message = row.get("statusMsg")
    return (match_key(name), message) if isinstance(name, str) and isinstance(message, str) else None
