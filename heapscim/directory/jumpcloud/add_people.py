"""Adds people to JumpCloud: one bulk job for each batch, then single creates for those whom the job left out.

Only a user who is found afterwards counts as added: neither a job's id nor its own report proves anything. People are
told apart by their e-mail addresses, which JumpCloud keeps unique as it does usernames.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from heapscim.directory.jumpcloud.applications import Application
from heapscim.directory.jumpcloud.new_users import BATCH, MANY, document_of
from heapscim.directory.jumpcloud.read import NEWEST_USERS, USERS, bindings_of, find_group
from heapscim.directory.jumpcloud.records import person_of
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.directory.jumpcloud.usernames import NO_EMAIL, email_of
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
from heapscim.model.directory import EMAIL, USERNAME, Added, NewPerson, Person
from heapscim.model.state import match_key

CREATION_SOURCE = "jumpcloud:scim"
_BULK = "/api/v2/bulk/users"
_NOT_DONE = "JumpCloud accepted it and didn't do it."
_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between two looks for the people of a job."""


@dataclass(frozen=True, slots=True)
class _Group:
    id: str
    name: str

    @property
    def members(self) -> Source:
        """Returns the list of its direct members."""
        return Source(f"/api/v2/usergroups/{self.id}/members", "members", ("to", "id"), nulls_count=True)


@dataclass(frozen=True, slots=True)
class Adding:
    """Carries out one import into JumpCloud."""

    api: RestClient
    settings: JumpCloudSettings
    sleep: Callable[[float], Awaitable[None]]
    report: Report

    async def add(self, people: Sequence[NewPerson], application: Application, group: str | None) -> None:
        """Adds people in batches of 100 and reports each person exactly once.

        Raises UsageError if the group can't take members, and DirectoryError if nothing can be written at all.
        """
        joined = None if group is None else await self._group(application, group)
        before = await self.api.read_list(USERS)
        if not before.completeness.proven:
            raise DirectoryError(
                f"It isn't certain who is in JumpCloud: {before.completeness.evidence}", hint="Try again later."
            )
        new, present = self._sorted_out(people, before.records)
        await self._leave(present, joined)
        quiet = len(new) <= MANY
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            try:
                await self._add_batch(batch, joined, quiet=quiet)
            except DirectoryError as error:
                if start == 0 and isinstance(error, DirectoryUnauthenticated | DirectoryForbidden):
                    raise
                for person in batch:
                    message = f"It isn't certain whether it was added: {error.message}"
                    self.report(Added(person.account, "failed", message=message))

    def _sorted_out(
        self, people: Sequence[NewPerson], records: Sequence[Record]
    ) -> tuple[list[NewPerson], list[tuple[str, str]]]:
        """Returns whom to create, and account and id of those who are there; reports each person who can't be created.

        JumpCloud may have changed since usernames were chosen. A name that was taken meanwhile isn't replaced, because
        another one was shown to the administrator.
        """
        by_mail = _by_mail(records)
        owners = {match_key(str(record.get(USERNAME) or "")): record for record in records}
        new: dict[str, NewPerson] = {}
        present: list[tuple[str, str]] = []
        for person in people:
            key, name = match_key(email_of(person) or ""), match_key(person.user_name)
            found, owner = by_mail.get(key), owners.get(name)
            if not key:
                reason = NO_EMAIL
            elif found is not None and (found is owner or key == match_key(person.account)):
                present.append((person.account, str(found["_id"])))
                continue
            elif found is not None:
                reason = f"Its e-mail address {email_of(person)} is that of {found.get(USERNAME)} in JumpCloud."
            elif owner is not None:
                reason = f"By now, {owner.get(EMAIL)} has the username {person.user_name} in JumpCloud. Import again."
            elif key in new:
                reason = f"Its e-mail address {email_of(person)} is also that of {new[key].account}."
            else:
                new[key] = person
                continue
            self.report(Added(person.account, "failed", message=reason))
        return list(new.values()), present

    async def _group(self, application: Application, name: str) -> _Group:
        found = await find_group(self.api, name)
        bound = await self.api.read_list(bindings_of(application.id))
        if found["id"] not in {row["to"]["id"] for row in bound.records}:
            raise UsageError(
                f"{found['name']} is not bound to {application.label}, so its members wouldn't be managed.",
                hint=f"Bind it first: `heapscim groups bind '{found['name']}'`.",
            )
        if found.get("membershipMethod") == "DYNAMIC_AUTOMATED":
            raise UsageError(
                f"JumpCloud decides by a rule who is in {found['name']}.", hint="Choose a group without a rule."
            )
        return _Group(str(found["id"]), str(found["name"]))

    async def _leave(self, present: Sequence[tuple[str, str]], group: _Group | None) -> None:
        """Puts people who exist already into the group, and changes nothing else about them."""
        # A run that was cut off may have created them without putting them into the group.
        outside = {} if group is None or not present else await self._join(group, [id for _, id in present])
        for name, id in present:
            reason = outside.get(id)
            message = f"It was there already. {reason}" if reason else None
            self.report(Added(name, "failed" if reason else "present", id, message))

    async def _add_batch(self, people: Sequence[NewPerson], group: _Group | None, *, quiet: bool) -> None:
        """Adds at most 100 people: all in one job, then each one that is missing."""
        there = await self._in_bulk(people, quiet=quiet)
        doubt: str | None = None
        if _missing(people, there):
            there, doubt = await self._look(people)
        missing = _missing(people, there)
        failures: dict[str, str] = {}
        if missing and doubt is None:
            outcomes = await side_by_side(*(self._alone(person) for person in missing))
            failures = {name: message for name, message in outcomes if message}
            there, doubt = await self._look(people)
        if doubt is not None:
            uncertain = f"It isn't certain whether it was added: {doubt}"
            failures = {person.account: uncertain for person in missing} | failures
        ids = [str(there[key]["_id"]) for person in people if (key := _mail_key(person)) in there]
        outside = {} if group is None else await self._join(group, ids)
        for person in people:
            found = there.get(_mail_key(person))
            if found is None:
                message = failures.get(person.account, _NOT_DONE)
                self.report(Added(person.account, "failed", message=message))
            else:
                reason = outside.get(str(found["_id"]))
                role = self.settings.role_of(group.id, group.name) if group and not reason else None
                self.report(_outcome(person, found, person_of(found, self.settings, role), reason))

    async def _look(self, people: Sequence[NewPerson]) -> tuple[dict[str, Record], str | None]:
        """Returns the users that are there, by e-mail address, and the reason if others may be there, too.

        People who were just added are among the newest users. All users are read only if some aren't.
        """
        newest = await self._newest(people)
        if not _missing(people, newest):
            return newest, None
        listing = await self.api.read_list(USERS)
        if listing.completeness.proven:
            return _by_mail(listing.records), None
        return newest | _by_mail(listing.records), listing.completeness.evidence

    async def _newest(self, people: Sequence[NewPerson]) -> dict[str, Record]:
        return _by_mail(await self.api.read_first(NEWEST_USERS, 2 * len(people)))

    async def _in_bulk(self, people: Sequence[NewPerson], *, quiet: bool) -> dict[str, Record]:
        """Starts a job that creates these people, and waits until all of them are there or no more arrive.

        Returns the newest users by e-mail address; none if the job was refused or its response was lost.
        """
        there: dict[str, Record] = {}
        # This silences the mail about the job's results to the administrator, and no mail to the people.
        silenced = {"suppressEmail": "true"} if quiet else {}
        try:
            await self.api.post(
                _BULK,
                [document_of(person, self.settings) for person in people],
                query=silenced,
                headers={"creation-source": CREATION_SOURCE},
            )
            # JumpCloud documents neither the words for a job's state nor the rows of its results, so they aren't read.
            # To stop too early is harmless: e-mail addresses are unique, so no single create can double what the job
            # creates.
            before = len(people)
            for seconds in _WAITS:
                there = await self._newest(people)
                left = len(_missing(people, there))
                if left == 0 or left == before < len(people):
                    break
                before = left
                await self.sleep(seconds)
        except DirectoryUnauthenticated:
            raise
        except DirectoryError:
            pass  # the look that follows decides who was added
        return there

    async def _alone(self, person: NewPerson) -> tuple[str, str | None]:
        """Creates one person; returns the account, and a message if JumpCloud refused."""
        try:
            await self.api.post("/api/systemusers", document_of(person, self.settings))
        except DirectoryResponseLost:
            return person.account, None  # the look that follows decides
        except (DirectoryUnauthenticated, DirectoryForbidden):
            raise
        except DirectoryError as error:
            return person.account, error.message
        return person.account, None

    async def _join(self, group: _Group, ids: Sequence[str]) -> dict[str, str]:
        """Puts users into a group and checks; returns a message for each user who isn't in it."""
        outcomes = await side_by_side(*(self._put(group, id) for id in ids))
        declined = {id: message for id, message in zip(ids, outcomes, strict=True) if message}
        try:
            members = {row["to"]["id"] for row in (await self.api.read_list(group.members)).records}
        except DirectoryError as error:
            return dict.fromkeys(ids, f"It isn't certain whether it is in {group.name}: {error.message}")
        return {id: f"It is not in {group.name}: {declined.get(id, _NOT_DONE)}" for id in ids if id not in members}

    async def _put(self, group: _Group, id: str) -> str | None:
        try:
            await self.api.post(group.members.path, {"op": "add", "type": "user", "id": id})
        except DirectoryUnauthenticated:
            raise
        except DirectoryError as error:  # also raised if the user is in the group already: the check decides
            return error.message
        return None


def _outcome(person: NewPerson, record: Record, made: Person | None, outside: str | None) -> Added:
    """Returns the outcome for a user who is there; ``outside`` says why the user isn't in the group."""
    id, name = str(record["_id"]), person.account
    if made is not None and made.active and not person.active:
        message = "It was added as active, although its account in Heap is inactive: suspend it in JumpCloud."
        return Added(name, "failed", id, message)
    if outside is not None:
        return Added(name, "failed", id, f"It was added. {outside}")
    if made is None or made.active:
        return Added(name, "added", id, None, None if made is None else made.attributes)
    staged = f"JumpCloud added it as {record.get('state')}: it is managed as soon as it is activated there."
    return Added(name, "added", id, staged if person.active else None)


def _by_mail(records: Sequence[Record]) -> dict[str, Record]:
    return {match_key(mail): record for record in records if isinstance(mail := record.get(EMAIL), str) and mail}


def _mail_key(person: NewPerson) -> str:
    return match_key(email_of(person) or "")


def _missing(people: Sequence[NewPerson], there: Mapping[str, Record]) -> list[NewPerson]:
    return [person for person in people if _mail_key(person) not in there]
