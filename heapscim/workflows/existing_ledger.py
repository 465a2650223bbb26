"""Opens the ledger of a profile once more after its run, if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from heapscim.config.profile_file import base_url_in
from heapscim.ledger.protocol import Ledger
from heapscim.workflows.context import Context


@contextmanager
def existing_ledger(context: Context) -> Iterator[Ledger | None]:
    """Provides the profile's ledger; None if there is none. Raises what opening it raises, such as LedgerError."""
    tenant = base_url_in(context.settings_file)
    if tenant is None or not context.ledger.exists():
        yield None
        return
    ledger = context.ledger.open(tenant)
    try:
        yield ledger
    finally:
        ledger.close()
