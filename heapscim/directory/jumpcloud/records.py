"""Makes a person of a user's record, says whether they are active, and tells which states make no sense."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from heapscim.directory.jumpcloud.constants import ATTRIBUTES
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.directory.rest.reading import Record
from heapscim.http.redaction import foreign_words
from heapscim.model.directory import ROLE, USERNAME, Person
from heapscim.model.phrases import counted, listed

_STATES = frozenset({"ACTIVATED", "STAGED", "SUSPENDED"})
_LONGEST_WORD = 40


def person_of(record: Record, settings: JumpCloudSettings, role: str | None) -> Person | None:
    """Returns one user; None for a user without a username.

    A user is active if the state is ACTIVATED, or missing, and the user isn't suspended. An expired password counts
    only if the profile says so. A user whose state is another word is in doubt.
    """
    values = {name: text_of(record, name) for name in ATTRIBUTES.names if name != ROLE}
    for custom in record.get("attributes") or ():
        if isinstance(custom, Mapping) and isinstance(custom.get("name"), str):
            values[ATTRIBUTES.prefix + custom["name"]] = text_of(custom, "value")
    values[ROLE] = role or ""
    if not values[USERNAME]:
        return None
    word = _odd_state(record)
    doubt = f"JumpCloud's state of {values[USERNAME]} is {word}, which heapscim doesn't know." if word else ""
    eligible = _state(record) in ("", "ACTIVATED") and not _true(record.get("suspended"))
    expired = settings.password_expired_is_inactive and _true(record.get("password_expired"))
    attributes = {name: value for name, value in values.items() if value}
    return Person(str(record["_id"]), attributes, active=eligible and not expired, doubt=doubt)


def odd_states(records: Sequence[Record]) -> Iterator[str]:
    """Says whose states make no sense, and how each is taken."""
    unknown: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        if word := _odd_state(record):
            unknown[word].append(_name(record))
    for word, names in sorted(unknown.items()):
        told = f"JumpCloud's state of {listed(names)} is {word}"
        yield f"{told}, which heapscim doesn't know: nothing is done about them."
    both = [record for record in records if _state(record) == "ACTIVATED" and _true(record.get("suspended"))]
    if both:
        yield f"JumpCloud says of {_named(both)} both ACTIVATED and suspended: they count as suspended."
    if none := [record for record in records if not _state(record) and not _odd_state(record)]:
        yield f"JumpCloud states no state of {_named(none)}: they count as active unless they are suspended."


def text_of(record: Record, name: str) -> str:
    """Returns a field as text; empty if it is missing, null or a truth value."""
    value = record.get(name)
    return value.strip() if isinstance(value, str) else "" if value is None or isinstance(value, bool) else str(value)


def _state(record: Record) -> str:
    return text_of(record, "state").upper()


def _odd_state(record: Record) -> str:
    """Returns a state that isn't one of JumpCloud's, as it is shown; empty if it is one, or missing."""
    state = record.get("state")
    if state is None or (isinstance(state, str) and _state(record) in _STATES | {""}):
        return ""
    return repr(foreign_words(str(state), ())[:_LONGEST_WORD])


def _named(records: Iterable[Record]) -> str:
    names = [_name(record) for record in records]
    return f"{counted(len(names), 'user')} ({listed(names)})"


def _name(record: Record) -> str:
    return text_of(record, USERNAME) or text_of(record, "_id")


def _true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.casefold() == "true")
