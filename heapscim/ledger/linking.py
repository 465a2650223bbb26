"""Decides what a change that was carried out does to the links, in every kind of ledger; a proof replays it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from heapscim.ledger.entries import DamagedEntry, Settlement
from heapscim.ledger.notes import may_hold_notes, note_patch, with_notes
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
    is_about_a_user,
)
from heapscim.model.plan import TakeOver
from heapscim.model.state import DISPLAY_NAME, CurrentUser, Kind, Link, Links

_NOTHING: Mapping[str, Any] = {}
_NO_MARKS: frozenset[str] = frozenset()
"""One value for all links: most have nothing to note, and many were never written to."""


class SentValues(Mapping[str, str]):
    """Holds what was last sent to a resource as it is stored, and reads it when it is asked for: few plans ask."""

    __slots__ = ("_text", "_values")

    def __init__(self, text: str) -> None:
        self._text = text
        self._values: dict[str, str] | None = None

    def __getitem__(self, path: str) -> str:
        return self._read()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())

    def _read(self) -> dict[str, str]:
        if self._values is None:
            self._values = json.loads(self._text)
        return self._values


class LinkRow(NamedTuple):
    """Holds a link as a ledger stores it."""

    type: Kind
    external_id: str
    id: str
    name: str
    sent: str = "{}"
    """JSON object: attribute path → value as last written, and notes beside them."""
    by_hand: int = 0
    """1 or 0."""
    set_by_hand: str = "{}"
    """JSON object whose keys are the attributes that a person set last."""

    def link(self, account: CurrentUser | None = None) -> Link:
        """Returns the link as a value. It shares the texts of its account, if that is given: there may be many."""
        id, name = self.id, self.name
        if account is not None:
            id, name = account.id, account.user_name if account.user_name == name else name
        marks = _NO_MARKS if self.set_by_hand == "{}" else frozenset(json.loads(self.set_by_hand))
        sent = _NOTHING if self.sent == "{}" else SentValues(self.sent)
        link = Link(self.external_id, id, name, sent, bool(self.by_hand), marks, _NOTHING)
        return with_notes(link) if may_hold_notes(self.sent) else link


class LinkTable(Protocol):
    """Describes where links are stored. No two links of one type share an id or an external id."""

    def by_id(self, type: Kind, id: str) -> LinkRow | None:
        """Returns the link of a resource in Heap."""
        ...

    def by_external_id(self, type: Kind, external_id: str) -> LinkRow | None:
        """Returns the link of a person or group of the directory."""
        ...

    def put(self, row: LinkRow) -> None:
        """Stores a link in place of the one with its type and id, if any."""
        ...

    def delete(self, type: Kind, id: str) -> None:
        """Deletes the link of a resource in Heap, if any."""
        ...


class MemoryLinks:
    """Holds links in memory: for a replay, and for links as they would be."""

    def __init__(self, rows: Iterable[LinkRow] = ()) -> None:
        self._rows: dict[tuple[Kind, str], LinkRow] = {}
        self._ids: dict[tuple[Kind, str], str] = {}
        for row in rows:
            self.put(row)

    def by_id(self, type: Kind, id: str) -> LinkRow | None:
        """Returns the link of a resource in Heap."""
        return self._rows.get((type, id))

    def by_external_id(self, type: Kind, external_id: str) -> LinkRow | None:
        """Returns the link of a person or group of the directory."""
        id = self._ids.get((type, external_id))
        return None if id is None else self._rows[type, id]

    def put(self, row: LinkRow) -> None:
        """Stores a link; raises DamagedEntry where another resource has its external id."""
        if self._ids.get((row.type, row.external_id), row.id) != row.id:
            raise DamagedEntry(f"two links have the external id {row.external_id}")
        if before := self.by_id(row.type, row.id):
            del self._ids[row.type, before.external_id]
        self._rows[row.type, row.id] = row
        self._ids[row.type, row.external_id] = row.id

    def delete(self, type: Kind, id: str) -> None:
        """Deletes the link of a resource in Heap, if any."""
        if row := self._rows.pop((type, id), None):
            del self._ids[type, row.external_id]

    def __iter__(self) -> Iterator[LinkRow]:
        return iter(self._rows.values())


def links_in(rows: Iterable[LinkRow], accounts: Mapping[str, CurrentUser] = _NOTHING) -> Links:
    """Returns everything that is managed, as a value; links share the texts of ``accounts`` (by Heap id)."""
    users: list[Link] = []
    groups: list[Link] = []
    for row in rows:
        if row.type == "user":
            users.append(row.link(accounts.get(row.id)))
        else:
            groups.append(row.link())
    return Links(tuple(users), tuple(groups))


def links_after(rows: Iterable[LinkRow], settlements: Iterable[Settlement]) -> Links:
    """Returns everything that would be managed once these settlements are recorded."""
    table = MemoryLinks(rows)
    for settlement in settlements:
        settle(table, settlement)
    return links_in(table)


def settle(table: LinkTable, settlement: Settlement) -> None:
    """Updates the links by how a change was settled, and by nothing else, since a proof replays it.

    A resource that the change created is ours even where the change failed later on.
    """
    change, done = settlement.change, settlement.state == "done"
    if change is None or (settlement.id is None and not done):
        return
    _carry_out(table, change, id=settlement.id, done=done)
    id = settlement.id or getattr(change, "id", None)
    patch = note_patch(change, settlement.kept, settlement.unseen, done=done)
    row = table.by_id("user" if is_about_a_user(change) else "group", id) if id and patch else None
    if row is not None:
        table.put(row._replace(sent=_patched(row.sent, patch)))


def take_over(table: LinkTable, adoption: TakeOver) -> None:
    """Links an account as it is. If it was managed by hand until now, what was last sent to it stays known."""
    link = LinkRow("user", adoption.external_id, adoption.id, adoption.user_name)
    _untie(table, link, adoption.replaces)
    before = table.by_id("user", adoption.id)
    if before is not None and adoption.by_hand:
        link = before._replace(external_id=adoption.external_id, name=adoption.user_name, by_hand=0)
    table.put(link)


def _carry_out(table: LinkTable, change: Change, *, id: str | None, done: bool) -> None:
    """Links what was created or taken over, unlinks what was deleted or released."""
    match change:
        case CreateUser() if id is not None:
            sent = json.dumps(dict(change.attributes))
            link = LinkRow("user", change.external_id, id, change.user_name, sent, int(change.by_hand))
            _link(table, link, change.replaces)
        case CreateGroup() if id is not None and change.external_id is not None:
            _link(table, LinkRow("group", change.external_id, id, change.name, by_hand=int(change.by_hand)))
        case _ if not done:
            return
        case UpdateUser() | ReactivateUser():
            _bring_up_to_date(table, change)
        case DeleteUser() | ReleaseUser() | DeleteGroup() | ReleaseGroup():
            _let_go(table, change)
        case TakeOverGroup():
            _link(table, LinkRow("group", change.external_id, change.id, change.name))
        case RenameGroup():
            if row := table.by_id("group", change.id):
                marks = _patched(row.set_by_hand, _marks((DISPLAY_NAME,), by_hand=change.by_hand))
                table.put(row._replace(name=change.new_name, set_by_hand=marks))
        case _:
            return


def _let_go(table: LinkTable, change: DeleteUser | ReleaseUser | DeleteGroup | ReleaseGroup) -> None:
    """Unlinks what is gone or released; what goes back to the hand that managed it stays linked."""
    type: Kind = "user" if isinstance(change, DeleteUser | ReleaseUser) else "group"
    if not (isinstance(change, ReleaseUser | ReleaseGroup) and change.by_hand):
        table.delete(type, change.id)
    elif row := table.by_id(type, change.id):
        table.put(row._replace(by_hand=1))


def _bring_up_to_date(table: LinkTable, change: UpdateUser | ReactivateUser) -> None:
    if row := table.by_id("user", change.id):
        marks = _patched(row.set_by_hand, _marks(change.after, by_hand=change.by_hand))
        table.put(row._replace(sent=_patched(row.sent, change.after), set_by_hand=marks))
    if isinstance(change, ReactivateUser) and change.replaces is not None and change.external_id is not None:
        # The person gets back an earlier account; the account in between stays linked under a name of its own.
        _set_aside(table, "user", change.external_id, change.replaces)
        row = table.by_id("user", change.id) or LinkRow("user", change.external_id, change.id, change.user_name)
        table.put(row._replace(external_id=change.external_id))


def _link(table: LinkTable, link: LinkRow, replaces: str | None = None) -> None:
    """Links one resource, and unties either side from earlier links."""
    _untie(table, link, replaces)
    table.put(link)


def _untie(table: LinkTable, link: LinkRow, replaces: str | None) -> None:
    """Unties a person or group of the directory from what it was tied to.

    A resource that is managed by hand stays linked if it merely has the same id as a person in the directory.
    """
    if replaces is not None:
        _set_aside(table, link.type, link.external_id, replaces)
    tied = table.by_external_id(link.type, link.external_id)
    if tied is None or tied.id == link.id:
        return
    if tied.by_hand:
        table.put(tied._replace(external_id=f"{tied.external_id} (by hand {tied.id})"))
    else:
        table.delete(tied.type, tied.id)


def _set_aside(table: LinkTable, type: Kind, external_id: str, replaced: str) -> None:
    """Keeps a replaced account linked, under a name of its own.

    The next sync then deactivates it if this run doesn't get that far.
    """
    if row := table.by_id(type, replaced):
        table.put(row._replace(external_id=Link(external_id, replaced, row.name).replaced().external_id))


def _marks(paths: Iterable[str], *, by_hand: bool) -> Mapping[str, object]:
    """Returns a patch that notes who asked for these values last."""
    return dict.fromkeys(sorted(paths), True if by_hand else None)


def _patched(text: str, patch: Mapping[str, object]) -> str:
    """Returns a flat JSON object with a merge patch (RFC 7396) applied: None removes a key."""
    document = json.loads(text)
    if not isinstance(document, dict):
        raise DamagedEntry("what was sent to a linked resource isn't a JSON object")
    return json.dumps({key: value for key, value in {**document, **patch}.items() if patch.get(key, value) is not None})
