"""Composes a whole new roster of people and groups, and proves that it reads back as what was asked for.

The same people and groups always make the same text, sorted by name, so that versions of it compare well.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from heapscim.directory.protocol import Composed
from heapscim.directory.roster.assembly import parse_roster
from heapscim.directory.roster.headers import ACTIVE, COLUMNS, GROUPS, ID, SOURCE_ATTRIBUTES
from heapscim.directory.roster.reading import Reading
from heapscim.directory.roster.text import TABBED, form_of
from heapscim.directory.roster.write_csv import cell
from heapscim.directory.roster.write_document import scalar
from heapscim.errors import DirectoryError, RosterInvalid
from heapscim.model.directory import USERNAME, DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.state import match_key

_BETWEEN_GROUPS = ";"


def compose(
    path: Path, people: Sequence[Person], groups: Sequence[DirectoryGroup] | None, reading: Reading
) -> Composed:
    """Returns a roster in the form that the path's suffix names, without what it can't hold exactly.

    Raises DirectoryError if the rest doesn't read back as it was asked for.
    """
    reading = replace(reading, encoding=None)
    form = form_of(path)
    left_out: list[str] = []
    people = sorted(people, key=lambda person: (match_key(person.user_name), person.external_id))
    groups = None if groups is None else sorted(groups, key=lambda group: (match_key(group.name), group.external_id))
    if form == "csv":
        groups = _in_csv(groups, left_out)
    text, found = "", None
    with suppress(RosterInvalid):
        text, found = _written(path, people, groups, reading)
    if found is None or not _is_held(found, people, groups):
        people, groups = _storable(path, people, groups, reading, left_out)
        groups = _in_csv(groups, left_out) if form == "csv" else groups
        text, found = _written(path, people, groups, reading)
    if not _is_held(found, people, groups):
        raise DirectoryError(f"{path.name} would read back as something else; nothing was written.")
    return Composed(text, found, tuple(left_out))


def _written(
    path: Path, people: Sequence[Person], groups: Sequence[DirectoryGroup] | None, reading: Reading
) -> tuple[str, DirectorySnapshot]:
    """Returns the text of a roster, and how it reads; raises RosterInvalid."""
    form = form_of(path)
    text = _csv(path, people, groups) if form == "csv" else _document(people, groups, json_form=form == "json")
    return text, parse_roster(text.encode(), path, reading)


def _is_held(found: DirectorySnapshot, people: Sequence[Person], groups: Sequence[DirectoryGroup] | None) -> bool:
    read = {group.external_id: group for group in found.groups or ()}
    return found.people == tuple(people) and read == {group.external_id: group for group in groups or ()}


def _storable(
    path: Path,
    people: Sequence[Person],
    groups: Sequence[DirectoryGroup] | None,
    reading: Reading,
    left_out: list[str],
) -> tuple[Sequence[Person], Sequence[DirectoryGroup] | None]:
    """Returns what a roster holds exactly of each person and group, and says what is left out, and why."""
    kept: list[Person] = []
    for person in people:
        held = _held_of(path, person, reading)
        if isinstance(held, Person):
            kept.append(held)
            left_out += [f"{person.user_name}: {name}." for name in person.attributes.keys() - held.attributes.keys()]
        else:
            left_out.append(f"{person.user_name}: {held}.")
    if groups is None:
        return kept, None
    ids = {person.external_id for person in kept}
    named: list[DirectoryGroup] = []
    for group in groups:
        alone = Person("1", {USERNAME: "somebody@example.com"})
        try:
            _, found = _written(path, [alone], [replace(group, member_ids=frozenset(["1"]))], reading)
        except RosterInvalid as error:
            left_out.append(f"The group {group.name}: {_reason(error)}.")
            continue
        if [read.name for read in found.groups or ()] == [group.name]:
            named.append(replace(group, member_ids=group.member_ids & ids))
        else:
            left_out.append(f"The group {group.name}: its name would be read as another one.")
    return kept, named


def _held_of(path: Path, person: Person, reading: Reading) -> Person | str:
    """Returns the person with the values that a roster holds exactly, or why it can't hold that person."""
    try:
        _, found = _written(path, [person], None, reading)
    except RosterInvalid as error:
        return _reason(error)
    held = found.people[0]
    if (held.external_id, held.user_name) != (person.external_id, person.user_name):
        return "its name would be read as another one"
    exact = {name: text for name, text in person.attributes.items() if held.attributes.get(name) == text}
    return replace(person, attributes=exact)


def _reason(error: RosterInvalid) -> str:
    return error.problems[0].partition(": ")[2] if error.problems else error.message


def _in_csv(groups: Sequence[DirectoryGroup] | None, left_out: list[str]) -> Sequence[DirectoryGroup] | None:
    """Returns the groups as CSV holds them, whose name is their id, and says which it can't hold, and why."""
    if groups is None:
        return None
    held: list[DirectoryGroup] = []
    for group in groups:
        if _BETWEEN_GROUPS in group.name:
            left_out.append(f"The group {group.name}: in CSV, a semicolon parts two groups.")
        elif not group.member_ids:
            left_out.append(f"The group {group.name}: in CSV, a group without members has no row.")
        elif not group.bound:
            left_out.append(f"The group {group.name}: CSV can't say that a group isn't bound.")
        else:
            held.append(replace(group, external_id=match_key(group.name)))
    return held


def _entries(people: Sequence[Person]) -> Iterator[dict[str, str]]:
    for person in people:
        named = {name: person.attributes[name] for name in COLUMNS if name in person.attributes}
        others = {name: person.attributes[name] for name in SOURCE_ATTRIBUTES if name in person.attributes}
        yield {ID: person.external_id, **named, **({} if person.active else {ACTIVE: "false"}), **others}


def _csv(path: Path, people: Sequence[Person], groups: Sequence[DirectoryGroup] | None) -> str:
    entries = list(_entries(people))
    used = {name for entry in entries for name in entry}
    columns = [name for name in COLUMNS if name != GROUPS]
    columns += [GROUPS] * (groups is not None) + [name for name in SOURCE_ATTRIBUTES if name in used]
    of_person: dict[str, list[str]] = {}
    for group in groups or ():
        for id in group.member_ids:
            of_person.setdefault(id, []).append(group.name)
    text = io.StringIO()
    separator = "\t" if path.suffix.casefold() in TABBED else ","
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    for entry in entries:
        entry[GROUPS] = _BETWEEN_GROUPS.join(of_person.get(entry[ID], ()))
        writer.writerow([cell(entry.get(name, "")) for name in columns])
    return text.getvalue()


def _document(people: Sequence[Person], groups: Sequence[DirectoryGroup] | None, *, json_form: bool) -> str:
    names = {person.external_id: person.user_name for person in people}
    listed = [
        {
            ID: group.external_id,
            "name": group.name,
            **({} if group.bound else {"bound": False}),
            "members": sorted((names[id] for id in group.member_ids), key=match_key),
        }
        for group in groups or ()
    ]
    persons = [{name: False if name == ACTIVE else value for name, value in one.items()} for one in _entries(people)]
    if json_form:
        document = {"people": persons, **({} if groups is None else {"groups": listed})}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    lines = ["people:" if persons else "people: []", *_items(persons)]
    if groups is not None:
        lines += ["groups:" if listed else "groups: []", *_items(listed)]
    return "\n".join(lines) + "\n"


def _items(entries: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Yields the lines of a YAML list of mappings."""
    for entry in entries:
        sign = "  - "
        for name, value in entry.items():
            if isinstance(value, list):
                yield f"{sign}{name}:" if value else f"{sign}{name}: []"
                yield from (f"      - {scalar(text)}" for text in value)
            else:
                yield f"{sign}{name}: {'no' if value is False else scalar(str(value))}"
            sign = "    "
