"""Adds people to a roster's content, and proves that the result reads back correctly before it is written.

People who can't be stored exactly are left out and reported. What was there before stays byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heapscim.directory.protocol import group_to_join
from heapscim.directory.roster.assembly import parse_roster
from heapscim.directory.roster.headers import ACTIVE, COLUMNS, GROUPS, ID, SOURCE_ATTRIBUTES
from heapscim.directory.roster.reading import DEFAULT, Reading
from heapscim.directory.roster.text import TABBED, RosterText, form_of, text_of
from heapscim.directory.roster.values import look, odd_space, unseen, unstorable
from heapscim.directory.roster.write_csv import columns_of, with_rows
from heapscim.directory.roster.write_document import Entry, with_entries
from heapscim.errors import DirectoryError, UsageError
from heapscim.model.directory import EMAIL, USERNAME, Added, DirectoryGroup, DirectorySnapshot, NewPerson, Person
from heapscim.model.spreadsheets import runs_as_formula
from heapscim.model.state import match_key


def with_people(
    content: bytes, path: Path, people: Sequence[NewPerson], group: str | None, reading: Reading = DEFAULT
) -> tuple[bytes, Sequence[Added]]:
    """Returns the content with more people in it, and the outcome of each person, in the same order.

    Raises UsageError, before anything else, if no bound group has the name or the roster can't store groups.
    """
    before = parse_roster(content, path, reading)
    source = text_of(content, path, reading.encoding)
    is_csv = form_of(path) == "csv"
    columns = columns_of(source.text, reading.headers) if is_csv else (*COLUMNS, *SOURCE_ATTRIBUTES)
    joined = _joined(before, columns, group, path)
    outcomes, stored = _judged(before, people, columns, source)
    if is_csv:
        outcomes = [_with_formulas(added) for added in outcomes]
    if not stored:
        return content, outcomes
    after = source.mark + _longer(source.text, path, stored, joined, reading).encode(source.encoding)
    if not _reads_back(before, _parsed(after, path, reading), stored, joined):
        raise DirectoryError(
            f"{path.name} is written in a way that makes it unsafe to add people; nothing was written.",
            hint="Add them by hand, or import into another file with --into.",
        )
    return after, outcomes


def new_roster(path: Path, people: Sequence[NewPerson]) -> bytes:
    """Returns the content of a roster without people, with columns for these."""
    form = form_of(path)
    if form == "csv":
        used = {name for person in people for name in person.attributes}
        others = [name for name in SOURCE_ATTRIBUTES if name in used]
        separator = "\t" if path.suffix.casefold() in TABBED else ","
        return (separator.join([*COLUMNS[:-1], *others, GROUPS]) + "\n").encode()
    return b'{\n  "people": []\n}\n' if form == "json" else b"people:\n"


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
    before: DirectorySnapshot, people: Sequence[NewPerson], columns: Collection[str | None], source: RosterText
) -> tuple[list[Added], list[_Stored]]:
    ids = {match_key(person.user_name): person.external_id for person in before.people}
    taken = set(ids.values())
    looks = {look(person.user_name): person.user_name for person in before.people}
    outcomes: list[Added] = []
    stored: list[_Stored] = []
    for person in people:
        key, account = match_key(person.user_name), person.account
        values, unstored = _storable(person, columns)
        if key in ids:
            outcomes.append(Added(account, "present", ids[key]))
        elif reason := _refusal(person, key in taken, columns) or _unwritable(values, source):
            outcomes.append(Added(account, "failed", None, reason))
        elif other := looks.get(look(person.user_name)):
            reason = f"The userName looks the same as {other!r} in the roster, and isn't."
            outcomes.append(Added(account, "failed", None, reason))
        else:
            ids[key] = key
            looks[look(person.user_name)] = person.user_name
            stored.append(_Stored(values, person.active))
            left_out = f"Left empty, because the roster can't hold it: {', '.join(unstored)}." if unstored else None
            outcomes.append(Added(account, "added", key, left_out, values))
    return outcomes, stored


def _refusal(person: NewPerson, id_taken: bool, columns: Collection[str | None]) -> str | None:  # noqa: FBT001
    if not match_key(person.user_name):
        return "The userName is empty."
    if trouble := unseen(person.user_name.strip()):
        return f"The userName {trouble}, so it can't be in a roster."
    if found := odd_space(person.user_name.strip()):
        return f"The userName contains the space {found}, so it can't be in a roster."
    if trouble := next(filter(None, (unstorable(*entry) for entry in person.attributes.items())), None):
        return trouble
    if id_taken:
        return "In the roster, this userName is the id of another person."
    if not person.active and ACTIVE not in columns:
        return "The account is inactive, but the roster has no column 'active'."
    return None


def _unwritable(values: Mapping[str, str], source: RosterText) -> str | None:
    try:
        "".join(values.values()).encode(source.encoding)
    except UnicodeEncodeError as error:
        return f"{error.object[error.start]!r} can't be written in the roster's encoding, {source.encoding}."
    return None


def _with_formulas(added: Added) -> Added:
    """Adds to the outcome which values a spreadsheet would run as a formula."""
    runs = [f"{name} {value!r}" for name, value in (added.holds or {}).items() if runs_as_formula(value)]
    if not runs:
        return added
    warning = f"A spreadsheet that opens the roster runs it as a formula: {', '.join(runs)}."
    return replace(added, message=" ".join(filter(None, (added.message, warning))))


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
    if USERNAME not in columns and EMAIL in columns:  # people sign in with the address in this file
        values.setdefault(EMAIL, values[USERNAME])
    return values, unstored


def _longer(text: str, path: Path, stored: Sequence[_Stored], group: str | None, reading: Reading) -> str:
    if form_of(path) == "csv":
        return with_rows(text, [dict(_row(person, group)) for person in stored], reading.headers)
    joined: Entry = {} if group is None else {GROUPS: (group,)}
    entries: list[Entry] = [{**dict(_row(person, None)), **joined} for person in stored]
    return with_entries(text, entries, json=form_of(path) == "json")


def _row(person: _Stored, group: str | None) -> Iterator[tuple[str, str]]:
    yield from person.values.items()
    if not person.active:
        yield ACTIVE, "false"
    if group is not None:
        yield GROUPS, group


def _parsed(content: bytes, path: Path, reading: Reading) -> DirectorySnapshot | None:
    try:
        return parse_roster(content, path, reading)
    except DirectoryError:
        return None


def _reads_back(
    before: DirectorySnapshot, found: DirectorySnapshot | None, stored: Sequence[_Stored], group: str | None
) -> bool:
    """Reports whether the new content holds everything that the old one held, and exactly the new people."""
    if found is None:
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
