"""Orders the forms that a write can have, and remembers which of them had an effect."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from heapscim import errors
from heapscim.heap.dialect import Dialect

Write: TypeAlias = Literal[
    "user_deactivate", "user_update", "user_clear", "group_rename", "member_add", "member_removal"
]
Form: TypeAlias = Literal["patch", "patch_pathless", "patch_one", "patch_values", "put", "put_id"]

FORMS: Mapping[Write, tuple[Form, ...]] = {
    "user_deactivate": ("patch", "patch_pathless", "put", "put_id"),
    "user_update": ("patch", "patch_pathless", "patch_one", "put", "put_id"),
    "user_clear": ("patch", "patch_one", "put", "put_id"),
    "group_rename": ("patch", "patch_pathless", "put", "put_id"),
    "member_add": ("patch", "patch_one", "patch_pathless", "put", "put_id"),
    "member_removal": ("patch", "patch_one", "patch_values", "put", "put_id"),
}
"""The forms in the order in which they are tried: RFC 7644's own first, then Okta's, then PUT.

A PUT comes last because it repeats values that others may have changed. Both first forms are the RFC's. The one with a
path is preferred because servers that implement PATCH by hand merge ``{"name": {"givenName": …}}`` wrongly more often
than they misread a path. A value is removed by a write of its own (``user_clear``): a PATCH without a path can't
express that.
"""

PUTS: frozenset[Form] = frozenset({"put", "put_id"})
_OF_GROUPS: frozenset[Write] = frozenset({"group_rename", "member_add", "member_removal"})
_HARMFUL = "_empties"
"""The suffix under which a write is remembered whose PATCH removes members who were not named."""
_FRUITLESS_WALKS = 4
"""After so many searches that found no form, a refusal starts one only if its number is a power of two."""
_ABOUT_THE_VALUE = frozenset({"uniqueness", "mutability", "sensitive", "toomany"})
_REFUSED_FORM = frozenset({400, 422})
_SERVER_ERROR = 500


@dataclass(slots=True)
class Known:
    """Holds what is known of a tenant by now."""

    dialect: Dialect
    """``auto`` fields are replaced once they are found out."""
    shows_members: bool = False
    """Whether this tenant was seen to show members of a group."""
    shows_roles: bool = False
    """Whether this tenant was seen to show the role of an account."""
    ids: dict[str, str] = field(default_factory=dict)
    """One copy of each id while lists are read: most people are in several groups."""
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    """Heap ids of the members of each group, as last seen."""

    def learn(self, **found: Any) -> None:  # noqa: ANN401 - fields of the dialect
        """Remembers what was found out."""
        self.dialect = replace(self.dialect, **found)

    def note_members(self, id: str, members: Collection[str]) -> None:
        """Remembers who was seen in a group."""
        self.shows_members = self.shows_members or bool(members)
        self.members[id] = frozenset(members)


@dataclass(slots=True)
class _Asked:
    """Holds the last request about a resource, and its forms that had no visible effect."""

    write: Write
    key: Hashable
    accepted: list[Form] = field(default_factory=list)
    is_seen: bool = False
    """Whether the response showed the effect of the last of them."""


class Forms:
    """Chooses the form of each write.

    A form is remembered in the profile once it had an effect, and forgotten if it has none later. Forms that worked in
    this run tell a refusal of the form from a refusal of the values: the latter starts no search.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._proven: set[tuple[Write, Form, str]] = set()
        self._fruitless: dict[Write, int] = {}
        self._asked: dict[str, _Asked] = {}

    def order(self, write: Write) -> tuple[Form, ...]:
        """Returns the forms of a write: what the profile says, or else what was learnt and then the others."""
        dialect = self._known.dialect
        said = dialect.group_update_method if write in _OF_GROUPS else dialect.update_method
        if said != "auto":
            return ("put", "put_id") if said == "put" else (said,) if said in FORMS[write] else ("patch",)
        table = FORMS[write]
        if self.is_harmful(write):
            table = tuple(form for form in table if form in PUTS)
        learned = [form for form in table if form == dialect.forms.get(write)]
        return (*learned, *(form for form in table if form not in learned))

    def is_said(self, write: Write) -> bool:
        """Returns whether a person set the form of this write in the profile."""
        dialect = self._known.dialect
        return (dialect.group_update_method if write in _OF_GROUPS else dialect.update_method) != "auto"

    def begin(self, write: Write, id: str, key: Hashable) -> tuple[Form, ...]:
        """Returns the forms to try for a request about a resource.

        If the same request had no effect earlier in this run, the forms that were accepted then are left out.
        """
        order = self.order(write)
        before = self._asked.get(id)
        if before is None or before.is_seen or (before.write, before.key) != (write, key):
            self._asked[id] = _Asked(write, key)
            return order
        return tuple(form for form in order if form not in before.accepted) or order

    def was_accepted(self, id: str, form: Form) -> None:
        """Notes a form that was accepted, and whose effect isn't known yet."""
        if (asked := self._asked.get(id)) is not None:
            asked.accepted.append(form)

    def was_seen(self, write: Write, id: str, form: Form, paths: Collection[str]) -> None:
        """Learns the form that had an effect, unless it is the first one anyway."""
        before = self._asked.get(id)
        if before is None or before.write != write:
            before = _Asked(write, object())
        # The forms before it stay: if this answer turns out to be untrue as well, none of them is worth another try.
        accepted = [*(one for one in before.accepted if one != form), form]
        self._asked[id] = _Asked(write, before.key, accepted, is_seen=True)
        self.was_proven(write, form, paths)
        self._fruitless.pop(write, None)
        if self.is_said(write):
            return
        if self.order(write)[0] != form:
            others = {name: known for name, known in self._known.dialect.forms.items() if name != write}
            self._known.learn(forms=others if form == FORMS[write][0] else {**others, write: form})

    def was_proven(self, write: Write, form: Form, paths: Collection[str]) -> None:
        """Notes that a form is accepted in this run."""
        self._proven |= {(write, form, path) for path in paths}

    def had_effect(self, id: str) -> None:
        """Learns that the last request about a resource had its effect, if the response didn't show it."""
        asked = self._asked.get(id)
        if asked is not None and asked.accepted and not asked.is_seen:
            self.was_seen(asked.write, id, asked.accepted[-1], ())

    def has_another(self, id: str) -> bool:
        """Forgets the form that had no effect on a resource; returns whether another one is left for it."""
        asked = self._asked.get(id)
        if asked is None or not asked.accepted:
            return False
        asked.is_seen = False  # where an answer showed the effect, it showed what wasn't so
        self._forget(asked.write, asked.accepted[-1])
        left = [form for form in self.order(asked.write) if form not in asked.accepted]
        if left and self._may_search(asked.write):
            return True
        self.found_none(asked.write)
        return False

    def did_harm(self, id: str) -> None:
        """Gives up the PATCH forms of a write that removed others than it named, in this run and later ones."""
        asked = self._asked.get(id)
        if asked is not None and asked.accepted and asked.accepted[-1] not in PUTS:
            self.give_up_patch(asked.write)

    def is_harmful(self, write: Write) -> bool:
        """Returns whether a PATCH of this write was seen to remove others than it named."""
        return write + _HARMFUL in self._known.dialect.forms

    def give_up_patch(self, write: Write) -> None:
        """Gives up the PATCH forms of a write, unless a person set one in the profile."""
        if not self.is_said(write):
            kept = {name: form for name, form in self._known.dialect.forms.items() if name != write}
            self._known.learn(forms={**kept, write + _HARMFUL: "patch"})

    def worth_another(self, write: Write, form: Form, refusal: errors.RequestError, paths: Collection[str]) -> bool:
        """Returns whether a refusal may be about the form, so that the next one is tried."""
        if isinstance(refusal, errors.NotImplementedByService | errors.PutIsUnsafe):
            self._forget(write, form)
            return True
        if (refusal.scim_type or "").casefold() in _ABOUT_THE_VALUE:
            return False
        if refusal.status != _SERVER_ERROR and all((write, form, path) in self._proven for path in paths):
            return False
        return self._may_search(write)

    def found_none(self, write: Write) -> None:
        """Notes that no form worked."""
        self._fruitless[write] = self._fruitless.get(write, 0) + 1

    def told(self, write: Write, refusals: Sequence[errors.RequestError]) -> errors.RequestError:
        """Returns the refusal that says most, with the next step if a setting of the profile plays a part."""
        refusal = telling(refusals)
        setting = "group_update_method" if write in _OF_GROUPS else "update_method"
        if self.is_said(write) and isinstance(refusal, errors.NotImplementedByService):
            refusal.hint = (
                f"The profile says so: `heapscim activate --set dialect.{setting}=auto` finds out what works."
            )
        elif self.is_harmful(write):
            refusal.hint = "A PATCH empties groups of this tenant, so none is sent. Remove the member in Heap itself."
        return refusal

    def _may_search(self, write: Write) -> bool:
        fruitless = self._fruitless.get(write, 0)
        if fruitless < _FRUITLESS_WALKS or fruitless & (fruitless - 1) == 0:
            return True
        self._fruitless[write] = fruitless + 1
        return False

    def _forget(self, write: Write, form: Form) -> None:
        forms = self._known.dialect.forms
        self._proven = {entry for entry in self._proven if entry[:2] != (write, form)}
        if forms.get(write) == form and not self.is_said(write):
            self._known.learn(forms={name: value for name, value in forms.items() if name != write})


def may_be_the_form(error: errors.RequestError) -> bool:
    """Returns whether an error can mean that the tenant doesn't know the form of the request."""
    if isinstance(error, errors.NotImplementedByService | errors.PutIsUnsafe):
        return True
    if isinstance(error, errors.ResponseLost):
        return False
    if isinstance(error, errors.Unavailable):
        return error.status == _SERVER_ERROR
    return isinstance(error, errors.Rejected) and error.status in _REFUSED_FORM


def telling(refusals: Sequence[errors.RequestError]) -> errors.RequestError:
    """Returns the refusal that says most: the first one of the values, before those of a method."""
    of_content = [one for one in refusals if isinstance(one, errors.Rejected | errors.Taken)]
    said = [one for one in of_content if not isinstance(one, errors.PutIsUnsafe)]
    return (said or of_content or refusals)[0]
