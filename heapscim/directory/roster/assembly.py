"""Turns a roster's content into a snapshot: rows become people and groups, and problems are collected."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from heapscim.directory.roster.checks import Checks
from heapscim.directory.roster.headers import ACTIVE, GROUPS, ID
from heapscim.directory.roster.read_csv import read_csv
from heapscim.directory.roster.reading import DEFAULT, Reading
from heapscim.directory.roster.rows import GroupRow, Place, Problems, Row, Rows
from heapscim.directory.roster.text import form_of, text_of
from heapscim.directory.roster.values import distinct, truth
from heapscim.errors import RosterInvalid
from heapscim.model.attribute_mapping import values_by
from heapscim.model.completeness import Completeness
from heapscim.model.directory import USERNAME, DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.phrases import counted
from heapscim.model.state import USER_NAME, match_key

_MOST_NAMED = 8
"""How many columns a hint names; of more, it leaves all unknown ones unread."""
_NOT_ATTRIBUTES = frozenset({ID, ACTIVE})
_MOST_COMMON = 10_000
_HINT = "`heapscim help rosters` describes the format."


def parse_roster(content: bytes, path: Path, reading: Reading = DEFAULT) -> DirectorySnapshot:
    """Reads a roster's content; raises DirectoryError, or RosterInvalid with every problem in it."""
    source = text_of(content, path, reading.encoding)
    form = form_of(path, source.text)
    problems = Problems(path.name)
    if form == "csv":
        rows = read_csv(source, problems, reading)
    else:
        from heapscim.directory.roster.read_document import read_document

        rows = read_document(source, problems, reading.headers, json=form == "json")
    whole = form == "json" or source.ends_with_line_break
    snapshot = _Assembly(rows, problems, reading).snapshot(_completeness(path.name, whole=whole))
    if problems.found:
        told = problems.notices()
        count = counted(len(problems.found), "problem") + (f" and {counted(len(told), 'notice')}" if told else "")
        raise RosterInvalid(
            f"{path.name} has {count}.",
            problems=(*problems.lines(), *told),
            hint=problems.hint or _hint(problems),
        )
    return snapshot


def _hint(problems: Problems) -> str:
    """Returns how to leave columns unread, if some are not wanted, or else where the format is described."""
    if not problems.unwanted:
        return _HINT
    names = distinct(problems.unwanted)
    setting = f"roster.ignore={json.dumps(names if len(names) <= _MOST_NAMED else ['*'], ensure_ascii=False)}"
    return f"To leave columns unread: `heapscim activate --set {shlex.quote(setting)}`. {_HINT}"


def _completeness(name: str, *, whole: bool) -> Completeness:
    """Reports whether the file is whole: JSON ends with a bracket, CSV and YAML with a line break."""
    if whole:
        return Completeness(proven=True, evidence=f"{name} was read to its end.")
    evidence = f"{name} doesn't end with a line break, so it may have been cut off; end its last line if it is whole."
    return Completeness(proven=False, evidence=evidence)


class _Entry(NamedTuple):
    """Holds a person with what later rows are held against."""

    person: Person
    at: Callable[[str], Place]
    has_groups: bool


class _Assembly:
    """Puts rows together into people and groups, one row after the other, and collects problems."""

    def __init__(self, rows: Rows, problems: Problems, reading: Reading) -> None:
        self._rows = rows
        self._problems = problems
        self._needed, self._only_username = reading.needed, reading.only_username
        self._user_name = values_by(reading.mapping[USER_NAME])
        self._common: dict[str, str] = {}
        """One copy of each value of the first people: many have the same role or the same first name."""
        self._by_id: dict[str, _Entry] = {}
        self._by_name: dict[str, _Entry] = {}
        self._checks = Checks(problems)
        self._listed = self._listed_groups(rows.groups or ())
        self._mentioned: defaultdict[str, set[str]] = defaultdict(set)
        """Match key of a group → external ids of the people whose rows name it."""
        self._keys: dict[str, str] = {}
        """Each spelling of a mentioned group → its match key."""
        self._places: dict[str, Callable[[], Place]] = {}
        """The first spelling of each mentioned group → where it stands."""

    def snapshot(self, completeness: Completeness) -> DirectorySnapshot:
        people = tuple(person for row in self._rows.people if (person := self._person(row)) is not None)
        self._checks.addresses()
        self._checks.looks("userName", self._user_name_of)
        groups = self._groups()
        unread = ", ".join(name for name in self._rows.unread if name.strip())
        notices = (f"{self._problems.file}: not read, because Heap has no use for it: {unread}.",) if unread else ()
        return DirectorySnapshot(
            source=self._problems.file,
            people=people,
            groups=groups,
            completeness=completeness,
            lists_groups=self._rows.groups is not None,
            notices=(*notices, *self._problems.notices()),
        )

    def _person(self, row: Row) -> Person | None:
        """Returns the person of a row; None if it has no userName, or is another membership of an earlier person."""
        values = row.values
        common = self._common
        attributes = {
            it: common.get(value, value) for it, value in values.items() if value and it not in _NOT_ATTRIBUTES
        }
        if len(common) < _MOST_COMMON:
            common.update(zip(attributes.values(), attributes.values(), strict=True))
        wanted = self._user_name(attributes)
        source = USERNAME if self._only_username else next((it for it in self._needed if it in values), USERNAME)
        if not wanted:
            self._add(row, source, "the userName is empty")
            self._mention(row, None)
            return None
        values[USERNAME] = name = attributes.setdefault(USERNAME, wanted)
        key = match_key(wanted)
        own = key if name == wanted else match_key(name)
        active = truth(values[ACTIVE]) if ACTIVE in values else True
        person = Person(values.get(ID) or own, attributes, active is not False)
        by_name, by_id = self._by_name, self._by_id
        earlier = by_name.get(own) or (own != key and by_name.get(key)) or by_id.get(person.external_id)
        if earlier is not None and self._is_another_membership(row, person, earlier):
            self._mention(row, person)
            return None
        self._checks.values(row)
        self._checks.user_name(wanted, row, source)
        if earlier is not None:
            self._note_twice(row, {USERNAME: own, source: key}, earlier)
        if active is None:
            self._add(row, ACTIVE, f"active is {values[ACTIVE]!r}; write true or false")
        entry = _Entry(person, row.at, bool(row.groups))
        by_name.setdefault(own, entry)
        by_name.setdefault(key, entry)
        by_id.setdefault(person.external_id, entry)
        self._mention(row, person)
        return person

    def _is_another_membership(self, row: Row, person: Person, earlier: _Entry) -> bool:
        """Reports whether a row differs from that of an earlier person only by its groups; then both are one person."""
        if person != earlier.person or not row.groups or not earlier.has_groups:
            return False
        if any(person.external_id in self._mentioned.get(match_key(name), ()) for name in row.groups):
            return False
        what = f"{person.user_name} is in line {earlier.at('').line} with another group; read as one person"
        self._problems.tell("one row for each membership", partial(row.at, ""), what)
        return True

    def _note_twice(self, row: Row, keys: Mapping[str, str], earlier: _Entry) -> None:
        """Notes that an earlier row has the same userName, or else the same id."""
        for column, key in keys.items():
            if first := self._by_name.get(key):
                line = first.at(column).line
                self._add(row, column, f"userName {row.values[column]!r} is already in line {line}{self._advice(row)}")
                return
        self._add(row, ID, f"id {earlier.person.external_id!r} is already in line {earlier.at(ID).line}")

    def _advice(self, row: Row) -> str:
        """Returns how to write someone who is in several groups, if the file has groups."""
        if not row.groups:
            return ""
        return "; if this is another membership, all else must be the same, or write the groups into one row: a;b"

    def _user_name_of(self, key: str) -> str | None:
        entry = self._by_name.get(key)
        return None if entry is None else entry.person.user_name

    def _mention(self, row: Row, person: Person | None) -> None:
        """Notes the groups that a row names, and checks the name of each one when it comes first."""
        for name in row.groups or ():
            key = self._keys.get(name)
            if key is None:
                key = self._keys[name] = match_key(name)
                if key not in self._mentioned:
                    self._places[name] = partial(row.at, GROUPS)
                    self._checks.group(name, self._places[name])
            members = self._mentioned[key]
            if person is not None:
                members.add(person.external_id)
            if self._rows.groups is not None and key not in self._listed:
                self._add(row, GROUPS, f"group {name!r} is not in the list of groups")

    def _groups(self) -> tuple[DirectoryGroup, ...] | None:
        if self._rows.groups is None and not self._rows.mentions_groups:
            return None
        if self._rows.from_cells:
            self._checks.commas(self._places)
        self._checks.looks("group", lambda _: None)  # every group's name was compared
        listed = (
            DirectoryGroup(
                group.id or key, group.name, frozenset(self._members(group) | self._mentioned[key]), group.bound
            )
            for key, group in self._listed.items()
        )
        spelling = {self._keys[name]: name for name in self._places}
        named = ((key, name) for key, name in spelling.items() if key not in self._listed)
        return (
            *listed,
            *(DirectoryGroup(key, name, frozenset(self._mentioned.pop(key))) for key, name in named),
        )

    def _listed_groups(self, groups: tuple[GroupRow, ...]) -> dict[str, GroupRow]:
        listed: dict[str, GroupRow] = {}
        ids: dict[str, GroupRow] = {}
        for group in groups:
            key, id = match_key(group.name), group.id or match_key(group.name)
            self._checks.group(group.name, partial(group.find, group.at))
            if key in listed:
                first = listed[key].place.line
                self._problems.add(group.place, f"group {group.name!r} is already in line {first}")
            elif id in ids:
                first = ids[id].place.line
                self._problems.add(group.place, f"group id {id!r} is already in line {first}")
            listed.setdefault(key, group)
            ids.setdefault(id, group)
        return listed

    def _members(self, group: GroupRow) -> set[str]:
        members: set[str] = set()
        for name, at in group.members:
            entry = self._by_name.get(match_key(name))
            by_name = None if entry is None else entry.person.external_id
            by_id = name if name in self._by_id else None
            if by_name is None and by_id is None:
                message = f"member {name!r} of group {group.name!r} is not in the list of people"
                self._problems.add(group.find(at), message)
            elif by_name and by_id and by_name != by_id:
                message = f"member {name!r} of group {group.name!r} is one person's userName and another's id"
                self._problems.add(group.find(at), message)
            else:
                members.add(by_name or by_id or "")
        return members

    def _add(self, row: Row, column: str, message: str) -> None:
        self._problems.add(row.at(column), message)
