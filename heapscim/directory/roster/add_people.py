"""Adds people to a roster's content, and proves that the result reads back correctly before it is written.

People who can't be stored exactly are left out and reported. What was there before stays byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heapscim.directory.protocol import group_to_join
from heapscim.directory.roster.assembly import parse_roster
from heapscim.directory.roster.rows import ACTIVE, COLUMNS, GROUPS, ID, SOURCE_ATTRIBUTES, unseen
from heapscim.directory.roster.write_csv import columns_of, with_rows
from heapscim.directory.roster.write_document import Entry, with_entries
from heapscim.errors import DirectoryError, UsageError
from heapscim.model.directory import USERNAME, Added, DirectoryGroup, DirectorySnapshot, NewPerson, Person
from heapscim.model.state import match_key

_BOM = b"\xef\xbb\xbf"
_LONGEST = 100_000
"""The most characters of one value: far more than any name has, far fewer than a reader refuses."""


def with_people(
    content: bytes, path: Path, people: Sequence[NewPerson], group: str | None
) -> tuple[bytes, Sequence[Added]]:
    """Returns the content with more people in it, and the outcome of each person, in the same order.

    Raises UsageError, before anything else, if no bound group has the name or the roster can't store groups.
    """
    before = parse_roster(content, path)
    text = content.decode("utf-8-sig")
    columns = columns_of(text) if path.suffix.casefold() == ".csv" else (*COLUMNS, *SOURCE_ATTRIBUTES)
    joined = _joined(before, columns, group, path)
    outcomes, stored = _judged(before, people, columns)
    if not stored:
        return content, outcomes
    longer = _longer(text, path, stored, joined).encode("utf-8")
    after = _BOM + longer if content.startswith(_BOM) else longer
    if not _reads_back(before, after, path, stored, joined):
        raise DirectoryError(
            f"{path.name} is written in a way that makes it unsafe to add people; nothing was written.",
            hint="Add them by hand, or import into another file with --into.",
        )
    return after, outcomes


def new_roster(path: Path, people: Sequence[NewPerson]) -> bytes:
    """Returns the content of a roster without people, with columns for these."""
    suffix = path.suffix.casefold()
    if suffix == ".csv":
        used = {name for person in people for name in person.attributes}
        others = [name for name in SOURCE_ATTRIBUTES if name in used]
        return (",".join([*COLUMNS[:-1], *others, GROUPS]) + "\n").encode()
    return b'{\n  "people": []\n}\n' if suffix == ".json" else b"people:\n"


@dataclass(frozen=True, slots=True)
class _Stored:
    """Holds one person as the file will hold them."""

    values: dict[str, str]
    active: bool

    def as_person(self) -> Person:
        return Person(match_key(self.values[USERNAME]), self.values, self.active)


def _joined(before: DirectorySnapshot, columns: Collection[str | None], group: str | None, path: Path) -> str | None:
    """Returns the group's name in the roster's spelling."""
    if group is None:
        return None
    if GROUPS not in columns:
        raise UsageError(
            f"{path.name} has no column 'groups', so no one can be put into {group!r}.",
            hint="Add the column to its first line, or leave --group out.",
        )
    if not before.people and not before.groups:  # an empty roster: its first group is new, too
        if ";" in group or not group.strip():
            raise UsageError(f"{group!r} can't be the name of a group.", hint="Choose one without a semicolon.")
        return group.strip()
    return group_to_join(before, group).name


def _judged(
    before: DirectorySnapshot, people: Sequence[NewPerson], columns: Collection[str | None]
) -> tuple[list[Added], list[_Stored]]:
    ids = {match_key(person.user_name): person.external_id for person in before.people}
    taken = set(ids.values())
    outcomes: list[Added] = []
    stored: list[_Stored] = []
    for person in people:
        key, account = match_key(person.user_name), person.account
        values, unstored = _storable(person, columns)
        if key in ids:
            outcomes.append(Added(account, "present", ids[key]))
        elif reason := _refusal(person, key in taken, columns):
            outcomes.append(Added(account, "failed", None, reason))
        else:
            ids[key] = key
            stored.append(_Stored(values, person.active))
            left_out = f"Left empty, because the roster can't hold it: {', '.join(unstored)}." if unstored else None
            outcomes.append(Added(account, "added", key, left_out, values))
    return outcomes, stored


def _refusal(person: NewPerson, id_taken: bool, columns: Collection[str | None]) -> str | None:  # noqa: FBT001
    values = person.attributes.values()
    if not match_key(person.user_name):
        return "The userName is empty."
    if trouble := unseen(person.user_name.strip()):
        return f"The userName {trouble}, so it can't be in a roster."
    if id_taken:
        return "In the roster, this userName is the id of another person."
    if not person.active and ACTIVE not in columns:
        return "The account is inactive, but the roster has no column 'active'."
    if any(len(value) > _LONGEST for value in values):
        return f"A value is longer than {_LONGEST:,} characters."
    if any("\ud800" <= char <= "\udfff" for value in values for char in value):
        return "A value contains half a character (a lone surrogate), which can't be stored in a file."
    if any("\0" in value for value in values):
        return "A value contains a NUL character, which can't be stored in a roster."
    return None


def _storable(person: NewPerson, columns: Collection[str | None]) -> tuple[dict[str, str], list[str]]:
    """Returns the values that the file can hold exactly, and the names of the others."""
    values = {USERNAME: person.user_name.strip()}
    unstored: list[str] = []
    for name, value in person.attributes.items():
        if name == USERNAME or not value:
            continue
        fits = name in columns and name not in (ID, ACTIVE, GROUPS) and value == value.strip()
        if fits:
            values[name] = value
        else:
            unstored.append(name)
    return values, unstored


def _longer(text: str, path: Path, stored: Sequence[_Stored], group: str | None) -> str:
    if path.suffix.casefold() == ".csv":
        return with_rows(text, [dict(_row(person, group)) for person in stored])
    joined: Entry = {} if group is None else {GROUPS: (group,)}
    entries: list[Entry] = [{**dict(_row(person, None)), **joined} for person in stored]
    return with_entries(text, entries, json=path.suffix.casefold() == ".json")


def _row(person: _Stored, group: str | None) -> Iterator[tuple[str, str]]:
    yield from person.values.items()
    if not person.active:
        yield ACTIVE, "false"
    if group is not None:
        yield GROUPS, group


def _reads_back(
    before: DirectorySnapshot, after: bytes, path: Path, stored: Sequence[_Stored], group: str | None
) -> bool:
    """Reports whether the new content holds everything that the old one held, and exactly the new people."""
    try:
        found = parse_roster(after, path)
    except DirectoryError:
        return False
    new = tuple(person.as_person() for person in stored)
    joiners = frozenset(person.external_id for person in new)
    wanted = {entry.external_id: entry for entry in before.groups or ()}
    groups = {entry.external_id: entry for entry in found.groups or ()}
    if group is not None:
        key = next((entry.external_id for entry in groups.values() if entry.name == group), "")
        joined = wanted.get(key, DirectoryGroup(key, group, frozenset()))
        wanted[key] = replace(joined, member_ids=joined.member_ids | joiners)
    return found.people == (*before.people, *new) and groups == wanted
