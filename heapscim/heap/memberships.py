"""Adds and removes members in the first form that the tenant accepts; in halves if one member spoils it for others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from heapscim import errors
from heapscim.heap.forms import PUTS, Form, Forms, Known, Write, may_be_the_form, telling
from heapscim.heap.member_requests import MemberRequests, Part, ids_of, others
from heapscim.heap.update import Updating, not_there
from heapscim.scim.client import GROUPS, ScimClient
from heapscim.scim.resources import Group

_log = logging.getLogger(__name__)

_REFUSALS = (errors.Rejected, errors.Taken, errors.NotFound)
_MOST_REFUSALS = 24
"""The number of refused requests of one change after which further refused ones are no longer halved."""
_WRITES: Mapping[str, Write] = {"add": "member_add", "remove": "member_removal"}
_PROOF = ("members",)
_SERVER_ERROR = 500


@dataclass(slots=True)
class _Progress:
    """Holds how far one change has come."""

    id: str
    write: Write
    form: Form
    """The form of the next request."""
    answered: Group | None = None
    refused: dict[str, errors.RequestError] = field(default_factory=dict)
    refusals: int = 0
    together: int = 0
    """The number of accepted requests about several members."""
    alone: int = 0
    """The number of accepted requests about one member, after one about several had been refused."""
    is_by_chance: bool = False
    """Whether the result may be right without the form having any part in it, so that nothing is learnt."""


class Memberships:
    """Adds and removes members, at most so many in one PATCH.

    A tenant may refuse a whole request because of one member. So those who are already in or out are left out of it,
    and what is refused then is halved until the members who cause it are alone.
    """

    def __init__(self, client: ScimClient, updating: Updating, known: Known, forms: Forms) -> None:
        self._requests = MemberRequests(client, updating)
        self._known = known
        self._forms = forms
        self._most = known.dialect.max_members_per_patch
        self._trying_values = asyncio.Lock()
        self._restored: dict[str, frozenset[str]] = {}

    async def change(self, id: str, add: Collection[str], remove: Collection[str]) -> Group | None:
        """Returns the group if a response shows it; raises MembersRefused for those of several who were refused."""
        before = self._known.members.get(id)
        refused: dict[str, errors.RequestError] = {}
        answered = None
        for op, members in (("add", add), ("remove", remove)):
            if members:
                part: Part = [("add" if op == "add" else "remove", member) for member in members]
                progress = await self._work(id, _WRITES[op], part)
                answered, refused = progress.answered, refused | progress.refused
        if before is not None:
            self._known.members[id] = (before | set(add)) - set(remove)
        if answered is not None and answered.shows_members:
            self._known.note_members(id, ids_of(answered))
        if not refused:
            return answered
        cause = telling(tuple(refused.values()))
        raise cause if len(add) + len(remove) == 1 else errors.MembersRefused(cause, refused)

    def restored(self, id: str) -> frozenset[str]:
        """Returns and forgets the ids of those whom a change of this group removed unasked, and who were put back."""
        return self._restored.pop(id, frozenset())

    async def _work(self, id: str, write: Write, part: Part) -> _Progress:
        """Sends the changes of one kind, as many in a request as the form holds."""
        order, left = self._forms.order(write), self._forms.begin(write, id, tuple(part))
        progress = _Progress(id, write, left[0])
        rest = part
        if left != order:  # asked before without effect: who is in or out by now needs no other form
            group = await self._requests.group(id)
            rest, progress.answered = self._requests.not_yet(group, part), group
            refused: list[errors.RequestError] = []
            if rest and not await self._search(group, rest, refused, left, progress):
                raise self._forms.told(write, refused) if refused else _no_other_form(group)
            rest = ()
        while rest:
            size = len(rest) if progress.form in PUTS else 1 if progress.form == "patch_one" else self._most
            chunk, rest = rest[:size], rest[size:]
            await self._send(chunk, progress)
        self._learn(part, progress)
        return progress

    def _learn(self, part: Part, progress: _Progress) -> None:
        """Learns the form if the last response shows everything that was asked for; otherwise that isn't known yet."""
        if progress.refused or progress.is_by_chance:
            return
        seen = progress.answered
        if progress.alone > 1 and not progress.together:
            progress.form = "patch_one"
        if seen is not None and seen.shows_members and not self._requests.not_yet(seen, part):
            self._forms.was_seen(progress.write, progress.id, progress.form, _PROOF)
        else:
            self._forms.was_accepted(progress.id, progress.form)

    async def _send(self, part: Part, progress: _Progress) -> None:
        try:
            await self._attempt(part, progress.form, progress)
        except errors.RequestError as error:
            if not (isinstance(error, _REFUSALS) or may_be_the_form(error)):
                raise
            await self._after_refusal(part, error, progress)

    async def _after_refusal(self, part: Part, error: errors.RequestError, progress: _Progress) -> None:
        """Leaves out those already in or out, tries the other forms, and halves what is refused all the same."""
        try:
            group = await self._requests.group(progress.id)
        except errors.NotFound:
            raise  # what was refused says nothing: the group is gone
        except errors.RequestError:
            raise error from None
        rest = self._requests.not_yet(group, part)
        if len(rest) < len(part):
            progress.answered, progress.is_by_chance = group, True
            if rest:
                await self._send(rest, progress)
            return
        refused = [self._meant(progress.id, error)]
        if self._forms.worth_another(progress.write, progress.form, refused[0], _PROOF):
            rest_of_table = [form for form in self._forms.order(progress.write) if form != progress.form]
            if await self._search(group, part, refused, rest_of_table, progress):
                return
        if not isinstance(error, _REFUSALS):
            raise self._forms.told(progress.write, refused)
        await self._halve(part, self._forms.told(progress.write, refused), progress)

    async def _search(
        self, group: Group, part: Part, refused: list[errors.RequestError], forms: Sequence[Form], progress: _Progress
    ) -> bool:
        """Tries one form after the other; returns whether one was accepted that did no harm."""
        for form in forms:
            if not self._suits(group, part, form, refused):
                continue
            async with self._trying_values if form == "patch_values" else nullcontext():  # it may empty a group
                if await self._try(group, part, form, refused, progress):
                    return True
        self._forms.found_none(progress.write)
        return False

    async def _try(
        self, group: Group, part: Part, form: Form, refused: list[errors.RequestError], progress: _Progress
    ) -> bool:
        """Sends one form and checks its effect; returns whether it changed only what it was asked to."""
        if form not in self._forms.order(progress.write):
            return False  # another group was emptied by it meanwhile
        probe = part[:1] if form == "patch_one" else part
        try:
            answered = await self._attempt(probe, form, progress)
        except (*_REFUSALS, errors.Forbidden, errors.NotImplementedByService, errors.Unavailable) as error:
            if isinstance(error, errors.Unavailable) and not may_be_the_form(error):
                raise
            refused.append(self._meant(progress.id, error))
            return False
        progress.answered = await self._requests.look(group, answered, probe, progress.id)
        if lost := self._requests.lost_with(group, part, progress.answered):
            progress.answered = await self._put_back(group, lost, progress)
            if not self._requests.not_yet(progress.answered, part):
                progress.is_by_chance = True
                return True  # those who were to leave went with the others
            refused.append(errors.Rejected("This tenant empties a group where one member is to leave it."))
            return False
        await self._go_on(group, part, form, refused, progress)
        return True

    async def _go_on(
        self, group: Group, part: Part, form: Form, refused: Sequence[errors.RequestError], progress: _Progress
    ) -> None:
        """Learns an accepted form if its effect was seen; makes the rest of a change that was tried with one member."""
        if form == "patch_one":
            progress.alone += 1
            if refused and refused[0].status != _SERVER_ERROR:
                await self._in_halves(part[1:], progress)  # the form may be good, and one member isn't
                return
            progress.form = form
            for change in part[1:]:
                await self._send([change], progress)
            return
        progress.form = form
        seen = progress.answered
        if form == "patch_values" and not others(group, part):
            progress.is_by_chance = True  # an emptied group looks the same
        elif seen is not None and not self._requests.not_yet(seen, part):
            self._forms.was_seen(progress.write, progress.id, progress.form, _PROOF)

    def _suits(self, group: Group, part: Part, form: Form, refused: Sequence[errors.RequestError]) -> bool:
        if form == "patch_one":
            return len(part) > 1
        if form == "patch_values":
            is_whole = group.shows_members and self._requests.shows_all_of(group)
            return is_whole and all(member.value for member in group.members)
        if form == "put_id":
            return not refused or isinstance(refused[-1], errors.Rejected)
        return form != "put" or bool(refused) or self._known.shows_members

    async def _put_back(self, group: Group, lost: frozenset[str], progress: _Progress) -> Group:
        """Adds those again who were removed unasked, and gives up the form that did it; raises Rejected on failure."""
        _log.info("%s lost %d members who were not to leave it; they are put back", group.display_name, len(lost))
        self._forms.give_up_patch(progress.write)
        self._restored[group.id] = self._restored.get(group.id, frozenset()) | lost
        rest: Part = [("add", member) for member in sorted(lost)]
        for form in self._forms.order("member_add"):
            for start in range(0, len(rest), self._most):
                try:
                    await self._attempt(rest[start : start + self._most], form, progress)
                except errors.RequestError:
                    break
            mended = await self._requests.group(group.id)
            rest = self._requests.not_yet(mended, rest)
            if not rest:
                return mended
        raise errors.Rejected(f"{len(rest)} members who went with others could not be put back.")

    def _meant(self, id: str, error: errors.RequestError) -> errors.RequestError:
        """Returns the error that a 404 means if the group exists: then the method doesn't."""
        return not_there(GROUPS, id, error) if isinstance(error, errors.NotFound) else error

    async def _halve(self, part: Part, refusal: errors.RequestError, progress: _Progress) -> None:
        progress.refusals += 1
        if len(part) == 1 or progress.refusals > _MOST_REFUSALS:
            progress.refused |= {member: refusal for _, member in part}
        else:
            await self._in_halves(part, progress)

    async def _in_halves(self, part: Part, progress: _Progress) -> None:
        middle = len(part) // 2
        for half in filter(None, (part[:middle], part[middle:])):
            try:
                await self._attempt(half, progress.form, progress)
            except _REFUSALS as error:
                await self._halve(half, error, progress)
            else:
                progress.together += len(half) > 1
                progress.alone += len(half) == 1

    async def _attempt(self, part: Part, form: Form, progress: _Progress) -> Group | None:
        """Sends one request, and keeps what its response shows."""
        progress.answered = await self._requests.send(progress.id, part, form)
        return progress.answered


def _no_other_form(group: Group) -> errors.RequestError:
    return errors.Rejected(f"There is no other form in which the members of {group.display_name} can be changed.")
