"""What a change that was carried out does to the links, as SQL statements; run in the transaction of its outcome."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

from heapscim.ledger.entries import Settlement
from heapscim.ledger.sqlite.notes import NO_NOTES, Notes, note_statements
from heapscim.model.changes import (
    Change,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.plan import TakeOver
from heapscim.model.state import DISPLAY_NAME, Link

Statement: TypeAlias = tuple[str, tuple[Any, ...]]
LinkType: TypeAlias = Literal["user", "group"]


def settled_statements(settlement: Settlement) -> Iterator[Statement]:
    """What follows for the links from how a change was settled, and from nothing else: a proof replays it."""
    if settlement.change is not None and (settlement.id is not None or settlement.state == "done"):
        done, notes = settlement.state == "done", Notes(settlement.kept, settlement.unseen)
        yield from link_statements(settlement.change, id=settlement.id, done=done, notes=notes)


def link_statements(
    change: Change | TakeOver, *, id: str | None = None, done: bool = True, notes: Notes = NO_NOTES
) -> Iterator[Statement]:
    """Links what was created or taken over, unlinks what was deleted or released.

    ``id`` is that of a resource the change created; it counts as ours even where the change failed later on.
    ``notes`` say what the tenant made of the change.
    """
    yield from _links_of(change, id=id, done=done)
    if not isinstance(change, TakeOver):
        yield from note_statements(change, notes, id=id, done=done)


def _links_of(change: Change | TakeOver, *, id: str | None, done: bool) -> Iterator[Statement]:
    match change:
        case TakeOver():
            yield from _take_over(change)
        case CreateUser() if id is not None:
            link = Link(change.external_id, id, change.user_name, change.attributes, by_hand=change.by_hand)
            yield from _link("user", link, change.replaces)
        case CreateGroup() if id is not None and change.external_id is not None:
            yield from _link("group", Link(change.external_id, id, change.name, by_hand=change.by_hand))
        case _ if not done:
            return
        case UpdateUser() | ReactivateUser():
            yield from _brought_up_to_date(change)
        case DeleteUser() | ReleaseUser() | DeleteGroup() | ReleaseGroup():
            yield _let_go(change)
        case TakeOverGroup():
            yield from _link("group", Link(change.external_id, change.id, change.name))
        case RenameGroup():
            yield _renamed(change)
        case _:
            return


def _let_go(change: DeleteUser | ReleaseUser | DeleteGroup | ReleaseGroup) -> Statement:
    """Unlinks what is gone or released; what goes back to the hand that managed it stays linked."""
    type = "user" if isinstance(change, DeleteUser | ReleaseUser) else "group"
    if isinstance(change, ReleaseUser | ReleaseGroup) and change.by_hand:
        return "UPDATE links SET by_hand = 1 WHERE type = ? AND id = ?", (type, change.id)
    return "DELETE FROM links WHERE type = ? AND id = ?", (type, change.id)


def _renamed(change: RenameGroup) -> Statement:
    statement = "UPDATE links SET name = ?, set_by_hand = json_patch(set_by_hand, ?) WHERE type = 'group' AND id = ?"
    return statement, (change.new_name, _marks((DISPLAY_NAME,), by_hand=change.by_hand), change.id)


def _brought_up_to_date(change: UpdateUser | ReactivateUser) -> Iterator[Statement]:
    statement = (
        "UPDATE links SET sent = json_patch(sent, ?), set_by_hand = json_patch(set_by_hand, ?)"
        " WHERE type = 'user' AND id = ?"
    )
    marks = _marks(change.after, by_hand=change.by_hand)
    yield statement, (json.dumps(dict(change.after)), marks, change.id)
    if isinstance(change, ReactivateUser) and change.replaces is not None and change.external_id is not None:
        yield from _stand_in_again(change.external_id, change.id, change.user_name, change.replaces)


def _marks(paths: Iterable[str], *, by_hand: bool) -> str:
    """A patch that notes who asked for these values last."""
    return json.dumps(dict.fromkeys(sorted(paths), True if by_hand else None))


def _stand_in_again(external_id: str, id: str, name: str, replaces: str) -> Iterator[Statement]:
    """Ties a person to an account they had before; the one they had meanwhile stays linked under a name of its own."""
    kept = Link(external_id, replaces, name).replaced().external_id
    yield "UPDATE links SET external_id = ? WHERE type = 'user' AND id = ?", (kept, replaces)
    statement = (
        "INSERT INTO links (type, external_id, id, name) VALUES ('user', ?, ?, ?)"
        " ON CONFLICT (type, id) DO UPDATE SET external_id = excluded.external_id"
    )
    yield statement, (external_id, id, name)


def _take_over(adoption: TakeOver) -> Iterator[Statement]:
    """Links an account as it is. What was last sent to it stays known where it was managed by hand until now."""
    link = Link(adoption.external_id, adoption.id, adoption.user_name)
    yield from _untie("user", link, adoption.replaces)
    if not adoption.by_hand:
        yield "DELETE FROM links WHERE type = 'user' AND id = ?", (link.id,)
    statement = (
        "INSERT INTO links (type, external_id, id, name) VALUES ('user', ?, ?, ?) ON CONFLICT (type, id)"
        " DO UPDATE SET external_id = excluded.external_id, name = excluded.name, by_hand = 0"
    )
    yield statement, (link.external_id, link.id, link.name)


def _link(type: LinkType, link: Link, replaces: str | None = None) -> Iterator[Statement]:
    """Links one resource; whatever either side was tied to before is untied."""
    yield from _untie(type, link, replaces)
    yield "DELETE FROM links WHERE type = ? AND id = ?", (type, link.id)
    yield (
        "INSERT INTO links (type, external_id, id, name, sent, by_hand) VALUES (?, ?, ?, ?, ?, ?)",
        (type, link.external_id, link.id, link.name, json.dumps(dict(link.sent)), int(link.by_hand)),
    )


def _untie(type: LinkType, link: Link, replaces: str | None) -> Iterator[Statement]:
    """Unties a person or group of the directory from what it was tied to.

    An account that is replaced stays linked under a name of its own, so that it is still deactivated should this run
    not get that far. What is managed by hand stays so, should it merely go by the same id as somebody in the directory.
    """
    if replaces is not None:
        kept = Link(link.external_id, replaces, link.name).replaced().external_id
        yield "UPDATE links SET external_id = ? WHERE type = ? AND id = ?", (kept, type, replaces)
    statement = (
        "UPDATE links SET external_id = external_id || ' (by hand ' || id || ')'"
        " WHERE type = ? AND external_id = ? AND id <> ? AND by_hand = 1"
    )
    yield statement, (type, link.external_id, link.id)
    yield "DELETE FROM links WHERE type = ? AND external_id = ? AND id <> ?", (type, link.external_id, link.id)
