"""Keeps what was told: in the ledger, which all machines share, or in a private file where that can't be done."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from heapscim.config.paths import checked_name
from heapscim.config.private_files import private_folder, remove, write_private
from heapscim.errors import HeapscimError
from heapscim.workflows.context import Context
from heapscim.workflows.existing_ledger import existing_ledger
from heapscim.workflows.news.told import Told, told_in


def told_file(context: Context) -> Path:
    """Returns the file for what was told while the ledger couldn't be used."""
    return context.folders.state / "news" / f"{checked_name(context.profile, context.folders.named)}.json"


class Memory:
    """Holds what was told, from one run to the next. If it is lost, news is repeated once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._in_ledger: str | None = None
        """None if the ledger can't be used."""
        self._in_file = ""

    def read(self) -> Told:
        """Returns what was told, as far as that is known."""
        with suppress(HeapscimError):
            self._in_ledger = self._with_ledger(None)
        with suppress(OSError, ValueError):
            self._in_file = told_file(self._context).read_text("utf-8")
        return told_in(filter(None, (self._in_ledger, self._in_file)))

    def keep(self, told: Told) -> None:
        """Keeps what was told; raises HeapscimError if it can be kept nowhere."""
        text, file = told.to_text(), told_file(self._context)
        if self._in_ledger is not None:
            with suppress(HeapscimError):
                # A ledger that only reads takes no memo and raises nothing: it still holds the old one.
                if text == self._in_ledger or text == self._with_ledger(text):
                    remove(file)
                    return
        if text != self._in_file:
            private_folder(file.parent)
            write_private(file, text)

    def _with_ledger(self, text: str | None) -> str | None:
        """Keeps a text in the ledger, and returns the one that is there; None if there is no ledger."""
        with existing_ledger(self._context) as ledger:
            if ledger is None:
                return None
            if text is not None:
                ledger.keep_memo("troubles", text)
            return ledger.memo("troubles")
