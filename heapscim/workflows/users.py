"""Lists, shows and changes single users by hand. Every change goes through a plan, as in a sync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from heapscim.directory.registry import forms, is_file, open_directory, refuse_folders_and_workbooks
from heapscim.errors import NotFound, UsageError
from heapscim.model.changes import BY_HAND, CreateUser, DeactivateUser, ReactivateUser, UpdateUser
from heapscim.model.state import ROLE, match_key
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_result, flattened
from heapscim.planning.user_changes import differs
from heapscim.workflows.manual_change import Decision, HeapIndex, change, read_heap, with_people
from heapscim.workflows.open_directory import opening_of
from heapscim.workflows.outlook import view_of_directory
from heapscim.workflows.reconcile import SyncOptions, decide_desired
from heapscim.workflows.session import Session

NewUser: TypeAlias = tuple[str, Mapping[str, str]]
"""A userName and the attributes to create it with."""
_NAMES = ("name.givenName", "name.familyName")


async def show_user(session: Session, user: str) -> Result:
    """Shows one account as Heap has it; raises NotFound."""
    found = await session.tenant.user_of(user)
    id = session.ledger.links().id_of_user(user) if found is None else found.id
    if id is None:  # the directory may know the person by that name
        heap = await with_people(
            session, await read_heap(session, named=[user]), await view_of_directory(session), [user]
        )
        found = heap.user(user)
        id = found.id
    document = await session.tenant.user_document(id)
    if document is None:
        raise NotFound(f"Heap has no user {user}.", hint="List what there is with `heapscim users list`.")
    shown = facts_result(document, ("attribute", "value"), flattened(document))
    if found is None or found.id not in session.ledger.links().made_by_hand.users_by_id:
        return shown
    said = f"{found.user_name} is managed by hand: sync leaves the account alone until the directory holds them."
    return replace(shown, notices=(said,))


async def create_users(session: Session, wanted: NewUser | Path, *, yes: bool) -> Result:
    """Creates one account, or one for each active person of a roster; existing accounts are left as they are."""
    people = await _people_of(session, wanted) if isinstance(wanted, Path) else [wanted]

    def decide(heap: HeapIndex) -> Decision:
        new = [(name, attributes) for name, attributes in people if match_key(name) not in heap.current.users_by_key]
        there = len(people) - len(new)
        notices = [f"{there} of {len(people)} already have an account; they are left as they are."] if there else []
        made = [CreateUser(heap.id_for_user(name), name, values, BY_HAND, by_hand=True) for name, values in new]
        return made, notices

    return await change(session, "users create", SyncOptions(yes=yes), decide)


async def update_user(session: Session, user: str, wanted: Mapping[str, str], options: SyncOptions) -> Result:
    """Changes attributes of one account; attributes that already have the value aren't sent."""

    def decide(heap: HeapIndex) -> Decision:
        found = heap.user(user)
        after = {path: value for path, value in wanted.items() if differs(path, value, found.attributes.get(path))}
        if not after:
            return (), ()
        before = {path: found.attributes.get(path) for path in after}
        external_id = heap.links.external_id_of_user(found.id)
        return [UpdateUser(found.id, external_id, found.user_name, before, after, BY_HAND, by_hand=True)], ()

    return await change(session, "users update", options, decide, named=[user])


async def deactivate_users(session: Session, users: Sequence[str], options: SyncOptions) -> Result:
    """Deactivates accounts; inactive ones are left as they are."""

    def decide(heap: HeapIndex) -> Decision:
        external_id = heap.links.external_id_of_user
        active = [user for user in heap.users(users) if user.active]
        return [
            DeactivateUser(user.id, external_id(user.id), user.user_name, BY_HAND, user.attributes.get(ROLE))
            for user in active
        ], ()

    return await change(session, "users deactivate", options, decide, named=users)


async def reactivate_users(session: Session, users: Sequence[str], options: SyncOptions) -> Result:
    """Reactivates accounts; active ones are left as they are."""

    def decide(heap: HeapIndex) -> Decision:
        external_id = heap.links.external_id_of_user
        inactive = [user for user in heap.users(users) if not user.active]
        return [
            ReactivateUser(user.id, external_id(user.id), user.user_name, {}, {}, BY_HAND, user.attributes.get(ROLE))
            for user in inactive
        ], ()

    return await change(session, "users reactivate", options, decide, named=users)


async def _people_of(session: Session, source: Path) -> Sequence[NewUser]:
    """Returns each active person of a roster; raises DirectoryError if two share a userName, or one has none."""
    if not is_file(str(source)):
        refuse_folders_and_workbooks(str(source))
        raise UsageError(f"--from {source} isn't a roster.", hint=f"It takes {forms(files=True)}.")
    roster = open_directory(str(source), lambda kind: opening_of(session.context, session.profile, kind))
    snapshot = await roster.read(lambda _read, _of: None)
    return [(user.user_name, user.attributes) for user in decide_desired(session.profile, snapshot, "all").users]
