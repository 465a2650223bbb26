"""Writes a whole roster: every person and group of a snapshot, sorted, one person a row or a block.

Equal snapshots make equal bytes, and a change of one person changes the lines of that person alone. What the form can't
hold exactly is left out and said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heapscim.directory.roster.headers import ACTIVE, GROUPS, ID, SOURCE_ATTRIBUTES
from heapscim.directory.roster.reading import Reading
from heapscim.directory.roster.text import TABBED, Form, form_of
from heapscim.directory.roster.values import look, odd_space, unseen, unstorable
from heapscim.directory.roster.write_csv import with_rows
from heapscim.directory.roster.write_document import Entry, scalar
from heapscim.model.attribute_mapping import source_attributes
from heapscim.model.directory import (
    FIRSTNAME,
    LASTNAME,
    ROLE,
    USERNAME,
    DirectoryGroup,
    DirectorySnapshot,
    Person,
)
from heapscim.model.spreadsheets import guarded
from heapscim.model.state import match_key

_NAMED = (USERNAME, FIRSTNAME, LASTNAME, ROLE)
_MARK = b"\xef\xbb\xbf"


def content_of(snapshot: DirectorySnapshot, path: Path, reading: Reading) -> tuple[bytes, tuple[str, ...]]:
    """Returns the content of a file that holds the snapshot, and whom and what it can't hold."""
    form = form_of(path)
    kept = _Kept(form, reading)
    groups = tuple(kept.groups(sorted(snapshot.groups or (), key=_by_name)))
    entries = tuple(kept.people(sorted(snapshot.people, key=_by_user_name), groups))
    said = None if snapshot.groups is None else groups
    if form == "csv":
        text = _as_csv(entries, path, reading, has_groups=said is not None)
        marked = not text.isascii()  # by the mark, a spreadsheet knows that it is UTF-8
    else:
        text = _as_json(entries, said) if form == "json" else _as_yaml(entries, said)
        marked = reading.encoding is not None  # it overrules the encoding in which the profile reads rosters
    return (_MARK if marked else b"") + text.encode(), tuple(kept.left_out)


def _by_user_name(person: Person) -> tuple[str, str]:
    return match_key(person.user_name), person.external_id


def _by_name(group: DirectoryGroup) -> tuple[str, str]:
    return match_key(group.name), group.external_id


@dataclass
class _Kept:
    """Decides what a form of roster can hold, and collects what it can't."""

    form: Form
    reading: Reading
    left_out: list[str] = field(default_factory=list)

    def groups(self, groups: Iterable[DirectoryGroup]) -> Iterator[DirectoryGroup]:
        """Yields the groups that a file of this form can hold."""
        every = tuple(groups)
        keys, looks = {match_key(group.name) for group in every}, dict[str, str]()
        for group in every:
            why = self._against_group(group.name, keys)
            if why is None and (other := looks.setdefault(look(group.name), group.name)) != group.name:
                why = f"Its name looks the same as {other!r}."
            if why is None:
                yield group
            else:
                self.left_out.append(f"Group {group.name!r} is left out. {why}")

    def _against_group(self, name: str, keys: set[str]) -> str | None:
        if not name or name != name.strip():
            return "Its name begins or ends with a space." if name else "It has no name."
        if trouble := unseen(name):
            return f"The name {trouble}."
        parts = [match_key(part) for part in name.split(",")]
        if self.form == "csv" and (";" in name or (len(parts) > 1 and not keys.isdisjoint(parts))):
            return "A cell can't hold such a name: use YAML or JSON."
        return unstorable(GROUPS, name)

    def people(self, people: Iterable[Person], groups: tuple[DirectoryGroup, ...]) -> Iterator[Entry]:
        """Yields each person that a file can hold, by canonical column."""
        held_by: dict[str, list[str]] = {}
        for group in groups:
            for member in group.member_ids:
                held_by.setdefault(member, []).append(group.name)
        looks: dict[str, str] = {}
        for person in people:
            name = person.user_name
            why = self._against_person(name)
            if why is None and (other := looks.setdefault(look(name), name)) != name:
                why = f"The userName looks the same as {other!r}."
            if why is not None:
                self.left_out.append(f"{name!r} is left out. {why}")
                continue
            entry: dict[str, str | tuple[str, ...]] = dict(self._values(person))
            if not person.active:
                entry[ACTIVE] = "false"
            if names := held_by.get(person.external_id):
                entry[GROUPS] = tuple(names)
            yield entry

    def _against_person(self, name: str) -> str | None:
        if not name.strip():
            return "The userName is empty."
        if trouble := unseen(name):
            return f"The userName {trouble}."
        if space := odd_space(name):
            return f"The userName contains the space {space}."
        return unstorable(USERNAME, name)

    def _values(self, person: Person) -> Iterator[tuple[str, str]]:
        columns = (*_NAMED, *SOURCE_ATTRIBUTES)
        if unstorable(ID, person.external_id) is None and person.external_id == person.external_id.strip():
            yield ID, person.external_id
        for column in columns:
            value = person.attributes.get(column, "")
            why = unstorable(column, value) if value else None
            if value != value.strip():
                why = "It begins or ends with a space."
            if why is not None:
                self.left_out.append(f"{person.user_name}: {column} is left empty. {why}")
            elif value:
                yield column, value


def _as_csv(entries: Iterable[Entry], path: Path, reading: Reading, *, has_groups: bool) -> str:
    used = tuple(source_attributes(reading.mapping))
    others = (name for name in SOURCE_ATTRIBUTES if name in used)
    separator = "\t" if path.suffix.casefold() in TABBED else ","
    head = separator.join([ID, *_NAMED, *others, ACTIVE, *([GROUPS] if has_groups else [])]) + "\n"
    rows = [
        {column: value if isinstance(value, str) else ";".join(value) for column, value in entry.items()}
        for entry in entries
    ]
    # A spreadsheet must not run a cell as a formula; the reader takes the guard off again.
    return with_rows(head, rows, reading.headers, guarded)


def _as_yaml(entries: tuple[Entry, ...], groups: tuple[DirectoryGroup, ...] | None) -> str:
    lines = ["people:" if entries else "people: []"]
    for entry in entries:
        pairs = [f"{column}: {_yaml(column, value)}" for column, value in entry.items()]
        lines += [f"{'  - ' if at == 0 else '    '}{pair}" for at, pair in enumerate(pairs)]
    if groups is not None:
        lines.append("groups:" if groups else "groups: []")
    for group in groups or ():
        lines += [f"  - id: {scalar(group.external_id)}", f"    name: {scalar(group.name)}"]
    return "\n".join(lines) + "\n"


def _yaml(column: str, value: str | tuple[str, ...]) -> str:
    if not isinstance(value, str):
        return f"[{', '.join(map(scalar, value))}]"
    return value if column == ACTIVE else scalar(value)


def _as_json(entries: tuple[Entry, ...], groups: tuple[DirectoryGroup, ...] | None) -> str:
    people: list[Mapping[str, object]] = [
        {column: False if column == ACTIVE else value for column, value in entry.items()} for entry in entries
    ]
    document: dict[str, object] = {"people": people}
    if groups is not None:
        document["groups"] = [{ID: group.external_id, "name": group.name} for group in groups]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
