"""Keeps the head of the ledger elsewhere after a run: in a file, and by the webhook for news.

A person who can write the ledger could write all of it anew; a head that was kept where they can't write reveals that.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from heapscim.config.profile_file import notify_in
from heapscim.errors import SettingsError
from heapscim.ledger.entries import ChainHead
from heapscim.model.phrases import reason_of
from heapscim.output.ending import Ending
from heapscim.output.news import Message
from heapscim.workflows.context import Context
from heapscim.workflows.existing_ledger import existing_ledger
from heapscim.workflows.news.channels import channels_of
from heapscim.workflows.signals import run_for

_TAIL = 4_096
"""Bytes at the end of a file, in which its last line is."""


def append_head(context: Context, file: str) -> None:
    """Appends time, run, number and hash of the head to a file, unless its last line has this head.

    A run that was cut off before this gets its head from the next one. Raises SettingsError.
    """
    with existing_ledger(context) as ledger:
        if ledger is None or (last := ledger.last_run()) is None:
            return
        head = ledger.head()
    path = Path(file).expanduser()
    now = datetime.fromtimestamp(context.timing.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        tail = _tail(path)
        if tail.split()[-1:] == [head.hash.encode()]:
            return
        start = "" if tail.endswith(b"\n") or not tail else "\n"  # a line that was cut off stays by itself
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{start}{now} {last.run} {head.number} {head.hash}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be written: {reason_of(error)}.", hint="Check ledger.head_file, and space and permissions."
        ) from error


def send_head(context: Context, ending: Ending, head: ChainHead) -> None:
    """Sends the head to the webhook; raises HeapscimError if it may not have arrived."""
    settings = notify_in(context.settings_file)
    subject = f"heapscim {ending.caller.profile}: head of the ledger {head.number} {head.hash}"
    message = Message(subject, [f"After run {run}." for run in ending.runs])

    async def send() -> None:
        for channel, deliver in () if settings is None else channels_of(context, settings):
            if channel == "webhook":
                await deliver(message)

    run_for(context.screen, send)


def _tail(path: Path) -> bytes:
    """Returns the end of a file; nothing if there is none, or if it may only be appended to."""
    try:
        with path.open("rb") as lines:
            lines.seek(max(0, path.stat().st_size - _TAIL))
            return lines.read()
    except OSError:
        return b""
