"""Makes a snapshot of a roster's content: rows become people and groups, and what doesn't fit is noted."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from heapscim.directory.roster_csv import read_csv
from heapscim.directory.roster_document import read_document
from heapscim.directory.roster_rows import ACTIVE, ID, GroupRow, Place, Problems, Row, Rows, truth
from heapscim.directory.snapshot import USERNAME, Completeness, DirectoryGroup, DirectorySnapshot, Person
from heapscim.errors import DirectoryError, RosterInvalid
from heapscim.provisioning.state import match_key

_HINT = "The roster format is described in docs/reference/roster.md."


def parse_roster(content: bytes, path: Path) -> DirectorySnapshot:
    """Reads what a roster file of that name holds; raises DirectoryError or RosterInvalid."""
    text = _text_of(content, path)
    problems = Problems(path.name)
    rows = read_csv(text, problems) if path.suffix.casefold() == ".csv" else read_document(text, problems)
    snapshot = _Assembly(path.name, rows, problems).snapshot()
    if problems.found:
        count = len(problems.found)
        noun = "1 problem" if count == 1 else f"{count} problems"
        raise RosterInvalid(f"{path.name} has {noun}.", problems=problems.lines(), hint=_HINT)
    return snapshot


def _text_of(raw: bytes, path: Path) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DirectoryError(f"{path} is UTF-16.", hint="Save it as UTF-8.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DirectoryError(f"{path.name}:{line}: this is not UTF-8.", hint="Save it as UTF-8.") from error


class _Assembly:
    """Puts rows together into people and groups, noting what doesn't fit."""

    def __init__(self, source: str, rows: Rows, problems: Problems) -> None:
        self._source = source
        self._rows = rows
        self._problems = problems
        self._by_name: dict[str, str] = {}
        self._by_id: dict[str, Place] = {}
        self._name_places: dict[str, Place] = {}

    def snapshot(self) -> DirectorySnapshot:
        people = tuple(person for row in self._rows.people if (person := self._person(row)) is not None)
        return DirectorySnapshot(
            source=self._source,
            people=people,
            groups=self._groups(),
            completeness=Completeness(proven=True, evidence=f"{len(people)} people read from {self._source}."),
            lists_groups=self._rows.groups is not None,
        )

    def _person(self, row: Row) -> Person | None:
        name = row.values.get(USERNAME, "")
        if not name:
            self._problems.add(row.at(USERNAME), "the userName is empty")
            return None
        key = match_key(name)
        external_id = row.values.get(ID) or key
        if first := self._name_places.get(key):
            self._problems.add(row.at(USERNAME), f"userName {name!r} stands in line {first.line} already")
        elif first := self._by_id.get(external_id):
            self._problems.add(row.at(ID), f"id {external_id!r} stands in line {first.line} already")
        self._name_places.setdefault(key, row.at(USERNAME))
        self._by_id.setdefault(external_id, row.at(ID))
        self._by_name.setdefault(key, external_id)
        active = truth(row.values.get(ACTIVE, ""))
        if active is None:
            written = row.values[ACTIVE]
            self._problems.add(row.at(ACTIVE), f"{written!r} is no truth value; write true or false")
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
        ids: dict[str, int] = {}
        for group in groups:
            key, id = match_key(group.name), group.id or match_key(group.name)
            if key in listed:
                first = listed[key].place.line
                self._problems.add(group.place, f"group {group.name!r} stands in line {first} already")
            elif id in ids:
                self._problems.add(group.place, f"group id {id!r} stands in line {ids[id]} already")
            listed.setdefault(key, group)
            ids.setdefault(id, group.place.line)
        return listed

    def _mentioned(self) -> dict[str, set[str]]:
        mentioned: defaultdict[str, set[str]] = defaultdict(set)
        self._spelling: dict[str, str] = {}
        for row in self._rows.people:
            external_id = self._by_name.get(match_key(row.values.get(USERNAME, "")))
            for name in row.groups or ():
                self._spelling.setdefault(match_key(name), name)
                if external_id is not None:
                    mentioned[match_key(name)].add(external_id)
        return mentioned

    def _check_mentions(self, listed: dict[str, GroupRow], mentioned: dict[str, set[str]]) -> None:
        unknown = {key for key in mentioned if key not in listed}
        for row in self._rows.people:
            for name in row.groups or ():
                if match_key(name) in unknown:
                    self._problems.add(row.place, f"group {name!r} is not in the list of groups")

    def _members(self, group: GroupRow) -> set[str]:
        members: set[str] = set()
        for name, place in group.members:
            external_id = self._by_name.get(match_key(name)) or (name if name in self._by_id else None)
            if external_id is None:
                self._problems.add(place, f"member {name!r} of group {group.name!r} is not in the list of people")
            else:
                members.add(external_id)
        return members
