"""Compares what Heap shows of a resource with what a change asked for (rule 5). Sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from heapscim.errors import MembersRefused
from heapscim.execution.difference import difference, is_as_before, is_named_otherwise, others_gone
from heapscim.execution.expectation import Actual, Expectation
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
from heapscim.model.multi_valued import entry_path
from heapscim.model.outcomes import Outcome
from heapscim.model.phrases import listed
from heapscim.model.state import (
    DISPLAY_NAME,
    ROLE,
    USER_NAME,
    CurrentGroup,
    CurrentUser,
    same_name,
)
from heapscim.planning.own_forms import is_own_form
from heapscim.planning.user_changes import differs

KEPT_TWICE = "kept_twice"
"""Error code of a create that Heap keeps under a name that another resource already had."""
UNSEEN = "unseen"
"""Error code of a change of members that can't be compared, since Heap doesn't show enough of the group."""
REMOVED = "This tenant removes accounts instead of deactivating them; personal charts went with it."
KEPT = "This tenant keeps a deleted account, inactive."
HIDDEN = "Heap doesn't show these members, and there is no other way to ask: whether they are in can't be known"
_DIALECT = "How a tenant may differ is in the settings reference, under [dialect]."
_NO_DELETE = "This tenant seems to delete nothing over SCIM: delete it in Heap itself."
_PUT = (
    "Unless somebody else removed them, this tenant misreads a PATCH of members: "
    "`heapscim activate --set dialect.group_update_method=put`, and sync again."
)


def compare(expected: Expectation, seen: Actual, unreadable: Collection[str]) -> Outcome:
    """Returns the outcome of a change by what Heap shows now.

    A value that Heap keeps in a form of its own is no failure; the outcome says what was kept.
    """
    if isinstance(seen, CurrentUser):
        seen = seen.meant_by(asked(expected.change))
    kept = {} if seen is None else dict(_kept(expected, seen, unreadable))
    outcome = _judged(expected, seen, unreadable, kept)
    if kept and outcome.status == "done":
        outcome = replace(outcome, message=_kept_words(kept))
    if kept and outcome.status == "done" and expected.namesakes:
        outcome = _kept_twice(outcome, expected.namesakes)
    return replace(outcome, kept=kept) if kept else outcome


def _judged(expected: Expectation, seen: Actual, unreadable: Collection[str], kept: Mapping[str, str]) -> Outcome:
    change = expected.change
    match change, seen:
        case DeactivateUser(), None:
            return Outcome(change, "done", id=expected.id, message=REMOVED)
        case RemoveMembers(), None:
            return Outcome(change, "done", id=expected.id, message="The group was gone already.")
        case ((DeleteUser() | DeleteGroup()), None):
            return Outcome(change, "done", id=expected.id)
        case _, None:
            gone = "it is not there afterwards" if isinstance(change, CreateUser | CreateGroup) else "it is gone"
            return _unlike(expected, gone)
        case _:
            wrong = difference(expected, seen, unreadable, kept)
    id = expected.id if is_named_otherwise(change, seen) else seen.id
    if _is_hidden(expected, seen):
        hidden = f"Heap accepted the change, but {HIDDEN}."
        return with_lost(Outcome(change, "failed", id=id, error_code=UNSEEN, message=hidden), expected, seen)
    if wrong is not None:
        hint = _NO_DELETE if isinstance(change, DeleteUser | DeleteGroup) else _hint(change, seen, unreadable)
        outcome = replace(_unlike(expected, wrong, id, hint=hint), ignored=is_as_before(expected, seen))
    elif expected.refused:
        outcome = _members_refused(expected, id)
    elif expected.without_account:
        outcome = members_missing(change, id, expected.without_account)
    else:
        outcome = Outcome(change, "done", id=id, message=KEPT if isinstance(change, DeleteUser) else None)
    return with_lost(outcome, expected, seen)


def _hint(change: Change, seen: CurrentUser | CurrentGroup, unreadable: Collection[str]) -> str:
    """Returns the next step if a value isn't there: the tenant may have ignored it, or never show it."""
    values = asked(change) if isinstance(change, CreateUser | UpdateUser | ReactivateUser) else {}
    for path, value in sorted(values.items()):
        if value is not None and path not in (USER_NAME, ROLE, *unreadable) and _value_at(seen, path) is None:
            name = entry.attribute if (entry := entry_path(path)) else path
            setting = f"'dialect.unreadable=[\"{name}\"]'"
            return f"If this tenant takes {name} and never shows it: `heapscim activate --set {setting}`. {_DIALECT}"
    return _DIALECT


def with_lost(outcome: Outcome, expected: Expectation, seen: Actual) -> Outcome:
    """Adds to an outcome who is gone from a group though nobody asked for that: then the change failed."""
    if expected.restored:
        names = ", ".join(expected.restored)
        put_back = f"This tenant removed others along with those named: {names}. They were put back at once."
        outcome = replace(outcome, message=f"{outcome.message} {put_back}" if outcome.message else put_back)
    if seen is None or isinstance(seen, CurrentUser) or (lost := others_gone(expected, seen)) is None:
        return outcome
    if outcome.status == "done":
        outcome = _unlike(expected, lost, outcome.id)
    else:
        outcome = replace(outcome, message=f"{outcome.message} Besides, {lost}.")
    # Where some are left, somebody else may have removed the others: nobody is put back against their will.
    emptied = expected.bystanders.keys().isdisjoint(seen.member_ids)
    return replace(outcome, hint=_PUT, ignored=False, lost=tuple(sorted(expected.bystanders)) if emptied else ())


def _is_hidden(expected: Expectation, seen: Actual) -> bool:
    """Returns whether the members that a group doesn't show would decide what became of the change."""
    if not isinstance(seen, CurrentGroup) or seen.is_whole or not expected.member_ids:
        return False
    match expected.change:
        case CreateGroup() | AddMembers():
            return not seen.member_ids.issuperset(expected.member_ids)
        case RemoveMembers():
            return seen.member_ids.isdisjoint(expected.member_ids)
        case _:
            return False


def members_missing(change: Change, id: str | None, names: tuple[str, ...]) -> Outcome:
    """Returns the outcome if some members have no account to add."""
    return Outcome(
        change,
        "failed",
        id=id,
        error_code="members_missing",
        message=f"Not added, since they have no account: {listed(names)}.",
        hint="Sync once more when their accounts are there.",
    )


def _members_refused(expected: Expectation, id: str | None) -> Outcome:
    done = "removed" if isinstance(expected.change, RemoveMembers) else "added"
    absent = f" Nor, since they have no account: {listed(expected.without_account)}."
    return Outcome(
        expected.change,
        "failed",
        id=id,
        error_code=MembersRefused.code,
        message=f"Not {done}: {listed(expected.refused)}. {expected.refusal}"
        + (absent if expected.without_account else ""),
        hint="See what sets them apart with `heapscim users show`; the next sync tries again.",
    )


def _unlike(expected: Expectation, wrong: str, id: str | None = None, *, hint: str = _DIALECT) -> Outcome:
    return Outcome(
        expected.change,
        "failed",
        id=id or expected.id,
        error_code="unchanged",
        message=f"Heap accepted the change, but {wrong}.",
        hint=hint,
    )


def _kept(
    expected: Expectation, seen: CurrentUser | CurrentGroup, unreadable: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yields the values that Heap keeps in a form of its own. A role doesn't count: another role is another access."""
    change = expected.change
    is_create = isinstance(change, CreateUser | CreateGroup)
    if is_create and expected.id is None and is_named_otherwise(change, seen):
        return
    before = _before(change)
    for path, value in asked(change).items():
        found = _value_at(seen, path)
        if path == ROLE or path in unreadable or value is None or found is None:
            continue
        same = same_name(value, found) if path == USER_NAME else not differs(path, value, found)
        certain = expected.certain and (path in _NAMES or path.startswith("name."))
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
    """Returns the failure of a create of which there are two now: the older one may be what the directory means."""
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
