"""Notes beside a link: what a tenant made of what was asked for, where it keeps or shows it otherwise.

They stand in the ``sent`` column, under keys that no attribute path can be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heapscim.model.changes import Change, CreateGroup, CreateUser, RemoveMembers, asked, is_about_a_user
from heapscim.model.state import Link

_KEPT = "kept "
"""Before an attribute path: what was asked for, and what the tenant keeps."""
_MEMBER = "member "
"""Before the Heap id of a member who was sent and isn't shown."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What an outcome says of a tenant's ways."""

    kept: Mapping[str, str] = field(default_factory=dict)
    """Attribute path → value, for what it keeps otherwise than it was asked for."""
    unseen: tuple[str, ...] = ()
    """Heap ids of members who joined or left without the tenant showing it."""


NO_NOTES = Notes()


def note_statements(
    change: Change, notes: Notes, *, id: str | None, done: bool
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Writes an outcome's notes beside the link of its resource. What a failed update left is no answer to it."""
    values = asked(change) if done or isinstance(change, CreateUser | CreateGroup) else {}
    noted: dict[str, object] = {
        _KEPT + path: [values[path], kept] for path, kept in notes.kept.items() if path in values
    }
    noted |= {_MEMBER + member: None if isinstance(change, RemoveMembers) else True for member in notes.unseen}
    if noted:
        type = "user" if is_about_a_user(change) else "group"
        statement = "UPDATE links SET sent = json_patch(sent, ?) WHERE type = ? AND id = ?"
        yield statement, (json.dumps(noted), type, id or getattr(change, "id", None))


def with_notes(link: Link) -> Link:
    """A link as its row holds it, with the notes in their places."""
    noted = {key: value for key, value in link.sent.items() if " " in key}
    if not noted:
        return link
    return replace(
        link,
        sent={key: value for key, value in link.sent.items() if key not in noted},
        kept={
            key.removeprefix(_KEPT): (str(value[0]), str(value[1]))
            for key, value in noted.items()
            if key.startswith(_KEPT)
        },
        unseen=frozenset(key.removeprefix(_MEMBER) for key in noted if key.startswith(_MEMBER)),
    )
