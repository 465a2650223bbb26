"""Rosters on disk, and what reading them says."""

from pathlib import Path

from heapscim.directory.roster.roster import read_roster
from heapscim.errors import RosterInvalid
from heapscim.model.directory import DirectorySnapshot


def read(folder: Path, text: str | bytes, name: str = "people.csv") -> DirectorySnapshot:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_roster(path)


def problems(folder: Path, text: str | bytes, name: str = "people.csv") -> tuple[str, ...]:
    try:
        read(folder, text, name)
    except RosterInvalid as error:
        return error.problems
    raise AssertionError("nothing was found wrong")


def people(snapshot: DirectorySnapshot) -> dict[str, tuple[dict[str, str], bool]]:
    return {person.external_id: (dict(person.attributes), person.active) for person in snapshot.people}


def groups(snapshot: DirectorySnapshot) -> dict[str, tuple[str, set[str], bool]]:
    return {group.external_id: (group.name, set(group.member_ids), group.bound) for group in snapshot.groups or ()}
