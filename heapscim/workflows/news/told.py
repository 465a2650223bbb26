"""Decides what is news: what is wrong and was not told, and what was told and is over. Pure.

Each channel has a memory of its own, so that what one of them couldn't deliver is tried again there alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args

from heapscim.output.text import cropped
from heapscim.workflows.news.troubles import Findings, Trouble

Channel: TypeAlias = Literal["mail", "webhook"]

_MOST = 1_000
"""Troubles that one channel remembers; more are told as a number, and not one by one."""
_LONGEST_TITLE = 160
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Note:
    """Holds what was told of a trouble."""

    title: str
    since: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class News:
    """Holds what one channel is to be told, and what it will have been told then."""

    new: tuple[Trouble, ...]
    more: int
    """Further troubles that are new and aren't told one by one."""
    over: tuple[Note, ...]
    told: Mapping[str, Note]

    def __bool__(self) -> bool:
        return bool(self.new or self.over)


@dataclass(frozen=True, slots=True)
class Told:
    """Holds what each channel was told, and since when troubles last that aren't news yet."""

    channels: Mapping[Channel, Mapping[str, Note]] = field(default_factory=dict)
    waiting: Mapping[str, float] = field(default_factory=dict)

    def seen(self, findings: Findings, now: float) -> Told:
        """Returns the same with the troubles that are there now and must last before they are news."""
        there = {trouble.key: self.waiting.get(trouble.key, now) for trouble in findings.troubles if trouble.patience}
        others = {key: since for key, since in self.waiting.items() if key not in there and not findings.is_over(key)}
        return replace(self, waiting={**others, **there})

    def news(self, channel: Channel, findings: Findings, now: float) -> News:
        """Returns what a channel is to be told now."""
        told = self.channels.get(channel, {})
        over = {key: note for key, note in told.items() if findings.is_over(key)}
        kept = {key: note for key, note in told.items() if key not in over}
        fresh = {trouble.key: trouble for trouble in findings.troubles if self._is_due(trouble, now)}
        new = [trouble for key, trouble in fresh.items() if key not in kept]
        named = new[: max(0, _MOST - len(kept))]
        notes = {trouble.key: Note(cropped(trouble.title, _LONGEST_TITLE), now) for trouble in named}
        ended = sorted(over.values(), key=lambda note: note.since)
        return News(tuple(named), len(new) - len(named), tuple(ended), {**kept, **notes})

    def after(self, channel: Channel, news: News) -> Told:
        """Returns the same once a channel was told."""
        return replace(self, channels={**self.channels, channel: news.told})

    def to_text(self) -> str:
        """Returns the memory as JSON; empty if there is nothing to remember."""
        channels = {
            channel: {key: [note.title, note.since] for key, note in notes.items()}
            for channel, notes in self.channels.items()
            if notes
        }
        if not channels and not self.waiting:
            return ""
        return json.dumps({"version": _VERSION, "told": channels, "waiting": dict(self.waiting)}, sort_keys=True)

    def _is_due(self, trouble: Trouble, now: float) -> bool:
        return now - self.waiting.get(trouble.key, now) >= trouble.patience


def told_in(texts: Iterable[str]) -> Told:
    """Reads memories back, and joins them. One that can't be read is lost: at most, news is repeated once."""
    channels: dict[Channel, dict[str, Note]] = {channel: {} for channel in get_args(Channel)}
    waiting: dict[str, float] = {}
    for text in texts:
        try:
            document = json.loads(text)
            read = {channel: _notes(document["told"].get(channel, {})) for channel in channels}
            since = {str(key): float(moment) for key, moment in document["waiting"].items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
        for channel, notes in read.items():
            channels[channel].update(notes)
        waiting.update(since)
    return Told(channels, waiting)


def _notes(table: Mapping[str, Any]) -> dict[str, Note]:
    return {str(key): Note(str(title), float(since)) for key, (title, since) in table.items()}
