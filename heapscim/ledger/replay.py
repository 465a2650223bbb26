"""Replays the events of a chain into links: what is managed must be what the log says was created and taken over.

Where old runs were forgotten, the replay begins with the links they left, which an event vouches for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import TypeAlias

from heapscim.ledger.chain import canonical
from heapscim.ledger.entries import DamagedEntry, Settlement
from heapscim.ledger.linking import LinkRow, MemoryLinks, settle, take_over
from heapscim.ledger.recorded import KINDS, change_from_json
from heapscim.ledger.rekeying import rekeyed
from heapscim.ledger.rows import LinkBefore, LinkEvent, StoredRows
from heapscim.model.plan import TakeOver

LinkKey: TypeAlias = tuple[str, str]
"""Type and Heap id."""
_SETTLEMENT = frozenset(field.name for field in fields(Settlement)) - {"change"}


@dataclass(frozen=True, slots=True)
class Vouched:
    """Holds what an event says of the links that a replay begins with."""

    upto: int = 0
    """The last event that is part of them."""
    count: int = 0
    digest: str = sha256().hexdigest()


def replayed(rows: StoredRows, vouched: Vouched, *, upto: int, failed: list[str]) -> MemoryLinks | None:
    """Returns the links that events amount to, up to one of them; adds to ``failed`` which can't be replayed.

    None where what the replay begins with isn't what was vouched for.
    """
    before = tuple(rows.links_before())
    if vouching_for(before, upto=vouched.upto) != asdict(vouched):
        failed.append("What was managed before the oldest event here (links_before) was changed.")
        return None
    links = MemoryLinks(LinkRow(**json.loads(kept.link)) for kept in before)
    for event in rows.link_events(vouched.upto, upto):
        try:
            _replay(links, event)
        except (ValueError, TypeError, LookupError, AttributeError):
            failed.append(f"Which links follow from event {event.number} can't be told.")
    return links


def vouched_in(contents: Iterable[str]) -> Vouched:
    """Returns what the newest event that speaks of it vouches for; ``contents`` are those of events, newest first."""
    for content in contents:
        try:
            said = json.loads(content).get("links")
            if said is not None:
                return Vouched(int(said["upto"]), int(said["count"]), str(said["digest"]))
        except (ValueError, TypeError, LookupError, AttributeError):
            break  # its seal is broken, and says so
    return Vouched()


def links_to_keep(links: Iterable[LinkRow]) -> tuple[LinkBefore, ...]:
    """Returns links as they are kept in place of events that are forgotten, in the order of type and id."""
    kept = (LinkBefore(row.type, row.id, canonical(row._asdict())) for row in links)
    return tuple(sorted(kept, key=lambda one: (one.type, one.id)))


def vouching_for(kept: Iterable[LinkBefore], *, upto: int) -> Mapping[str, object]:
    """Returns what an event has to say to vouch for links that are kept, in the order of type and id."""
    count, digest = 0, sha256()
    for one in kept:
        count += 1
        digest.update(canonical(one).encode("utf-8", "surrogatepass") + b"\n")
    return {"upto": upto, "count": count, "digest": digest.hexdigest()}


def differences(expected: Iterable[LinkRow], found: Iterable[LinkRow]) -> Iterator[str]:
    """Yields in which links two sets differ."""
    before: Mapping[LinkKey, LinkRow] = {(row.type, row.id): row for row in expected}
    after: Mapping[LinkKey, LinkRow] = {(row.type, row.id): row for row in found}
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if now is None and was is not None:
            yield f"The {was.type} {was.name} (id {was.id}) is missing among what is managed."
        elif was is None and now is not None:
            yield f"The {now.type} {now.name} (id {now.id}) is managed, but no event says since when."
        elif was is not None and now is not None and (changed := _changed(was, now)):
            yield f"What is known of the {was.type} {was.name} (id {was.id}) was changed: {', '.join(changed)}."


def _replay(links: MemoryLinks, event: LinkEvent) -> None:
    said = json.loads(event.content)
    match event.kind:
        case "adopted":
            for adoption in said:
                take_over(links, TakeOver(**adoption))
        case "upgraded":
            for moved in said["moved"]:
                if row := links.by_id(moved["type"], moved["id"]):
                    links.put(row._replace(external_id=moved["external_id"]))
        case _ if event.change_kind is None or event.change is None:
            raise DamagedEntry("an event is about no operation")
        case _ if event.change_kind in KINDS:
            change = change_from_json(event.change)
            known = {name: value for name, value in said.items() if name in _SETTLEMENT}
            settle(links, Settlement(**known, change=rekeyed(change) if event.former else change))


def _changed(was: LinkRow, now: LinkRow) -> list[str]:
    """Returns the columns in which two rows differ."""
    return [column for column in LinkRow._fields if not _same(getattr(was, column), getattr(now, column))]


def _same(one: object, other: object) -> bool:
    """Reports whether two values are the same; one JSON document may be written in several ways."""
    if one == other:
        return True
    try:
        return isinstance(one, str) and isinstance(other, str) and json.loads(one) == json.loads(other)
    except ValueError:
        return False
