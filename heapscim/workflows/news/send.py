"""Sends the news of a run over each channel, and remembers what was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heapscim.errors import HeapscimError
from heapscim.output.ending import Ending
from heapscim.output.news import Message
from heapscim.workflows.context import Context
from heapscim.workflows.ends import End, set_ends
from heapscim.workflows.news.channels import channels_of
from heapscim.workflows.news.memory import Memory
from heapscim.workflows.news.told import News, Told
from heapscim.workflows.news.troubles import Findings, findings_of
from heapscim.workflows.profiles import read_profile
from heapscim.workflows.signals import run_for

if TYPE_CHECKING:
    from heapscim.config.profile import NotifySettings

_MOST_NAMED = 100


def send_news(context: Context, settings: NotifySettings, ending: Ending) -> None:
    """Tells what is wrong and what is over, if that is news. What can't be delivered is news again next time."""
    memory = Memory(context)
    findings = findings_of(ending, settings.days_before_end, _ends_by_settings(context))
    sending = _Sending(context, settings, ending, findings, memory.read())
    try:
        if sending.has_news():
            run_for(context.screen, sending.deliver)
    finally:
        memory.keep(sending.told)


def _ends_by_settings(context: Context) -> Mapping[tuple[str, str], End | None]:
    """Returns the ends that the profile tells; none if it can't be read, as the run has said."""
    try:
        return set_ends(read_profile(context.settings_file))
    except HeapscimError:
        return {}


class _Sending:
    """Delivers over one channel after the other, and knows at any moment what was told."""

    def __init__(
        self, context: Context, settings: NotifySettings, ending: Ending, findings: Findings, told: Told
    ) -> None:
        self._context = context
        self._channels = tuple(channels_of(context, settings))
        self._ending = ending
        self._findings = findings
        self._now = context.timing.now()
        self.told = told.seen(findings, self._now)

    def has_news(self) -> bool:
        """Reports whether a channel is to be told something."""
        return any(self.told.news(channel, self._findings, self._now) for channel, _ in self._channels)

    async def deliver(self) -> None:
        """Tells each channel its news; says on the screen which one failed."""
        for channel, deliver in self._channels:
            news = self.told.news(channel, self._findings, self._now)
            if not news:
                continue
            try:
                await deliver(self._message(news))
            except HeapscimError as failure:
                error = self._context.redacting.cleaned(failure)
                words = f"News couldn't be sent by {channel}: {error.message} {error.hint or ''}".rstrip()
                self._context.screen.tell(f"{words} The next run tries again.")
            else:
                self.told = self.told.after(channel, news)

    def _message(self, news: News) -> Message:
        clean = self._context.redacting.clean
        titles = [trouble.title for trouble in news.new] or [f"over: {note.title}" for note in news.over]
        number = len(titles) + news.more
        more = f" (and {number - 1:,} more)" if number > 1 else ""
        subject = f"heapscim {self._ending.caller.profile}: {titles[0]}{more}"
        return Message(clean(subject), [clean(line) for line in self._lines(news)])

    def _lines(self, news: News) -> Iterator[str]:
        caller, ending = self._ending.caller, self._ending
        where = f"profile {caller.profile} on {self._context.actor.host}"
        yield f"`heapscim {caller.command}` of {where}, {_time(ending.began)}, exit code {ending.exit_code}."
        for trouble in news.new[:_MOST_NAMED]:
            yield f"• {_sentence(trouble.title)} {trouble.detail}".rstrip()
        if (left := len(news.new) + news.more - _MOST_NAMED) > 0:
            yield f"… and {left:,} more."
        for note in news.over[:_MOST_NAMED]:
            yield f"• Over: {_sentence(note.title)} It was told since {_time(note.since)}."
        if (left := len(news.over) - _MOST_NAMED) > 0:
            yield f"… and {left:,} more are over."
        for run in ending.runs:
            yield f"`heapscim history {run}` shows each change."


def _sentence(title: str) -> str:
    return title if title.endswith((".", "…")) else f"{title}."


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
