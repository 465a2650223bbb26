"""Turns a roster's content into a snapshot: rows become people and groups, and problems are collected."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

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


class _Assembly:
    """Puts rows together into people and groups, and collects problems."""

    def __init__(self, rows: Rows, problems: Problems, reading: Reading) -> None:
        self._rows = rows
        self._problems = problems
        self._needed, self._only_username = reading.needed, reading.only_username
        self._user_name = values_by(reading.mapping[USER_NAME])
        self._rows_by_id: dict[str, Row] = {}
        self._rows_by_name: dict[str, Row] = {}
        self._checks = Checks(problems)
        self._people = self._merged()

    def snapshot(self, completeness: Completeness) -> DirectorySnapshot:
        unread = ", ".join(name for name in self._rows.unread if name.strip())
        found = [(row, self._person(row)) for row in self._people]
        people = tuple(person for _, person in found if person is not None)
        self._checks.addresses()
        self._checks.looks("userName", self._user_name_of)
        groups = self._groups(found)
        notices = (f"{self._problems.file}: not read, because Heap has no use for it: {unread}.",) if unread else ()
        return DirectorySnapshot(
            source=self._problems.file,
            people=people,
            groups=groups,
            completeness=completeness,
            lists_groups=self._rows.groups is not None,
            notices=(*notices, *self._problems.notices()),
        )

    def _merged(self) -> tuple[Row, ...]:
        """Returns one row for each person. Rows of one person in which only the group differs become one."""
        rows: dict[object, Row] = {}
        for row in self._rows.people:
            # Rows of one person have one userName, so that all their values are only compared where it comes twice.
            key: object = row.values.get(USERNAME) or tuple(row.values.items())
            first = rows.get(key)
            if first is not None and first.values != row.values:
                key = tuple(row.values.items())
                first = rows.get(key)
            if first is not None and row.groups and first.groups and not set(row.groups) & set(first.groups):
                what = f"{row.values.get(USERNAME) or 'this person'} is in line {first.at('').line} with another group"
                self._problems.tell("one row for each membership", partial(row.at, ""), f"{what}; read as one person")
                rows[key] = replace(first, groups=(*first.groups, *row.groups))
            else:
                rows[key if first is None else len(rows)] = row
        return tuple(rows.values())

    def _person(self, row: Row) -> Person | None:
        values = row.values
        attributes = {name: value for name, value in values.items() if value and name not in _NOT_ATTRIBUTES}
        wanted = self._user_name(attributes)
        source = USERNAME if self._only_username else next((it for it in self._needed if it in values), USERNAME)
        if not wanted:
            self._add(row, source, "the userName is empty")
            return None
        self._checks.values(row)
        self._checks.user_name(wanted, row, source)
        values[USERNAME] = name = attributes.setdefault(USERNAME, wanted)
        key = match_key(wanted)
        own = key if name == wanted else match_key(name)
        external_id = values.get(ID) or own
        if own in self._rows_by_name or key in self._rows_by_name or external_id in self._rows_by_id:
            self._note_twice(row, {USERNAME: own, source: key}, external_id)
        self._rows_by_name.setdefault(own, row)
        self._rows_by_name.setdefault(key, row)
        self._rows_by_id.setdefault(external_id, row)
        active = truth(values[ACTIVE]) if ACTIVE in values else True
        if active is None:
            self._add(row, ACTIVE, f"active is {values[ACTIVE]!r}; write true or false")
        return Person(external_id, attributes, active is not False)

    def _note_twice(self, row: Row, keys: Mapping[str, str], external_id: str) -> None:
        """Notes that an earlier row has the same userName, or else the same id."""
        for column, key in keys.items():
            if first := self._rows_by_name.get(key):
                line = first.at(column).line
                self._add(row, column, f"userName {row.values[column]!r} is already in line {line}{self._advice(row)}")
                return
        first = self._rows_by_id[external_id]
        self._add(row, ID, f"id {external_id!r} is already in line {first.at(ID).line}")

    def _advice(self, row: Row) -> str:
        """Returns how to write someone who is in several groups, if the file has groups."""
        if not row.groups:
            return ""
        return "; if this is another membership, all else must be the same, or write the groups into one row: a;b"

    def _user_name_of(self, key: str) -> str | None:
        row = self._rows_by_name.get(key)
        return None if row is None else row.values[USERNAME]

    def _groups(self, people: list[tuple[Row, Person | None]]) -> tuple[DirectoryGroup, ...] | None:
        if self._rows.groups is None and not self._rows.mentions_groups:
            return None
        listed = self._listed(self._rows.groups or ())
        mentioned = self._mentioned(people)
        self._checks.looks("group", lambda _: None)  # every group's name was compared
        if self._rows.groups is not None:
            self._check_mentions(listed, mentioned)
        return tuple(
            DirectoryGroup(
                group.id or key, group.name, frozenset(self._members(group) | mentioned.get(key, set())), group.bound
            )
            for key, group in listed.items()
        ) + tuple(
            DirectoryGroup(key, self._spelling[key], frozenset(members))
            for key, members in mentioned.items()
            if key not in listed
        )

    def _listed(self, groups: tuple[GroupRow, ...]) -> dict[str, GroupRow]:
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

    def _mentioned(self, people: list[tuple[Row, Person | None]]) -> dict[str, set[str]]:
        mentioned: defaultdict[str, set[str]] = defaultdict(set)
        self._spelling: dict[str, str] = {}
        places: dict[str, Callable[[], Place]] = {}
        keys: dict[str, str] = {}
        for row, person in people:
            for name in row.groups or ():
                key = keys.get(name)
                if key is None:
                    key = keys[name] = match_key(name)
                    if key not in self._spelling:
                        places[name] = partial(row.at, GROUPS)
                        self._checks.group(name, places[name])
                        self._spelling[key] = name
                if person is not None:
                    mentioned[key].add(person.external_id)
        if self._rows.from_cells:
            self._checks.commas(places)
        return mentioned

    def _check_mentions(self, listed: dict[str, GroupRow], mentioned: dict[str, set[str]]) -> None:
        unknown = {key for key in mentioned if key not in listed}
        for row in self._people:
            for name in row.groups or ():
                if match_key(name) in unknown:
                    self._add(row, GROUPS, f"group {name!r} is not in the list of groups")

    def _members(self, group: GroupRow) -> set[str]:
        members: set[str] = set()
        for name, at in group.members:
            row = self._rows_by_name.get(match_key(name))
            by_name = None if row is None else row.values.get(ID) or match_key(row.values[USERNAME])
            by_id = name if name in self._rows_by_id else None
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
