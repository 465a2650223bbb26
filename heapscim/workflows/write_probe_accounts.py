"""Finds out by two throw-away accounts how a tenant creates, finds, changes and deactivates accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heapscim.errors import Rejected, RequestError, Taken, Unauthenticated
from heapscim.execution.comparison import REMOVED
from heapscim.heap.write_probe import filter_facts, finds_external_id, role_places
from heapscim.model.changes import CreateUser, DeactivateUser, DeleteUser, ReactivateUser, UpdateUser
from heapscim.model.multi_valued import entry_path
from heapscim.model.outcomes import Outcome
from heapscim.model.phrases import listed
from heapscim.model.state import ROLE, CurrentState, match_key
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.scim.filters import get
from heapscim.scim.messages import Document
from heapscim.workflows.write_probe_answers import Answers
from heapscim.workflows.write_probe_plans import MARK, REASON, Names, Plans

EXTERNAL_ID = "externalId"
_GIVEN, _FAMILY = "name.givenName", "name.familyName"
_MADE: Mapping[str, str] = {_GIVEN: "Heapscim", _FAMILY: "Probe"}
_CHANGED: Mapping[str, str] = {_GIVEN: "Changed", _FAMILY: "Name"}
_EXTRAS: Sequence[tuple[str, ...]] = (
    (), ("emails",), ("displayName",), ("emails", "displayName"), ("emails", "displayName", "externalId")
)  # fmt: skip
_RFC_ROLE = "roles"
"""Where RFC 7643 has the roles of an account."""
_NO_ROLE = "heapscim-no-such-role"


class NoAccount(Exception):
    """Says that the tenant creates no account for the probe, so that nothing else can be found out."""


@dataclass
class Accounts:
    """Asks the questions about accounts, in their order."""

    plans: Plans
    answers: Answers
    names: Names
    role: str | None
    """A role that a throw-away account may have; None if the administrator gave none."""
    first: str = ""
    """Heap id of the first account, once it exists."""
    second: str = ""

    async def create(self) -> None:
        """Creates both accounts; raises NoAccount if the tenant refuses the first one in every way."""
        await self._first()
        await self._second()
        await self._same_name()

    async def _first(self) -> None:
        """Creates an account as a sync does, and with more attributes as long as it is refused."""
        part, start, name = "create a user", self.answers.start.create_with, self.names.first
        change = self._creation(name, self._attributes(name))
        tries = [start] if start else list(_EXTRAS)
        extras = tries.pop(0)
        outcome = await self._with(extras, change)
        refusal = f"{outcome.message}"
        while tries and _is_refused(outcome):
            extras = tries.pop(0)
            outcome = await self._with(extras, change)
        if outcome.id is None:
            step = outcome.hint or "Use an address in a domain that Heap accepts."
            self.answers.add(part, "fail", refusal if _is_refused(outcome) else f"{outcome.message}", next_step=step)
            raise NoAccount
        self.first = outcome.id
        if extras and not start:
            self.answers.record(part, f"only with {listed(extras)}, else: {refusal}", "create_with", extras)
        else:
            self.answers.add(part, "pass", f"Heap takes what a sync sends{f', with {listed(start)}' if start else ''}")
        self.answers.remark("a new user", outcome)

    async def _with(self, extras: Sequence[str], change: CreateUser) -> Outcome:
        """Creates an account with what each new one may need."""
        with self.answers.trying(create_with=extras):
            return await self.plans.one(change)

    async def _second(self) -> None:
        """Creates an account with an externalId and, if one was given, with a role."""
        name, path = self.names.second, self.answers.start.role_attribute
        mark = f"{MARK}{name}"
        with_role = [(place, {ROLE: self.role}) for place in dict.fromkeys((path, _RFC_ROLE))] if self.role else []
        tries = [
            (place, {**self._attributes(name), **role, **ids})
            for place, role in [*with_role, (path, {})]
            for ids in ({EXTERNAL_ID: mark}, {})
        ]
        place, attributes = tries.pop(0)
        outcome = await self._at(place, self._creation(name, attributes))
        while tries and _is_refused(outcome):
            place, attributes = tries.pop(0)
            outcome = await self._at(place, self._creation(name, attributes))
        if outcome.id is None:
            self.answers.unknown("a second user", outcome.message, next_step=outcome.hint)
            return
        self.second = outcome.id
        if self.role and ROLE not in attributes:
            step = f"See which roles Heap has; dialect.role_attribute is {path}."
            self.answers.add("role", "fail", f"Heap refuses an account with the role {self.role}", next_step=step)
        await self._external_id(mark, is_refused=EXTERNAL_ID not in attributes)

    async def _at(self, place: str, change: CreateUser) -> Outcome:
        """Creates an account whose role, if it has one, stands at this attribute path."""
        with self.answers.trying(role_attribute=place):
            return await self.plans.one(change)

    async def _external_id(self, mark: str, *, is_refused: bool) -> None:
        if is_refused:
            self.answers.record(EXTERNAL_ID, "Heap refuses an account with it", "external_id", "refused")
            return
        document = await self._document(self.second)
        if document is None:
            self.answers.unknown(EXTERNAL_ID, "the account can't be read.")
        elif get(document, EXTERNAL_ID) != mark:
            self.answers.record(EXTERNAL_ID, "Heap accepts it, and doesn't show it", "external_id", "ignored")
        else:
            found = await finds_external_id(self.answers.tenant, mark, self.second)
            words = "" if found is None else ", and finds the account by it" if found else "; it has no filter for it"
            self.answers.record(EXTERNAL_ID, f"Heap keeps and shows it{words}", "external_id", "kept")

    async def _same_name(self) -> None:
        """Tries a second account with the userName of the first one."""
        part = "two users with one userName"
        change = self._creation(self.names.first, self._attributes(self.names.first), again=True)
        outcome = await self.plans.one(change)
        if outcome.error_code == Taken.code:
            self.answers.record(part, "Heap refuses the second one (409)", "unique_user_names", "yes")
        elif outcome.id is not None and outcome.id != self.first:
            self.answers.record(part, "Heap creates a second one", "unique_user_names", "no", grade="warn")
            await self.plans.one(DeleteUser(outcome.id, change.external_id, change.user_name, {}, REASON, by_hand=True))
        else:
            self.answers.unknown(part, f"{outcome.message}")

    async def filters(self) -> None:
        """Looks for the first account by its name, also in another case."""
        part = "filter by userName"
        document = await self._document(self.first)
        name = str(get(document, "userName")) if document else self.names.first
        facts = await filter_facts(self.answers.tenant, name)
        if facts.works is None:
            self.answers.unknown(part, "the tenant fails when it is asked.")
            return
        words = "Heap finds an account by its name" if facts.works else "Heap doesn't filter by name"
        self.answers.record(part, words, "filter", "yes" if facts.works else "no")
        if facts.any_case is None:
            return
        if facts.any_case:
            self.answers.add("filter in another case", "pass", "Upper and lower case are the same.")
        else:
            step = "Give userNames in the case that Heap shows."
            self.answers.add("filter in another case", "warn", "Heap tells upper from lower case", next_step=step)

    async def update(self) -> None:
        """Changes two attributes of the first account in one request."""
        outcome = await self.plans.one(self._update(_MADE, _CHANGED))
        self.answers.form("update a user", outcome, "user_update")

    async def roles(self) -> None:
        """Looks where an account shows its role, and tries one that doesn't exist if it shows none."""
        part, path = "role", self.answers.start.role_attribute
        document = await self._document(self.second or self.first)
        if document is None:
            self.answers.unknown(part, "the account can't be read.")
            return
        places = role_places(document)
        if path in places:
            self._shown_role(part, path, places[path])
        elif len(places) == 1:
            place = next(iter(places))
            self.answers.record(part, f"It is shown as {place}, not as {path}", "role_attribute", place)
            self.answers.tenant.watch(())
        elif places:
            step = "Set dialect.role_attribute to the right one."
            self.answers.unknown(part, f"it is shown as {listed(places)}, not as {path}.", next_step=step)
        else:
            await self._hidden_role(part, path)

    def _shown_role(self, part: str, path: str, shown: str) -> None:
        """Compares the role that an account shows with the one that it was to have."""
        asked = None if self.role is None else self.answers.tenant.dialect.to_wire_role(self.role)
        if asked is None or not self.second or match_key(asked) == match_key(shown):
            self.answers.add(part, "pass", f"It is shown as {path}")
        else:
            step = "See which roles Heap has, and set dialect.role_values, or dialect.role_attribute."
            self.answers.unknown(part, f"it is shown as {path}, and is {shown!r} instead of {asked!r}.", next_step=step)

    async def _hidden_role(self, part: str, path: str) -> None:
        """Learns that a role is taken and never shown, if a real one is accepted and another one is refused."""
        step = 'Set dialect.role_attribute, or dialect.role_readable="no" if Heap only hides it.'
        if self.answers.start.role_readable == "no":
            self.answers.add(part, "pass", f"Heap doesn't show it, as the profile says. It is sent as {path}")
            return
        if self.role is None:
            step = f"Run the probe with --probe-role and a role that Heap has. {step}"
            self.answers.unknown(part, "no account shows one.", next_step=step)
            return
        # Otherwise a form that has its effect would be taken for one that has none.
        with self.answers.trying(role_readable="no"):
            good = await self.plans.one(self._update({ROLE: None}, {ROLE: self.role}))
            wrong = await self.plans.one(self._update({ROLE: self.role}, {ROLE: _NO_ROLE}))
        if good.status == "done" and wrong.error_code == "rejected":
            words = f"Heap takes it as {path}, and never shows it"
            self.answers.record(part, words, "role_readable", "no", grade="warn")
        elif good.status == "done":
            self.answers.unknown(part, f"Heap shows none, and takes any as {path}", next_step=step)
        else:
            self.answers.unknown(part, f"Heap shows none, and doesn't take {self.role} as {path}", next_step=step)

    async def deactivate(self) -> None:
        """Deactivates the first account, looks at it and at the list, and activates it again."""
        change = DeactivateUser(self.first, f"{MARK}{self.names.first}", self.names.first, REASON)
        outcome = await self.plans.one(change)
        part = "deactivate a user"
        if outcome.status != "done":
            step = outcome.hint or "Ask Heap's support whether this tenant can deactivate accounts."
            self.answers.add(part, "fail", f"{outcome.message}", next_step=step)
            return
        if outcome.message == REMOVED:
            words = "Heap removes the account, with its charts"
            self.answers.record(part, words, "deactivation", "removes", grade="warn")
            return
        self.answers.form(part, outcome, "user_deactivate")
        self.answers.record("a deactivated account", "Heap keeps it", "deactivation", "keeps")
        if self.answers.tenant.dialect.inactive == "omitted":
            words = "An inactive account shows no active"
            self.answers.record("active", words, "inactive", "omitted")
        current = await self.read(groups=False)
        words = "Lists show it" if self.first in current.users_by_id else "Lists leave it out: a sync asks for it by id"
        self.answers.add("a deactivated account", "pass", words)
        await self._reactivate()

    async def _reactivate(self) -> None:
        outcome = await self.plans.one(
            ReactivateUser(self.first, f"{MARK}{self.names.first}", self.names.first, {}, {}, REASON, by_hand=True)
        )
        if outcome.status == "done":
            self.answers.add("reactivate a user", "pass", "Heap activates the same account again")
        else:
            step = outcome.hint or "An undo can't bring deactivated accounts back here."
            self.answers.add("reactivate a user", "fail", f"{outcome.message}", next_step=step)

    async def read(self, *, groups: bool) -> CurrentState:
        """Reads the whole tenant, which shows what its lists are like."""
        with progress_bar(self.plans.session.screen) as bar:
            return await self.answers.tenant.read(groups=groups, progress=ReadingProgress(bar, "Reading Heap"))

    async def _document(self, id: str) -> Document | None:
        try:
            return await self.answers.tenant.user_document(id)
        except Unauthenticated:
            raise
        except RequestError:
            return None

    def _attributes(self, name: str) -> Mapping[str, str]:
        """Returns what an account is created with: names, and e-mail addresses if the profile maps them."""
        entries = {path: entry_path(path) for path in self.plans.session.profile.mapping}
        mails = [path for path, entry in entries.items() if entry is not None and entry.attribute == "emails"]
        return {**_MADE, **dict.fromkeys(mails, name)}

    def _creation(self, name: str, attributes: Mapping[str, str], *, again: bool = False) -> CreateUser:
        return CreateUser(f"{MARK}{name}{' again' if again else ''}", name, attributes, REASON, by_hand=True)

    def _update(self, before: Mapping[str, str | None], after: Mapping[str, str | None]) -> UpdateUser:
        external_id = f"{MARK}{self.names.first}"
        return UpdateUser(self.first, external_id, self.names.first, before, after, REASON, by_hand=True)


def _is_refused(outcome: Outcome) -> bool:
    """Returns whether the tenant refused what an account was to be created with, so that it wasn't."""
    return outcome.id is None and outcome.error_code == Rejected.code
