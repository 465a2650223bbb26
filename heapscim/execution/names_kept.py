"""Explains a create or rename that ends with another name than was asked for, or with a name that is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from heapscim import errors
from heapscim.execution.expectation import Expectation
from heapscim.execution.ports import Target
from heapscim.model.changes import Change, CreateGroup, CreateUser, RenameGroup, is_about_a_user
from heapscim.model.outcomes import Outcome
from heapscim.model.state import CurrentGroup, CurrentUser, match_key
from heapscim.planning.own_forms import likeness

_MOST_LOOKS = 20
"""The number of taken names that are compared with all others: each comparison goes through all of them."""
_MOST_NAMED = 3


class NamesKept:
    """Compares names that a run comes across with those that existed before it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._holders: dict[str, Mapping[str, list[str]]] = {}
        self._looks = 0

    def made_otherwise(self, expected: Expectation, shown: CurrentUser | CurrentGroup) -> Expectation | Outcome:
        """Returns what to expect of a resource that was created under another name, to be read by its id.

        The create failed if that id existed before: then the response is about something that this create didn't
        create.
        """
        change = expected.change
        type: Literal["user", "group"] = "user" if is_about_a_user(change) else "group"
        name = shown.user_name if isinstance(shown, CurrentUser) else shown.name
        if shown.id in self._target.listed(type):
            return Outcome(
                change,
                "failed",
                error_code="unchanged",
                message=f"Heap answered with {name!r} (id {shown.id}), which was there before: nothing was made of it.",
                hint="See whether the two are one, and call it the same in the directory and in Heap.",
            )
        return replace(expected, id=shown.id, namesakes=tuple(self._named(type, name)))

    def explained(self, change: Change, error: errors.Taken) -> errors.Taken:
        """Explains the refusal of a name that is taken, and names what may have it if nothing has that very name."""
        name = _wanted(change)
        if name is None or self._looks >= _MOST_LOOKS:
            return error
        self._looks += 1
        type: Literal["user", "group"] = "user" if is_about_a_user(change) else "group"
        own = getattr(change, "id", None)
        alike = [
            f"{there!r} (id {id})"
            for id, there in self._target.listed(type).items()
            if id != own and _is_alike(name, there)
        ]
        if alike and not self._named(type, name):
            may_be = (
                f"Heap may keep it in a form of its own: {', '.join(alike[:_MOST_NAMED])}. If that is it, call it so "
                "in the directory: the next sync takes it over."
            )
            error.hint = f"{may_be} {error.hint}" if error.hint and isinstance(change, CreateUser) else may_be
        return error

    def _named(self, type: Literal["user", "group"], name: str) -> list[str]:
        if type not in self._holders:
            found: defaultdict[str, list[str]] = defaultdict(list)
            for id, there in self._target.listed(type).items():
                found[match_key(there)].append(id)
            self._holders[type] = found
        return list(self._holders[type].get(match_key(name), ()))


def _is_alike(name: str, there: str) -> bool:
    """Returns whether a tenant may have made a name of another one, at least of the part before the @."""
    key, kept = match_key(name), match_key(there)
    return key != kept and (likeness(name, there) > 0 or key.partition("@")[0] == kept)


def _wanted(change: Change) -> str | None:
    match change:
        case CreateUser():
            return change.user_name
        case CreateGroup():
            return change.name
        case RenameGroup():
            return change.new_name
        case _:
            return None
