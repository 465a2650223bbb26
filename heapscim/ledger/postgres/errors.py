"""Turns the errors of PostgreSQL into LedgerError or Busy, with the next step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from heapscim.config.ledger_url import PASSWORD_VARIABLE
from heapscim.errors import Busy, LedgerError
from heapscim.ledger.entries import DamagedEntry

_PASSWORD = f"Check {PASSWORD_VARIABLE}, PGPASSFILE, the systemd credential heapscim.PROFILE.ledger, or the keyring."


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turns the errors of PostgreSQL into LedgerError or Busy; ``where`` names the ledger."""
    try:
        yield
    except errors.LockNotAvailable as error:
        raise Busy(f"The ledger {where} is in use.", hint="Wait for the other run to end.") from error
    except errors.InsufficientPrivilege as error:
        hint = "Give the role the rights that `heapscim help sharing` names."
        raise LedgerError(f"The role has too few rights for the ledger {where}: {said(error)}.", hint=hint) from error
    except errors.ReadOnlySqlTransaction as error:
        message = f"The ledger {where} can't be written: the server is a read-only replica, or set to read-only."
        raise LedgerError(message, hint="Set ledger.url to the server that takes writes.") from error
    except (psycopg.IntegrityError, psycopg.DataError, json.JSONDecodeError, DamagedEntry) as error:
        hint = "Restore a backup, or begin another ledger: then the next sync takes all accounts over by userName."
        raise LedgerError(f"The ledger {where} is damaged: {said(error)}.", hint=hint) from error
    except psycopg.OperationalError as error:
        hint = "When the database is back, the next run finds out what became of unfinished changes."
        raise LedgerError(f"The ledger {where} can't be used: {said(error)}.", hint=hint) from error
    except psycopg.Error as error:
        raise LedgerError(f"The ledger {where} can't be used: {said(error)}.", hint="Check the database.") from error


def refused(where: str, error: psycopg.OperationalError) -> LedgerError:
    """Returns the error for a connection that isn't made."""
    server, words = error.pgconn, said(error)
    if server is not None and server.needs_password:
        return LedgerError(f"The ledger {where} asks for a password, and there is none.", hint=_PASSWORD)
    hint = "Check ledger.url, and that the server runs and can be reached from here."
    if server is not None and server.used_password and "authentication failed" in words:
        hint = _PASSWORD
    elif "certificate" in words or "SSL" in words:
        hint = "Add ?sslrootcert=FILE to ledger.url for a root of your own; the certificate must name the host."
    return LedgerError(f"The ledger {where} can't be reached: {words}.", hint=hint)


def said(error: Exception) -> str:
    """Returns what the server or its driver says, on one line, without the advice that libpq indents."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    lines = [line.strip() for line in (primary or str(error)).splitlines() if line.strip() and line[0] != "\t"]
    return " ".join(lines).removeprefix("connection failed: ").rstrip(".") or type(error).__name__
