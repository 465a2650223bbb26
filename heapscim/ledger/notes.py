"""Keeps notes beside a link: where a tenant keeps or shows something else than what was sent.

They are stored among what was sent to the resource, under keys that can't be attribute paths.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from heapscim.model.changes import Change, CreateGroup, CreateUser, RemoveMembers, asked
from heapscim.model.state import Link

_KEPT = "kept "
"""The prefix of an attribute path: its value is what was sent, and what the tenant keeps."""
_MEMBER = "member "
"""The prefix of the Heap id of a member who was sent and isn't shown."""


def note_patch(change: Change, kept: Mapping[str, str], unseen: Collection[str], *, done: bool) -> Mapping[str, object]:
    """Returns the notes of an outcome beside the link of its resource; None removes a note.

    A failed update says nothing about what the tenant keeps. ``kept`` and ``unseen`` are those of a Settlement.
    """
    values = asked(change) if done or isinstance(change, CreateUser | CreateGroup) else {}
    noted: dict[str, object] = {_KEPT + path: [values[path], held] for path, held in kept.items() if path in values}
    return noted | {_MEMBER + member: None if isinstance(change, RemoveMembers) else True for member in unseen}


def may_hold_notes(sent: str) -> bool:
    """Reports at once that there are no notes in what was sent, as stored in JSON. True says nothing."""
    return f'"{_KEPT}' in sent or f'"{_MEMBER}' in sent


def with_notes(link: Link) -> Link:
    """Returns a stored link with its notes in their fields."""
    noted = {key: value for key, value in link.sent.items() if key.startswith((_KEPT, _MEMBER))}
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
