"""What a command's exit code means, and which error ends with which."""

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
CHANGES_PENDING = 10
INTERRUPTED = 130

MEANINGS = {
    DONE: "done; also nothing to do, or an empty list",
    ERROR: "error",
    USAGE: "usage: the command line makes no sense",
    UNAUTHENTICATED: "unauthenticated: token or directory key are refused or missing, or the connection is deactivated",
    FORBIDDEN: "forbidden: the token or the key may not do this",
    UNAVAILABLE: "unavailable, after all retries; or another run holds the profile",
    UNSAFE: "unsafe: a guard refused, or the saved plan no longer fits",
    PARTIAL: "partial: some changes failed, or an account or group can't be read; the report names them",
    SOURCE_INCOMPLETE: "source incomplete: something was withheld, and the rest was done",
    CHANGES_PENDING: "changes pending (only with `plan --exit-code`)",
    INTERRUPTED: "interrupted; the journal is complete up to there",
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
    """The exit code an error ends with."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ERROR)
