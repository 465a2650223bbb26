"""Waits for the next run of a sync loop: until its time, or until the directory's change feed shows a change before.

A feed is a hint. Without one, or while it fails, the time decides alone; that is said once, and once when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from heapscim.directory.protocol import ChangeFeed, Directory
from heapscim.errors import CredentialError, DirectoryError, HeapscimError, SettingsError, UsageError
from heapscim.http.rate_limit import Timing, growing_wait
from heapscim.workflows.context import Context
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.profiles import read_profile

_QUIET = 0.5
"""Seconds without another change after which a burst of changes counts as over."""
_LONGEST_BURST = 2.0
"""Seconds after its first change in which a burst starts a run at the latest."""
_SHORTEST_LOOK = 1.0
"""Seconds between the starts of two looks that show nothing, even if a feed would look without a pause."""
_FIRST_RETRY = 60.0
"""Seconds before a feed that failed is asked again; they double with each failure."""
_LONGEST_RETRY = 3_600.0


class ChangeWatch:
    """Watches one profile's directory for as long as a loop runs. The directory is opened again for each look."""

    def __init__(
        self, timing: Timing, opened: Callable[[], Directory], tell: Callable[[HeapscimError | None, str], None]
    ) -> None:
        self._timing = timing
        self._opened = opened
        self._tell = tell
        self._marks: dict[str, object] = {}
        """The mark of the last look, by the directory's spec: the settings may name another directory by now."""
        self._has_begun = False
        self._not_before = float("-inf")
        self._failures = 0

    async def begin(self) -> None:
        """Takes the first mark, so that a change during the first run starts another one.

        Raises UsageError, SettingsError or CredentialError, which only a person can mend.
        """
        await self._look()
        self._has_begun = True

    async def rest(self, until: float) -> None:
        """Waits until a time of the clock; less if the feed shows a change before, and the burst of changes is over."""
        end = latest = until
        while (changed := await self._before(end, self._look())) is not None:
            if changed:
                latest = min(latest, self._timing.clock() + _LONGEST_BURST)
                end = min(latest, self._timing.clock() + _QUIET)

    async def _before(self, end: float, work: Awaitable[bool]) -> bool | None:
        """Returns what the work returns; cancels it and returns None if the time ``end`` comes first."""
        looking = asyncio.ensure_future(work)
        timer = asyncio.ensure_future(self._sleep_until(end))
        try:
            await asyncio.wait((looking, timer), return_when=asyncio.FIRST_COMPLETED)
            return None if timer.done() else looking.result()
        finally:
            looking.cancel()
            timer.cancel()
            await asyncio.wait((looking, timer))

    async def _look(self) -> bool:
        """Looks once, when it is time; returns whether something may have changed."""
        await self._sleep_until(self._not_before)
        begun = self._timing.clock()
        try:
            feed = self._opened()
            if not isinstance(feed, ChangeFeed):
                raise DirectoryError(f"{feed.spec} can't tell when it changes.")
            last = self._marks.get(feed.spec)
            look = await feed.look(last)
        except HeapscimError as error:
            if not self._has_begun and isinstance(error, UsageError | SettingsError | CredentialError):
                raise
            self._note_failure(error)
            return False
        if self._failures:
            self._tell(None, f"{feed.spec} tells of its changes again: a change starts a run.")
        self._failures, self._marks = 0, {feed.spec: look.mark}
        # What changed before the first mark was never shown.
        changed = look.changed or (last is None and self._has_begun)
        self._not_before = begun if changed else begun + _SHORTEST_LOOK
        return changed

    def _note_failure(self, error: HeapscimError) -> None:
        if not self._failures:
            self._tell(error, "Until that is over, changes start no run; one still starts at the time of --every.")
        self._failures += 1
        self._not_before = self._timing.clock() + growing_wait(
            self._failures, first=_FIRST_RETRY, longest=_LONGEST_RETRY
        )

    async def _sleep_until(self, time: float) -> None:
        while (left := time - self._timing.clock()) > 0:
            await self._timing.sleep(left)


def watch_of(context: Context, spec: str | None) -> ChangeWatch:
    """Returns the watch of a profile's directory, or of the one that ``spec`` names."""
    screen = context.screen
    silent = replace(context, screen=replace(screen, format="json", quiet=True))

    def opened() -> Directory:
        fresh = replace(silent)  # a keyring that didn't answer may be unlocked by now
        return directory_of(fresh, read_profile(fresh.settings_file), spec)

    def tell(error: HeapscimError | None, words: str) -> None:
        if error is not None:
            found = context.redacting.cleaned(error)
            words = " ".join(filter(None, (found.message, found.hint, words)))
        screen.tell(words)

    return ChangeWatch(context.timing, opened, tell)
