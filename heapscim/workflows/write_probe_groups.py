"""Finds out by a throw-away group how a tenant creates, renames and fills groups."""

from __future__ import annotations

from dataclasses import dataclass

from heapscim.errors import Taken
from heapscim.heap.forms import Write
from heapscim.model.changes import AddMembers, Change, CreateGroup, DeleteGroup, MemberRef, RemoveMembers, RenameGroup
from heapscim.model.state import CurrentGroup
from heapscim.workflows.write_probe_accounts import Accounts
from heapscim.workflows.write_probe_answers import Answers
from heapscim.workflows.write_probe_plans import MARK, REASON, Names, Plans


@dataclass
class Groups:
    """Asks the questions about groups, in their order."""

    plans: Plans
    answers: Answers
    names: Names
    accounts: Accounts
    id: str = ""
    """Heap id of the group, once it exists."""

    async def create(self) -> bool:
        """Creates the group with both accounts; returns whether it exists."""
        part, change = "create a group", self._creation(self._both)
        outcome = await self.plans.one(change)
        if outcome.id is None:
            self.answers.add(part, "fail", f"{outcome.message}", next_step=outcome.hint or "")
            return False
        self.id = outcome.id
        self.answers.add(part, "pass", "Heap takes what a sync sends")
        self.answers.remark("a new group", outcome)
        return True

    async def same_name(self) -> None:
        """Tries a second group with the same name."""
        part, change = "two groups with one name", self._creation(self._both[:1], again=True)
        outcome = await self.plans.one(change)
        if outcome.error_code == Taken.code:
            self.answers.record(part, "Heap refuses the second one (409)", "unique_group_names", "yes")
        elif outcome.id is not None and outcome.id != self.id:
            self.answers.record(part, "Heap creates a second one", "unique_group_names", "no", grade="warn")
            await self.plans.one(DeleteGroup(outcome.id, change.external_id, change.name, (), REASON, by_hand=True))
        else:
            self.answers.unknown(part, f"{outcome.message}")

    async def lists(self) -> None:
        """Reads the whole tenant, and compares what the list of groups shows with the group itself."""
        current = await self.accounts.read(groups=True)
        part, dialect = "lists of groups", self.answers.tenant.dialect
        listed = current.groups_by_id.get(self.id)
        if listed is None:
            self.answers.unknown(part, "they don't show the group.")
        elif dialect.members_shown not in ("auto", "all"):
            words = f"Heap shows at most {dialect.members_shown} members of a group"
            self.answers.record(part, words, "members_shown", dialect.members_shown, grade="warn")
        elif dialect.list_members == "no" or await self._has_more_than(listed):
            words = "They leave out members, so each group is read by itself"
            self.answers.record(part, words, "list_members", "no")
        else:
            self.answers.add(part, "pass", "They show all members")

    async def _has_more_than(self, listed: CurrentGroup) -> bool:
        """Returns whether the group has members that a list didn't show, where the profile says that lists show all."""
        whole = await self.answers.tenant.get_group(listed.id)
        return whole is not None and bool(whole.member_ids - listed.member_ids)

    async def change(self) -> None:
        """Renames the group, and takes members out and puts them in, one and two at a time."""
        both, one = self._both, self._both[1:]
        await self._ask("rename a group", "group_rename", self._renaming())
        if not one:
            self.answers.unknown("change members", "there is no second account")
            return
        if not await self._ask("remove one of two members", "member_removal", self._removal(one, 2)):
            return
        await self._ask("add a member", "member_add", self._addition(one, 1))
        await self._ask("remove both members at once", "member_removal", self._removal(both, 2))
        await self._ask("add two members at once", "member_add", self._addition(both, 0))

    async def _ask(self, part: str, write: Write, change: Change) -> bool:
        """Carries out one change; returns whether it worked.

        If it removed others who weren't named, it is tried again: the target then knows that it must use another form.
        """
        was_harmful, tenant = self.answers.is_harmful(write), self.answers.tenant
        proven = {name: form for name, form in tenant.dialect.forms.items() if name == write}
        outcome = await self.plans.one(change)
        if outcome.status != "done" and self.answers.is_harmful(write) and not was_harmful:
            outcome = await self.plans.one(change)
        if outcome.status != "done":  # a form that worked before stays: this change may be what the tenant refuses
            tenant.learn(forms=dict(tenant.dialect.forms) | proven)
        self.answers.form(part, outcome, write)
        return outcome.status == "done"

    @property
    def _both(self) -> tuple[MemberRef, ...]:
        names, ids = (self.names.first, self.names.second), (self.accounts.first, self.accounts.second)
        pairs = zip(names, ids, strict=True)
        return tuple(MemberRef(name, id, f"{MARK}{name}") for name, id in pairs if id)

    @property
    def _external_id(self) -> str:
        return f"{MARK}{self.names.group}"

    def _creation(self, members: tuple[MemberRef, ...], *, again: bool = False) -> CreateGroup:
        external_id = f"{self._external_id}{' again' if again else ''}"
        return CreateGroup(external_id, self.names.group, members, REASON, by_hand=True)

    def _renaming(self) -> RenameGroup:
        return RenameGroup(self.id, self._external_id, self.names.group, self.names.renamed, REASON, by_hand=True)

    def _addition(self, members: tuple[MemberRef, ...], size: int) -> AddMembers:
        return AddMembers(self.id, self._external_id, self.names.renamed, members, REASON, size=size)

    def _removal(self, members: tuple[MemberRef, ...], size: int) -> RemoveMembers:
        return RemoveMembers(self.id, self._external_id, self.names.renamed, members, REASON, size)
