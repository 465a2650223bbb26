"""Holds everything a command may use of its surroundings, in one value that the composition root makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from heapscim.config.credentials import Credentials
from heapscim.config.paths import Folders, user_folders
from heapscim.config.profile_file import ledger_url_in
from heapscim.config.system_keyring import SystemKeyring, Wait
from heapscim.http.rate_limit import Timing
from heapscim.ledger.entries import RunContext
from heapscim.ledger.opening import LedgerPlace
from heapscim.model.secret import SecretStr
from heapscim.output.console import Screen
from heapscim.output.interruption import stopping_at_once
from heapscim.workflows.redaction import RedactingFilter

_PATIENT, _HURRIED = 120.0, 20.0
"""Seconds to wait for a keyring: time to type its password, unless no terminal shows that a person is there."""


@dataclass(frozen=True)
class Context:
    """Holds a command's profile and surroundings. Nothing below reads either in another way."""

    profile: str
    """The profile's name."""
    screen: Screen
    environ: Mapping[str, str]
    timing: Timing
    actor: RunContext
    """Who runs the command and where, for the ledger."""
    redacting: RedactingFilter
    wait: Wait
    """Waits for another thread, in real time."""
    encoding: str | None = None
    """The encoding of a directory that is a file, if the command line names it."""

    @property
    def folders(self) -> Folders:
        """Returns the user's folders; raises SettingsError where the user has no home."""
        return user_folders(self.environ)

    @property
    def settings_file(self) -> Path:
        """Returns the profile's file; raises UsageError for a name that no profile can have."""
        return self.folders.settings_file(self.profile)

    @cached_property
    def ledger(self) -> LedgerPlace:
        """Returns where the profile's ledger is. One place serves the command: its ledger knows its lock."""
        passwords = (self.credentials.given_ledger_password, self.credentials.kept_ledger_password)
        return LedgerPlace(
            self.folders,
            self.profile,
            self.timing.now,
            self.actor.host,
            ledger_url_in(self.settings_file),
            tuple(self._redacted(find) for find in passwords),
        )

    def _redacted(self, find: Callable[[], SecretStr | None]) -> Callable[[], SecretStr | None]:
        """Returns the same search, whose find no message repeats."""

        def search() -> SecretStr | None:
            if (found := find()) is not None:
                self.redacting.secrets.add(found.get_secret_value())
            return found

        return search

    @cached_property
    def credentials(self) -> Credentials:
        """Returns the profile's secrets. One keyring serves the command: it isn't waited for twice."""
        longest = _PATIENT if self.screen.is_interactive else _HURRIED
        # An event loop stands still during the wait, and would hear no Ctrl-C.
        keyring = SystemKeyring(self.wait, self.screen.tell, longest=longest, stoppable=stopping_at_once)
        return Credentials(self.profile, self.environ, keyring)
