"""Allows one run per profile at a time: with a lock of the operating system, and a file that names the holder.

The system frees the lock when its holder dies, however that happens, so a dead holder never blocks anybody on the same
host. A holder on another host (a shared home folder) is believed until it says otherwise: no process id from there
proves anything here, and not every network file system passes locks on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.config.private_files import private_folder, write_private
from heapscim.errors import Busy, LedgerError
from heapscim.ledger.entries import Holder
from heapscim.model.phrases import reason_of

if TYPE_CHECKING:
    from filelock import FileLock


class FileRunLock:
    """Represents the lock of one profile; the process that holds it may hold it again."""

    def __init__(self, ledger: Path, clock: Callable[[], float], *, host: str) -> None:
        self._lock_file, self._holder_file = lock_files(ledger)
        self._folder = ledger.parent
        self._clock = clock
        self._host = host

    @cached_property
    def _lock(self) -> FileLock:
        from filelock import FileLock

        return FileLock(self._lock_file, timeout=0, mode=0o600)

    @contextmanager
    def held(self, command: str) -> Iterator[None]:
        """Holds the profile for as long as it takes; raises Busy, naming the holder, where another run does."""
        from filelock import Timeout

        if self._lock.is_locked:
            yield
            return
        private_folder(self._folder)
        try:
            self._lock.acquire()
        except Timeout:
            raise self._busy(self._holder()) from None
        except (OSError, NotImplementedError) as error:
            hint = "Check space and permissions; the folder must be on a file system with locks."
            why = reason_of(error) if isinstance(error, OSError) else error
            raise LedgerError(f"{self._lock.lock_file} can't be locked: {why}.", hint=hint) from error
        try:
            self._claim(command)
            try:
                yield
            finally:
                with suppress(OSError):  # who comes next finds that the lock is free
                    self._holder_file.unlink()
        finally:
            self._lock.release()

    def holder(self) -> Holder | None:
        """Returns the process that holds the profile, or None."""
        found = self._holder()
        if found is None:
            return None
        from filelock import Timeout

        if self._lock.is_locked or found.host != self._host:
            return None if self._lock.is_locked else found
        try:
            self._lock.acquire()
        except (Timeout, OSError, NotImplementedError):
            return found
        self._lock.release()
        return None

    def _claim(self, command: str) -> None:
        before = self._holder()
        if before is not None and before.host != self._host:
            raise self._busy(before)
        now = Holder(command, os.getpid(), self._host, self._clock())
        write_private(self._holder_file, json.dumps(asdict(now)))

    def _holder(self) -> Holder | None:
        try:
            return Holder(**json.loads(self._holder_file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _busy(self, holder: Holder | None) -> Busy:
        hint = "Wait for it to end."
        if holder is not None and holder.host != self._host:
            hint = f"Wait for it to end. If you know that it was cut off, delete {self._holder_file}."
        return Busy(f"Another run holds this profile: {holder or 'it has only just begun'}.", hint=hint)


def lock_files(ledger: Path) -> tuple[Path, Path]:
    """Returns the lock file of a ledger, and the file that names the holder."""
    return ledger.with_name(f"{ledger.name}.lock"), ledger.with_name(f"{ledger.name}.holder.json")
