"""Serves Directory Insights: an event for every change in the rehearsal JumpCloud, as late and odd as the switches say.

"Reference" is the page of facts that this project keeps about Heap and JumpCloud, by section.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from heapscim.sandbox.jumpcloud.lists import JumpCloudRefused
from heapscim.sandbox.jumpcloud.store import ORGANISATION, Document, JumpCloudBehaviour, JumpCloudStore

_DEFAULT, _MOST = 1_000, 10_000
_Picture = dict[tuple[str, str], str]
"""What each user, group, list of members and list of bound groups looks like, by its kind and id."""


class Insights:
    """Keeps the events since the first search. It finds changes by comparing, so each counts, however it was made."""

    def __init__(
        self, store: JumpCloudStore, behaviour: Callable[[], JumpCloudBehaviour], now: Callable[[], float]
    ) -> None:
        self._store = store
        self._behaviour = behaviour
        self._now = now
        self._picture: _Picture | None = None
        self._events: list[tuple[float, Document]] = []
        """When each event happened, and the event."""

    def note_changes(self) -> None:
        """Makes an event of each change since the last time, from the first search on."""
        if self._picture is None:
            return
        before, self._picture = self._picture, self._look()
        now = self._now() + self._behaviour().insights_clock
        for key in [*before, *(key for key in self._picture if key not in before)]:
            if before.get(key) != self._picture.get(key):
                kind = _event_type(key[0], is_new=key not in before, is_gone=key not in self._picture)
                self._events.append((now, self._event(now, kind, key[1])))

    def search(self, request: Request, document: object) -> Response:  # noqa: ARG002
        """Returns a bare array of events, and headers about them (reference 3.5)."""
        behaviour = self._behaviour()
        match behaviour.insights:
            case "none":
                raise JumpCloudRefused(404, "Not Found")
            case "forbidden":
                raise JumpCloudRefused(403, "Forbidden: the plan doesn't include Directory Insights")
            case "broken":
                raise JumpCloudRefused(500, "Internal Server Error")
            case "page":
                return HTMLResponse("<html><h1>Directory Insights</h1></html>")
        start, types, limit, is_descending = _asked(document)
        self._picture = self._picture or self._look()
        self.note_changes()
        shown = self._now() + behaviour.insights_clock - behaviour.insights_lag
        found = [event for at, event in self._events if start <= at <= shown and _is_wanted(event, types)]
        rows: list[object] = list(reversed(found) if is_descending else found)
        match behaviour.insights:
            case "twice":
                rows = [row for row in rows for _ in range(2)]
            case "shuffled":
                rows = [*rows[1::2], *rows[::2]]
            case "strange":
                rows = [
                    None,
                    7,
                    "event",
                    {"id": 7},
                    {"event_type": ["user_create"]},
                    {"event_type": {}, "id": ""},
                    *rows,
                ]
            case "endless":
                rows = (rows * limit)[:limit]
        rows = rows[:limit]
        headers = {"x-result-count": str(len(rows)), "x-limit": str(limit), "x-search_after": json.dumps([len(rows)])}
        return JSONResponse(rows, headers=headers)

    def _look(self) -> _Picture:
        store = self._store
        tables: Mapping[str, Mapping[str, object]] = {
            "user": store.users,
            "group": store.groups,
            "members": {id: list(members) for id, members in store.members.items()},
            "bound": {id: list(groups) for id, groups in store.bound.items()},
        }
        return {(kind, id): json.dumps(row) for kind, table in tables.items() for id, row in table.items()}

    def _event(self, at: float, event_type: str, id: str) -> Document:
        return {
            "id": f"{0x7B00_0000_0000_0000_0000_0000 + len(self._events):024x}", "event_type": event_type,
            "timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "service": "directory", "organization": ORGANISATION, "success": True, "@version": "1", "changes": [],
            "resource": {"id": id}, "initiated_by": {"type": "admin", "email": "admin@example.com"},
            "client_ip": "192.0.2.1",
        }  # fmt: skip


def _event_type(kind: str, *, is_new: bool, is_gone: bool) -> str:
    if kind in ("members", "bound"):
        return "association_change"
    return f"{kind}_{'create' if is_new else 'delete' if is_gone else 'update'}"


def _asked(document: object) -> tuple[float, frozenset[str] | None, int, bool]:
    """Reads a search; one without a start is a 400, and a limit that makes no sense becomes the default."""
    match document:
        case {"service": list(), "start_time": str(text), **others}:
            pass
        case _:
            raise JumpCloudRefused(400, "Bad Request: service and start_time are required")
    try:
        start = datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise JumpCloudRefused(400, "Bad Request: start_time is not RFC 3339") from None
    limit = others.get("limit")
    limit = limit if isinstance(limit, int) and 1 <= limit <= _MOST else _DEFAULT
    types = frozenset(_types_in(others.get("search_term")))
    return start, types or None, limit, others.get("sort") == "DESC"


def _types_in(term: object) -> Iterator[str]:
    match term:
        case {"and": list(parts)}:
            for part in parts:
                match part:
                    case {"event_type": list(types)}:
                        yield from map(str, types)


def _is_wanted(event: Document, types: frozenset[str] | None) -> bool:
    return types is None or event["event_type"] in types
