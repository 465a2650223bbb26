"""Knows when a certificate or a secret ends, by itself or by the profile's ``[ends]``, and when that is soon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from types import MappingProxyType
from typing import TYPE_CHECKING

from heapscim.directory.registry import kind_of
from heapscim.heap.connection import HEAP
from heapscim.http.auth import BearerToken, secret_ends
from heapscim.http.request_stats import CERTIFICATE, SECRET
from heapscim.model.phrases import counted
from heapscim.workflows.findings import Finding

if TYPE_CHECKING:
    from heapscim.config.profile import Profile
    from heapscim.model.secret import SecretStr

DAY = 86_400.0
TOKEN, DIRECTORY_KEY = "token", "directory_key"
OTHERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "smtp_password": ("the mail server", "password"),
        "webhook_url": ("the webhook", "URL"),
        "ledger_password": ("the ledger", "password"),
    }
)
"""The service and what it is, for each secret that isn't Heap's or the directory's, by the name of its setting."""
_LAST_SECOND = time(23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class End:
    """Says when something ends."""

    moment: float
    """Seconds since 1970."""
    setting: str = ""
    """The setting that says so; empty if what ends tells it itself."""

    @property
    def day(self) -> str:
        """Returns its day, such as ``2027-03-31``."""
        return datetime.fromtimestamp(self.moment, UTC).strftime("%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Holds the one rule for what ends soon."""

    now: float
    """Seconds since 1970."""
    days: int
    """How many days before its end something ends soon."""

    @classmethod
    def of(cls, profile: Profile | None, now: float) -> Calendar:
        """Returns the calendar of a profile: its ``notify.days_before_end``, or the default."""
        from heapscim.config.profile import DAYS_BEFORE_END

        notify = None if profile is None else profile.notify
        return cls(now, DAYS_BEFORE_END if notify is None else notify.days_before_end)

    def is_soon(self, end: End) -> bool:
        """Reports whether that is soon, or over."""
        return end.moment - self.now < self.days * DAY

    def is_over(self, end: End) -> bool:
        """Reports whether that is over."""
        return end.moment < self.now

    def days_left(self, end: End) -> str:
        """Returns how many whole days are left until then, in words."""
        return counted(max(0, int((end.moment - self.now) // DAY)), "day")

    def words(self, end: End) -> str:
        """Returns when that is, for a table."""
        return f"ended on {end.day}" if self.is_over(end) else f"ends on {end.day}, in {self.days_left(end)}"

    def next_step(self, end: End, what: str) -> str:
        """Returns what to do about something that ends soon, or has ended."""
        if what == CERTIFICATE:
            return "The server's operator must renew it before that day."
        if not end.setting:
            return f"Make a new one, and store it{'' if self.is_over(end) else ' before that day'}."
        if self.is_over(end):
            return f"Make a new one and store it, if that isn't done, and set {end.setting} to its last day."
        return f"Make a new one and store it before that day, and set {end.setting} to its last day."

    def finding(self, part: str, words: str, end: End | None) -> Finding:
        """Returns what ``doctor`` says of a secret, of which nothing else is wrong."""
        if end is None:
            return Finding(part, "pass", words)
        said = "; ".join(filter(None, (words, self.words(end))))
        if self.is_soon(end):
            return Finding(part, "warn", said, self.next_step(end, SECRET))
        return Finding(part, "pass", said)


def set_end(profile: Profile | None, name: str) -> End | None:
    """Returns when a secret ends by its setting in ``[ends]``: with that day, in UTC; None if it isn't set."""
    day = None if profile is None else getattr(profile.ends, name)
    return None if day is None else End(datetime.combine(day, _LAST_SECOND).timestamp(), f"ends.{name}")


def own_end(secret: SecretStr) -> End | None:
    """Returns when a secret ends as it tells itself; None if it doesn't tell."""
    moment = secret_ends(BearerToken(secret))
    return None if moment is None else End(moment)


def end_of(secret: SecretStr, profile: Profile | None, name: str) -> End | None:
    """Returns when a secret ends: as it tells itself, or else as the profile says; None if that isn't known."""
    return own_end(secret) or set_end(profile, name)


def set_ends(profile: Profile) -> Mapping[tuple[str, str], End | None]:
    """Returns the ends that the profile tells, by the name of the service and what ends, as a session notes them.

    None: the profile tells none, and nothing else could.
    """
    ends = {what: set_end(profile, name) for name, what in OTHERS.items()}
    if token := set_end(profile, TOKEN):
        ends[HEAP.name, SECRET] = token
    kind = None if profile.directory is None else kind_of(profile.directory)
    if kind is not None and kind.secret_places and (key := set_end(profile, DIRECTORY_KEY)):
        ends[kind.title, SECRET] = key
    return ends


def other_secrets(profile: Profile, calendar: Calendar) -> Iterator[Finding]:
    """Yields what ``doctor`` says of each secret that no other part is about and whose end the profile tells."""
    for name, (service, what) in OTHERS.items():
        if (end := set_end(profile, name)) is not None:
            yield calendar.finding(f"{what} of {service}", "", end)


def outdated_ends(profile: Profile, changes: Iterable[str], names: Iterable[str], now: float) -> Iterator[str]:
    """Yields a notice for each of these secrets, which are new, if its setting is still about the old one.

    ``names`` are the names of their settings in ``[ends]``, ``changes`` the settings given with them, as ``KEY=VALUE``.
    """
    given = {change.partition("=")[0].strip() for change in changes}
    for name in names:
        end = set_end(profile, name)
        if end is not None and end.setting not in given:
            doubt = "which is past" if end.moment < now else "and was set before the new one was stored"
            step = f"Set the new one's last day: `heapscim profiles set {end.setting}=DATE`."
            yield f"{end.setting} is {end.day}, {doubt}. {step}"
