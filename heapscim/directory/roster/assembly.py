"""Turns a roster's content into a snapshot: rows become people and groups, and problems are collected."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from heapscim.directory.roster.read_csv import read_csv
from heapscim.directory.roster.read_document import read_document
from heapscim.directory.roster.rows import ACTIVE, GROUPS, ID, GroupRow, Problems, Row, Rows, truth, unseen
from heapscim.directory.roster.text import text_of
from heapscim.errors import RosterInvalid
from heapscim.model.completeness import Completeness
from heapscim.model.directory import USERNAME, DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.state import match_key

_RETYPE = "type it again by hand"
_HINT = "`heapscim help rosters` describes the format."


def parse_roster(content: bytes, path: Path) -> DirectorySnapshot:
    """Reads a roster's content; raises DirectoryError, or RosterInvalid with every problem in it."""
    source = text_of(content, path)
    problems = Problems(path.name)
    suffix = path.suffix.casefold()
    rows = read_csv(source, problems) if suffix == ".csv" else read_document(source, problems, json=suffix == ".json")
    whole = suffix == ".json" or source.ends_with_line_break
    snapshot = _Assembly(rows, problems).snapshot(_completeness(path.name, whole=whole))
    if problems.found:
        count = len(problems.found)
        noun = "1 problem" if count == 1 else f"{count} problems"
        raise RosterInvalid(f"{path.name} has {noun}.", problems=problems.lines(), hint=_HINT)
    return snapshot


def _completeness(name: str, *, whole: bool) -> Completeness:
    """Reports whether the file is whole: JSON ends with a bracket, CSV and YAML with a line break."""
    if whole:
        return Completeness(proven=True, evidence=f"{name} was read to its end.")
    evidence = f"{name} doesn't end with a line break, so it may have been cut off; end its last line if it is whole."
    return Completeness(proven=False, evidence=evidence)


class _Assembly:
    """Puts rows together into people and groups, and collects problems."""

    def __init__(self, rows: Rows, problems: Problems) -> None:
        self._rows = rows
        self._problems = problems
        self._by_name: dict[str, str] = {}
        self._rows_by_id: dict[str, Row] = {}
        self._rows_by_name: dict[str, Row] = {}

    def snapshot(self, completeness: Completeness) -> DirectorySnapshot:
        unread = ", ".join(self._rows.unread)
        return DirectorySnapshot(
            source=self._problems.file,
            people=tuple(person for row in self._rows.people if (person := self._person(row)) is not None),
            groups=self._groups(),
            completeness=completeness,
            lists_groups=self._rows.groups is not None,
            notices=(f"{self._problems.file}: not read, because Heap has no use for it: {unread}.",) if unread else (),
        )

    def _person(self, row: Row) -> Person | None:
        name = row.values.get(USERNAME, "")
        if not name:
            self._add(row, USERNAME, "the userName is empty")
            return None
        if trouble := unseen(name):
            self._add(row, USERNAME, f"userName {trouble}; {_RETYPE}")
        key = match_key(name)
        external_id = row.values.get(ID) or key
        if first := self._rows_by_name.get(key):
            self._add(row, USERNAME, f"userName {name!r} is already in line {first.at(USERNAME).line}")
        elif first := self._rows_by_id.get(external_id):
            self._add(row, ID, f"id {external_id!r} is already in line {first.at(ID).line}")
        self._rows_by_name.setdefault(key, row)
        self._rows_by_id.setdefault(external_id, row)
        self._by_name.setdefault(key, external_id)
        active = truth(row.values.get(ACTIVE, ""))
        if active is None:
            written = row.values[ACTIVE]
            self._add(row, ACTIVE, f"active is {written!r}; write true or false")
        attributes = {name: value for name, value in row.values.items() if value and name not in (ID, ACTIVE)}
        return Person(external_id, attributes, active is not False)

    def _groups(self) -> tuple[DirectoryGroup, ...] | None:
        if self._rows.groups is None and not self._rows.mentions_groups:
            return None
        listed = self._listed(self._rows.groups or ())
        mentioned = self._mentioned()
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
            if trouble := unseen(group.name):
                self._problems.add(group.place, f"group {trouble}; {_RETYPE}")
            if key in listed:
                first = listed[key].place.line
                self._problems.add(group.place, f"group {group.name!r} is already in line {first}")
            elif id in ids:
                first = ids[id].place.line
                self._problems.add(group.place, f"group id {id!r} is already in line {first}")
            listed.setdefault(key, group)
            ids.setdefault(id, group)
        return listed

    def _mentioned(self) -> dict[str, set[str]]:
        mentioned: defaultdict[str, set[str]] = defaultdict(set)
        self._spelling: dict[str, str] = {}
        for row in self._rows.people:
            external_id = self._by_name.get(match_key(row.values.get(USERNAME, "")))
            for name in row.groups or ():
                if match_key(name) not in self._spelling and (trouble := unseen(name)):
                    self._add(row, GROUPS, f"group {trouble}; {_RETYPE}")
                self._spelling.setdefault(match_key(name), name)
                if external_id is not None:
                    mentioned[match_key(name)].add(external_id)
        return mentioned

    def _check_mentions(self, listed: dict[str, GroupRow], mentioned: dict[str, set[str]]) -> None:
        unknown = {key for key in mentioned if key not in listed}
        for row in self._rows.people:
            for name in row.groups or ():
                if match_key(name) in unknown:
                    self._add(row, GROUPS, f"group {name!r} is not in the list of groups")

    def _members(self, group: GroupRow) -> set[str]:
        members: set[str] = set()
        for name, at in group.members:
            by_name = self._by_name.get(match_key(name))
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
