"""The protocol of a target: what the decision may ask of Heap, in the decision's own words.

A target converts between wire and values; it never decides and never compares. Every method raises TargetError. Each
write sends its request at most once more than the server lets it be repeated safely: a create whose answer was lost
raises AnswerLost and is not repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from heapscim.directory.snapshot import ReadProgress
from heapscim.provisioning.state import CurrentGroup, CurrentState, CurrentUser


class Target(Protocol):
    """A SCIM service provider as the decision sees it."""

    async def read(self, *, groups: bool, progress: ReadProgress) -> CurrentState:
        """Reads all users and, where asked for, all groups with their members."""
        ...

    async def get_user(self, id: str) -> CurrentUser | None:
        """One account by its id, None where there is none."""
        ...

    async def find_user(self, user_name: str) -> CurrentUser | None:
        """One account by its userName (also where the tenant can't filter), None where there is none."""
        ...

    async def create_user(self, user_name: str, attributes: Mapping[str, str]) -> CurrentUser:
        """Creates an active account; answers what the tenant made of it (read again where its answer had no body)."""
        ...

    async def update_user(
        self, id: str, attributes: Mapping[str, str | None], *, active: bool | None = None
    ) -> CurrentUser | None:
        """Sets the given attributes (None takes a value away) and, unless None, the active flag, in one request.

        Answers the account as it is afterwards, None where the tenant removed it (``active: false`` may do that).
        """
        ...

    async def delete_user(self, id: str) -> None:
        """Deletes an account; one that is gone already is a success."""
        ...

    async def get_group(self, id: str) -> CurrentGroup | None:
        """One group with its members, None where there is none."""
        ...

    async def find_group(self, name: str) -> CurrentGroup | None:
        """One group by its displayName, None where there is none."""
        ...

    async def create_group(self, name: str, member_ids: Collection[str]) -> CurrentGroup:
        """Creates a group with its first members."""
        ...

    async def rename_group(self, id: str, name: str) -> CurrentGroup:
        """Renames a group and leaves its members as they are."""
        ...

    async def change_members(self, id: str, *, add: Collection[str] = (), remove: Collection[str] = ()) -> CurrentGroup:
        """Adds and removes members, at most 100 in one PATCH; answers the group as it is afterwards."""
        ...

    async def delete_group(self, id: str) -> None:
        """Deletes a group; one that is gone already is a success."""
        ...
