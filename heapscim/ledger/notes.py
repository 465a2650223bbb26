"""Notes beside a link: what a tenant made of what was asked for, where it keeps or shows it otherwise.

They stand among what was sent to the resource, under keys that no attribute path can be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from heapscim.model.changes import Change, CreateGroup, CreateUser, RemoveMembers, asked
from heapscim.model.state import Link

_KEPT = "kept "
"""Before an attribute path: what was asked for, and what the tenant keeps."""
_MEMBER = "member "
"""Before the Heap id of a member who was sent and isn't shown."""


def note_patch(change: Change, kept: Mapping[str, str], unseen: Collection[str], *, done: bool) -> Mapping[str, object]:
    """Returns what an outcome notes beside the link of its resource, None for a note that goes.

    What a failed update left is no answer to it. ``kept`` and ``unseen`` are those of a Settlement.
    """
    values = asked(change) if done or isinstance(change, CreateUser | CreateGroup) else {}
    noted: dict[str, object] = {_KEPT + path: [values[path], held] for path, held in kept.items() if path in values}
    return noted | {_MEMBER + member: None if isinstance(change, RemoveMembers) else True for member in unseen}


def with_notes(link: Link) -> Link:
    """Returns a link as it is stored with the notes in their places."""
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
