"""Adds people to a roster's content, and proves that the result reads back as it must before anybody writes it.

Whoever can't be stored as they are is left out and said so; what was there before stays byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heapscim.directory.protocol import group_to_join
from heapscim.directory.roster.assembly import parse_roster
from heapscim.directory.roster.rows import ACTIVE, COLUMNS, GROUPS, ID, SOURCE_ATTRIBUTES, unseen
from heapscim.directory.roster.write_csv import columns_of, with_rows
from heapscim.directory.roster.write_document import with_entries
from heapscim.errors import DirectoryError, UsageError
from heapscim.model.directory import USERNAME, Added, DirectoryGroup, DirectorySnapshot, NewPerson, Person
from heapscim.model.state import match_key

_BOM = b"\xef\xbb\xbf"
_LONGEST = 100_000
"""Most characters of one value: far above any name, far below what a reader refuses."""


def with_people(
    content: bytes, path: Path, people: Sequence[NewPerson], group: str | None
) -> tuple[bytes, Sequence[Added]]:
    """The content with more people in it, and what became of each of them, in their order.

    Raises UsageError where no bound group has the name or people's groups can't be stored, before anything is made.
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
            f"{path.name} is written in a way that people can't be added to safely; nothing was written.",
            hint="Add them by hand, or import into another file with --into.",
        )
    return after, outcomes


def new_roster(path: Path, people: Sequence[NewPerson]) -> bytes:
    """The content of a roster without people, with room for these."""
    suffix = path.suffix.casefold()
    if suffix == ".csv":
        used = {name for person in people for name in person.attributes}
        others = [name for name in SOURCE_ATTRIBUTES if name in used]
        return (",".join([*COLUMNS[:-1], *others, GROUPS]) + "\n").encode()
    return b'{\n  "people": []\n}\n' if suffix == ".json" else b"people:\n"


@dataclass(frozen=True, slots=True)
class _Stored:
    """One person as the file will hold them."""

    values: dict[str, str]
    active: bool

    def as_person(self) -> Person:
        return Person(match_key(self.values[USERNAME]), self.values, self.active)


def _joined(before: DirectorySnapshot, columns: Collection[str | None], group: str | None, path: Path) -> str | None:
    """The group's name as the roster spells it."""
    if group is None:
        return None
    if GROUPS not in columns:
        raise UsageError(
            f"{path.name} has no column 'groups', so nobody can be put into {group!r}.",
            hint="Add the column to its first line, or leave --group out.",
        )
    if not before.people and not before.groups:  # a roster that begins with these people: their group begins, too
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
        key = match_key(person.user_name)
        values, unstored = _storable(person, columns)
        if key in ids:
            outcomes.append(Added(person.user_name, "present", ids[key]))
        elif reason := _refusal(person, key in taken, columns):
            outcomes.append(Added(person.user_name, "failed", None, reason))
        else:
            ids[key] = key
            stored.append(_Stored(values, person.active))
            outcomes.append(Added(person.user_name, "added", key, _left_out(unstored), values))
    return outcomes, stored


def _refusal(person: NewPerson, id_taken: bool, columns: Collection[str | None]) -> str | None:  # noqa: FBT001
    values = person.attributes.values()
    if not match_key(person.user_name):
        return "The userName is empty."
    if trouble := unseen(person.user_name.strip()):
        return f"The userName {trouble}: no roster takes it."
    if id_taken:
        return "The roster has this userName as the id of somebody else."
    if not person.active and ACTIVE not in columns:
        return "The account is inactive, and the roster has no column 'active' to say so."
    if any(len(value) > _LONGEST for value in values):
        return f"A value is longer than {_LONGEST:,} characters."
    if any("\ud800" <= char <= "\udfff" for value in values for char in value):
        return "A value holds half a character (a lone surrogate), which no file can."
    if any("\0" in value for value in values):
        return "A value holds a NUL character, which no roster can."
    return None


def _storable(person: NewPerson, columns: Collection[str | None]) -> tuple[dict[str, str], list[str]]:
    """The values that the file can hold exactly, and the names of the others."""
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


def _left_out(unstored: Sequence[str]) -> str | None:
    return f"Left empty, since the roster can't hold it: {', '.join(unstored)}." if unstored else None


def _longer(text: str, path: Path, stored: Sequence[_Stored], group: str | None) -> str:
    if path.suffix.casefold() == ".csv":
        return with_rows(text, [dict(_row(person, group)) for person in stored])
    return with_entries(text, [_entry(person, group) for person in stored], json=path.suffix.casefold() == ".json")


def _row(person: _Stored, group: str | None) -> Iterator[tuple[str, str]]:
    yield from person.values.items()
    if not person.active:
        yield ACTIVE, "false"
    if group is not None:
        yield GROUPS, group


def _entry(person: _Stored, group: str | None) -> dict[str, str | tuple[str, ...]]:
    entry: dict[str, str | tuple[str, ...]] = dict(_row(person, None))
    return entry if group is None else entry | {GROUPS: (group,)}


def _reads_back(
    before: DirectorySnapshot, after: bytes, path: Path, stored: Sequence[_Stored], group: str | None
) -> bool:
    """Whether the new content holds the same as the old one, and the new people exactly."""
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
