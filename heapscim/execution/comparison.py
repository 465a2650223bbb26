"""Compares what Heap shows of a resource with what a change asked for (rule 5). Asks nobody and sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from heapscim.errors import MembersRefused
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
    asked,
)
from heapscim.model.outcomes import Outcome
from heapscim.model.phrases import listed
from heapscim.model.state import (
    DISPLAY_NAME,
    ROLE,
    USER_NAME,
    CurrentGroup,
    CurrentUser,
    match_key,
    same_text,
)
from heapscim.planning.own_forms import is_own_form
from heapscim.planning.user_changes import differs

Seen: TypeAlias = CurrentUser | CurrentGroup | None

KEPT_TWICE = "kept_twice"
"""Code of a create that Heap keeps under a name which something else has had before."""
UNSEEN = "unseen"
"""Code of a change of members that can't be told by what Heap shows of a group."""
REMOVED = "This tenant removes accounts instead of deactivating them; personal charts went with it."
KEPT = "This tenant keeps a deleted account, inactive."
HIDDEN = "Heap doesn't show these members, and there is no other way to ask: whether they are in can't be known"
_DIALECT = "How a tenant may differ is in the settings reference, under [dialect]."
_NO_DELETE = "This tenant seems to delete nothing over SCIM: delete it in Heap itself."
_PUT = (
    "Unless somebody else removed them, this tenant misreads a PATCH of members: "
    "`heapscim activate --set dialect.group_update_method=put`, and sync again."
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A change that Heap took; whether it is so remains to be seen."""

    change: Change
    id: str | None
    """The Heap id of the resource, None for one that was made and not shown."""
    member_ids: tuple[str, ...] = ()
    """Heap ids of the members to join or leave."""
    without_account: tuple[str, ...] = ()
    """userNames of members who could not be named, since they have no account."""
    refused: tuple[str, ...] = ()
    """userNames of members whom Heap refused; it took the others."""
    refusal: str = ""
    """Heap's words about them."""
    others: int | None = None
    """How many members besides the group had before; None where that is not to be looked at."""
    bystanders: Mapping[str, str] = field(default_factory=dict)
    """Who they are, as far as that is known: ids and userNames."""
    restored: tuple[str, ...] = ()
    """userNames of those who went with the change, and were put back at once."""
    certain: bool = True
    """Whether Heap answered that it took the request; False where only a look can tell."""
    namesakes: tuple[str, ...] = ()
    """Heap ids of others that had the name already under which Heap keeps this one."""


def judge(accepted: Accepted, seen: Seen, unreadable: Collection[str]) -> Outcome:
    """The outcome of a change, by what is there now; None stands for nothing.

    What Heap keeps in a form of its own is done, and said.
    """
    kept = {} if seen is None else dict(_kept(accepted, seen, unreadable))
    outcome = _judged(accepted, seen, unreadable, kept)
    if kept and outcome.status == "done":
        outcome = replace(outcome, message=_kept_words(kept))
    if kept and outcome.status == "done" and accepted.namesakes:
        outcome = _kept_twice(outcome, accepted.namesakes)
    return replace(outcome, kept=kept) if kept else outcome


def _judged(accepted: Accepted, seen: Seen, unreadable: Collection[str], kept: Mapping[str, str]) -> Outcome:
    change = accepted.change
    match change, seen:
        case DeactivateUser(), None:
            return Outcome(change, "done", id=accepted.id, message=REMOVED)
        case RemoveMembers(), None:
            return Outcome(change, "done", id=accepted.id, message="The group was gone already.")
        case ((DeleteUser() | DeleteGroup()), None):
            return Outcome(change, "done", id=accepted.id)
        case _, None:
            gone = "it is not there afterwards" if isinstance(change, CreateUser | CreateGroup) else "it is gone"
            return _unlike(accepted, gone)
        case _:
            wrong = _difference(accepted, seen, unreadable, kept)
    id = accepted.id if _named_otherwise(change, seen) else seen.id
    if _is_hidden(accepted, seen):
        hidden = f"Heap accepted the change, but {HIDDEN}."
        return with_lost(Outcome(change, "failed", id=id, error_code=UNSEEN, message=hidden), accepted, seen)
    if wrong is not None:
        hint = _NO_DELETE if isinstance(change, DeleteUser | DeleteGroup) else _DIALECT
        outcome = replace(_unlike(accepted, wrong, id, hint=hint), ignored=_is_as_before(accepted, seen))
    elif accepted.refused:
        outcome = _members_refused(accepted, id)
    elif accepted.without_account:
        outcome = members_missing(change, id, accepted.without_account)
    else:
        outcome = Outcome(change, "done", id=id, message=KEPT if isinstance(change, DeleteUser) else None)
    return with_lost(outcome, accepted, seen)


def with_lost(outcome: Outcome, accepted: Accepted, seen: Seen) -> Outcome:
    """An outcome that names each member who is gone though nobody asked for that, whatever else went wrong."""
    if accepted.restored:
        names = ", ".join(accepted.restored)
        put_back = f"This tenant removed others along with those named: {names}. They were put back at once."
        outcome = replace(outcome, message=f"{outcome.message} {put_back}" if outcome.message else put_back)
    if seen is None or isinstance(seen, CurrentUser) or (lost := _others_gone(accepted, seen)) is None:
        return outcome
    if outcome.status == "done":
        outcome = _unlike(accepted, lost, outcome.id)
    else:
        outcome = replace(outcome, message=f"{outcome.message} Besides, {lost}.")
    # Where some are left, somebody else may have removed the others: nobody is put back against their will.
    emptied = accepted.bystanders.keys().isdisjoint(seen.member_ids)
    return replace(outcome, hint=_PUT, ignored=False, lost=tuple(sorted(accepted.bystanders)) if emptied else ())


def _is_hidden(accepted: Accepted, seen: Seen) -> bool:
    """Whether a group may have members it doesn't show, which would decide what became of this change."""
    if not isinstance(seen, CurrentGroup) or seen.is_whole or not accepted.member_ids:
        return False
    match accepted.change:
        case CreateGroup() | AddMembers():
            return not seen.member_ids.issuperset(accepted.member_ids)
        case RemoveMembers():
            return seen.member_ids.isdisjoint(accepted.member_ids)
        case _:
            return False


def members_missing(change: Change, id: str | None, names: tuple[str, ...]) -> Outcome:
    """The outcome where some members have no account to add."""
    return Outcome(
        change,
        "failed",
        id=id,
        error_code="members_missing",
        message=f"Not added, since they have no account: {listed(names)}.",
        hint="Sync once more when their accounts are there.",
    )


def _members_refused(accepted: Accepted, id: str | None) -> Outcome:
    done = "removed" if isinstance(accepted.change, RemoveMembers) else "added"
    absent = f" Nor, since they have no account: {listed(accepted.without_account)}."
    return Outcome(
        accepted.change,
        "failed",
        id=id,
        error_code=MembersRefused.code,
        message=f"Not {done}: {listed(accepted.refused)}. {accepted.refusal}"
        + (absent if accepted.without_account else ""),
        hint="See what sets them apart with `heapscim users show`; the next sync tries again.",
    )


def _unlike(accepted: Accepted, wrong: str, id: str | None = None, *, hint: str = _DIALECT) -> Outcome:
    return Outcome(
        accepted.change,
        "failed",
        id=id or accepted.id,
        error_code="unchanged",
        message=f"Heap accepted the change, but {wrong}.",
        hint=hint,
    )


def _kept(
    accepted: Accepted, seen: CurrentUser | CurrentGroup, unreadable: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The values that Heap keeps in a form of its own. A role isn't one: another role is another access."""
    change = accepted.change
    is_create = isinstance(change, CreateUser | CreateGroup)
    if is_create and accepted.id is None and _named_otherwise(change, seen):
        return
    before = _before(change)
    for path, value in asked(change).items():
        found = _value_at(seen, path)
        if path == ROLE or path in unreadable or value is None or found is None:
            continue
        same = match_key(value) == match_key(found) if path == USER_NAME else not differs(path, value, found)
        certain = accepted.certain and (path in _NAMES or path.startswith("name."))
        if not same and is_own_form(value, found, before=before.get(path), certain=certain):
            yield path, found


_NAMES = frozenset({USER_NAME, DISPLAY_NAME})


def _before(change: Change) -> Mapping[str, str | None]:
    match change:
        case UpdateUser() | ReactivateUser():
            return change.before
        case RenameGroup():
            return {DISPLAY_NAME: change.name}
        case _:
            return {}


def _value_at(seen: CurrentUser | CurrentGroup, path: str) -> str | None:
    if isinstance(seen, CurrentGroup):
        return seen.name if path == DISPLAY_NAME else None
    return seen.user_name if path == USER_NAME else seen.attributes.get(path)


def _kept_twice(outcome: Outcome, namesakes: Collection[str]) -> Outcome:
    """What was made, and is there twice by now: what had the name before may be what the directory means."""
    return replace(
        outcome,
        status="failed",
        error_code=KEPT_TWICE,
        message=f"{outcome.message} That name was taken already, by id {', '.join(namesakes)}, which is left alone.",
        hint="Look at both. If the first is what the directory means, remove the second in Heap, and call the first "
        "so in the directory.",
    )


def _kept_words(kept: Mapping[str, str]) -> str:
    said = [
        f"under the name {value!r}" if path in _NAMES else f"{path} as {value!r}"
        for path, value in sorted(kept.items(), key=lambda entry: (entry[0] not in _NAMES, entry[0]))
    ]
    return f"Heap keeps it otherwise than asked: {', '.join(said)}."


def _difference(
    accepted: Accepted, seen: CurrentUser | CurrentGroup, unreadable: Collection[str], kept: Mapping[str, str]
) -> str | None:
    change = accepted.change
    if isinstance(seen, CurrentUser):
        return _user_difference(change, seen, {*unreadable, *kept})
    match change:
        case RenameGroup() if DISPLAY_NAME not in kept and not same_text(seen.name, change.new_name):
            return f"the name is still {seen.name!r}"
        case CreateGroup() if DISPLAY_NAME not in kept and _named_otherwise(change, seen):
            return f"it made a group named {seen.name!r}"
        case CreateGroup() | AddMembers():
            missing = len(set(accepted.member_ids) - seen.member_ids)
            return f"{missing} of {len(accepted.member_ids)} are no members" if missing else None
        case RemoveMembers():
            still = len(set(accepted.member_ids) & seen.member_ids)
            return f"{still} of {len(accepted.member_ids)} are still members" if still else None
        case DeleteGroup():
            return "it is still there"
        case _:
            return None


def _others_gone(accepted: Accepted, seen: CurrentGroup) -> str | None:
    """A tenant may take those who join for all there are, or one who leaves for everybody."""
    if not seen.is_whole:
        return None  # who isn't shown may be in all the same
    if accepted.bystanders:
        names = sorted(name for id, name in accepted.bystanders.items() if id not in seen.member_ids)
        of, named = len(accepted.bystanders), f": {', '.join(names)}"
        gone = len(names)
    elif accepted.others is not None:
        of, named = accepted.others, ""
        gone = accepted.others - len(seen.member_ids - set(accepted.member_ids))
    else:
        return None
    return f"{gone} of {of} other members are gone from the group{named}" if gone > 0 else None


def _is_as_before(accepted: Accepted, seen: CurrentUser | CurrentGroup) -> bool:
    """Whether nothing came of a change, or only of a part of those who were to leave."""
    change = accepted.change
    match change, seen:
        case DeactivateUser(), CurrentUser():
            return seen.active
        case ((UpdateUser() | ReactivateUser()), CurrentUser()):
            still = [
                path
                for path, value in change.after.items()
                if differs(path, value, seen.attributes.get(path))
                and not differs(path, change.before.get(path), seen.attributes.get(path))
            ]
            return bool(still) or (isinstance(change, ReactivateUser) and not seen.active)
        case RenameGroup(), CurrentGroup():
            return same_text(seen.name, change.name)
        case _, CurrentGroup() if not seen.is_whole:
            return False
        case AddMembers(), CurrentGroup():
            return bool(accepted.member_ids) and seen.member_ids.isdisjoint(accepted.member_ids)
        case RemoveMembers(), CurrentGroup():
            return not seen.member_ids.isdisjoint(accepted.member_ids)
        case _:
            return False


def _user_difference(change: Change, user: CurrentUser, unreadable: Collection[str]) -> str | None:
    match change:
        case CreateUser() if USER_NAME not in unreadable and _named_otherwise(change, user):
            return f"it made an account named {user.user_name!r}"
        case CreateUser() | ReactivateUser() if not user.active:
            return "the account is still inactive"
        case CreateUser():
            return _attribute_difference(user, change.attributes, unreadable)
        case UpdateUser() | ReactivateUser():
            return _attribute_difference(user, change.after, unreadable)
        case DeactivateUser() if user.active:
            return "the account is still active"
        case DeleteUser() if user.active:
            return "it is still there"
        case _:
            return None


def _named_otherwise(change: Change, seen: CurrentUser | CurrentGroup) -> bool:
    """Whether what a create made goes by another name: it isn't what was asked for, and is left to nobody."""
    match change, seen:
        case CreateUser(), CurrentUser():
            return match_key(seen.user_name) != match_key(change.user_name)
        case CreateGroup(), CurrentGroup():
            return match_key(seen.name) != match_key(change.name)
        case _:
            return False


def _attribute_difference(
    user: CurrentUser, asked: Mapping[str, str | None], unreadable: Collection[str]
) -> str | None:
    for path, value in sorted(asked.items()):
        found = user.attributes.get(path)
        if path not in unreadable and differs(path, value, found):
            wanted = "empty" if value is None else repr(value)
            return f"{path} is {'still empty' if found is None else repr(found)}, not {wanted}"
    return None
