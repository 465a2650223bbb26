"""Defines the exit codes, what they mean, and which error ends with which code."""

from __future__ import annotations

from heapscim import errors

DONE = 0
ERROR = 1
USAGE = 2
UNAUTHENTICATED = 3
FORBIDDEN = 4
UNAVAILABLE = 5
UNSAFE = 6
PARTIAL = 7
SOURCE_INCOMPLETE = 8
DECLINED = 9
CHANGES_PENDING = 10
INTERRUPTED = 130

MEANINGS = {
    DONE: "done; also if there was nothing to do, or a list is empty",
    ERROR: "error",
    USAGE: "usage: the command line has a mistake",
    UNAUTHENTICATED: "unauthenticated: token or directory key is refused or missing, or the connection is deactivated",
    FORBIDDEN: "forbidden: the token or the key doesn't allow this",
    UNAVAILABLE: "unavailable after all retries, or another run holds the profile",
    UNSAFE: "unsafe: a guard refused the plan, or the saved plan no longer fits",
    PARTIAL: "partial: some changes failed, or an account or group can't be read; the report names them",
    SOURCE_INCOMPLETE: "source incomplete: something was withheld, and the rest was done",
    DECLINED: "declined: a question was answered with no, or a list was left without a choice; nothing was changed",
    CHANGES_PENDING: "changes pending (only with `plan --exit-code`)",
    INTERRUPTED: "interrupted; the journal is complete up to that point",
}

_BY_ERROR: tuple[tuple[type[errors.HeapscimError], int], ...] = (
    (errors.UsageError, USAGE),
    (errors.TokenMissing, UNAUTHENTICATED),
    (errors.Disconnected, UNAUTHENTICATED),
    (errors.Unauthenticated, UNAUTHENTICATED),
    (errors.DirectoryUnauthenticated, UNAUTHENTICATED),
    (errors.Forbidden, FORBIDDEN),
    (errors.DirectoryForbidden, FORBIDDEN),
    (errors.Unavailable, UNAVAILABLE),
    (errors.DirectoryUnavailable, UNAVAILABLE),
    (errors.Busy, UNAVAILABLE),
    (errors.Unsafe, UNSAFE),
)


def exit_code_of(error: errors.HeapscimError) -> int:
    """Returns the exit code for an error."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ERROR)
