"""Reads a directory as a command does, and names what a snapshot holds."""

import asyncio

from heapscim.directory.protocol import Directory
from heapscim.model.directory import DirectoryGroup, DirectorySnapshot, Person


def unheard(_read: int, _of: int | None) -> None:
    """Takes the progress of a read and shows it to nobody."""


def read(directory: Directory) -> DirectorySnapshot:
    return asyncio.run(directory.read(unheard))


def name_of(person: Person) -> str:
    """Returns the e-mail address of a person in a directory with usernames of its own, or else the username."""
    return person.attributes.get("email", person.user_name)


def person_of(snapshot: DirectorySnapshot, name: str) -> Person:
    (person,) = (person for person in snapshot.people if name_of(person) == name)
    return person


def group_named(snapshot: DirectorySnapshot, name: str) -> DirectoryGroup:
    (group,) = (group for group in snapshot.groups or () if group.name == name)
    return group


def members_of(snapshot: DirectorySnapshot, group: str) -> set[str]:
    """The names of a group's members."""
    names = {person.external_id: name_of(person) for person in snapshot.people}
    return {names[id] for id in group_named(snapshot, group).member_ids}
