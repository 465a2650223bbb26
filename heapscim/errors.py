"""The exception tree: every failure heapscim can explain.

HeapscimError
├── UsageError                      the command line asks for something that makes no sense
├── SettingsError                   a profile or its file is missing, unreadable or wrong
├── CredentialError                 the token can't be stored or read
│   ├── KeyringMissing              there is no keyring that keeps a secret safely
│   ├── Disconnected                the connection was deactivated, and nothing is written until it is activated
│   └── TokenMissing                nobody ever gave one
├── DirectoryError                  the source can't be read
│   ├── RosterInvalid               the roster has problems; all of them are listed
│   ├── DirectoryUnauthenticated    the directory refuses the key, or there is none (401)
│   │   ├── WrongRegion             the key belongs to another region's host
│   │   └── OrganisationNeeded      the key sees several organisations, and none is chosen
│   ├── DirectoryForbidden          the key's role may not do this (403)
│   ├── NotInDirectory              nothing there has that name
│   ├── AmbiguousInDirectory        several there have that name
│   └── DirectoryUnavailable        no usable answer after all retries
│       └── DirectoryResponseLost   a write may have been carried out, its answer never came
├── RequestError                    a request to a service failed; a directory wraps these into its own
│   ├── Unauthenticated             the token is refused (401, or 400 in Heap's words)
│   ├── Forbidden                   the token may not do this (403)
│   ├── NotFound                    no such resource (404)
│   ├── Taken                       a resource of that name exists (409)
│   ├── Rejected                    any other refusal of the request (4xx)
│   │   ├── MembersRefused          some members may not join or leave a group; the others have
│   │   └── PutIsUnsafe             a PUT isn't sent: it could take away what the tenant doesn't show
│   ├── NotImplementedByService     the method or feature isn't there (405, 501)
│   ├── WrongProtocol               something answered that doesn't speak the protocol
│   ├── RedirectRefused             the answer points to another origin
│   ├── CertificateRefused          TLS could not be trusted
│   └── Unavailable                 no usable answer after all retries (429, 5xx, connection faults)
│       └── ResponseLost            the request may have been carried out, the answer never came
├── Unsafe                          a guard refused, or a saved plan no longer fits
├── MailError                       a summary can't be mailed
├── LedgerError                     the ledger can't be opened, read or written
└── Busy                            another run holds the profile

Every class carries a stable ``code`` for scripts; every instance a message that says what failed, and a hint that
says what to do next. No message ever holds a token, a header or a body.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar


class HeapscimError(Exception):
    """A failure with a stable code, a message for a person and, where there is one, the next step."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(HeapscimError):
    """The command line asks for something that makes no sense."""

    code = "usage"


class SettingsError(HeapscimError):
    """A profile or its file is missing, unreadable or wrong."""

    code = "settings"


class CredentialError(HeapscimError):
    """The token can't be stored or read: no keyring, a locked one, one that refuses."""

    code = "credentials"


class KeyringMissing(CredentialError):
    """There is no keyring that keeps a secret safely, so that none of ours is in one."""

    code = "keyring_missing"


class Disconnected(CredentialError):
    """The connection was deactivated: nothing is written until it is activated again, whatever token there is."""

    code = "disconnected"


class TokenMissing(CredentialError):
    """No source holds a token for the profile."""

    code = "token_missing"


class DirectoryError(HeapscimError):
    """The source of people and groups can't be read."""

    code = "directory"


class RosterInvalid(DirectoryError):
    """The roster has problems; ``problems`` lists all of them, each with file, line and column."""

    code = "roster_invalid"

    def __init__(self, message: str, *, problems: tuple[str, ...], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class DirectoryUnauthenticated(DirectoryError):
    """The directory refuses the key, or nobody gave one."""

    code = "directory_unauthenticated"


class WrongRegion(DirectoryUnauthenticated):
    """The key is good, at another region's host."""

    code = "wrong_region"


class OrganisationNeeded(DirectoryUnauthenticated):
    """The key sees several organisations, and the profile chooses none of them."""

    code = "organisation_needed"


class DirectoryForbidden(DirectoryError):
    """The key's role lacks a permission."""

    code = "directory_forbidden"


class NotInDirectory(DirectoryError):
    """Nothing in the directory has that name; the hint lists what has."""

    code = "not_in_directory"


class AmbiguousInDirectory(DirectoryError):
    """Several in the directory have that name; the hint lists them."""

    code = "ambiguous_in_directory"


class DirectoryUnavailable(DirectoryError):
    """No usable answer after all retries."""

    code = "directory_unavailable"


class DirectoryResponseLost(DirectoryUnavailable):
    """A write may have been carried out, but its answer never came: look before doing it again."""

    code = "directory_answer_lost"


class RequestError(HeapscimError):
    """A request to a service failed. ``status`` is the HTTP status, None where no answer came."""

    code = "target"

    def __init__(
        self, message: str, *, hint: str | None = None, status: int | None = None, scim_type: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.scim_type = scim_type
        """The detail keyword of RFC 7644 §3.12 (``uniqueness``, ``invalidFilter`` …) where the answer holds one."""


class Unauthenticated(RequestError):
    """The token is refused: 401, or 400 with the text ``Invalid bearer token header``, as Heap answers."""

    code = "unauthenticated"


class Forbidden(RequestError):
    """The token is known but may not do this (403)."""

    code = "forbidden"


class NotFound(RequestError):
    """The resource isn't there (404)."""

    code = "not_found"


class Taken(RequestError):
    """A resource of that name exists already (409)."""

    code = "taken"


class Rejected(RequestError):
    """The service refused the request for a reason of its own (any other 4xx)."""

    code = "rejected"


class MembersRefused(Rejected):
    """Heap refused some of several members who were to join or leave a group; the others have."""

    code = "members_refused"

    def __init__(self, cause: RequestError, ids: Collection[str]) -> None:
        super().__init__(cause.message, hint=cause.hint, status=cause.status, scim_type=cause.scim_type)
        self.ids = frozenset(ids)
        """Heap ids of those it refused."""


class PutIsUnsafe(Rejected):
    """A PUT isn't sent, since it could take away what the tenant doesn't show."""

    code = "put_is_unsafe"


class NotImplementedByService(RequestError):
    """The method or feature isn't implemented there (405, 501)."""

    code = "not_implemented"


class WrongProtocol(RequestError):
    """Something answered that doesn't speak the service's protocol, such as a web page: most often a wrong address."""

    code = "not_scim"


class RedirectRefused(RequestError):
    """The answer points to another origin; a token is never sent after it."""

    code = "redirect_refused"


class CertificateRefused(RequestError):
    """The server's TLS certificate can't be trusted."""

    code = "certificate_refused"


class Unavailable(RequestError):
    """No usable answer after all retries: 429, 5xx, refused or broken connections, time-outs."""

    code = "unavailable"


class ResponseLost(Unavailable):
    """The request left and may have been carried out, but its answer never came: look before doing it again."""

    code = "answer_lost"

    def __init__(
        self, message: str, *, hint: str | None = None, status: int | None = None, is_over: bool = False
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.is_over = is_over
        """Whether the server is known to have ended the request: what it hasn't done by now, it won't do later."""


class Unsafe(HeapscimError):
    """A guard refused, or the saved plan no longer fits the world."""

    code = "unsafe"


class MailError(HeapscimError):
    """A summary can't be mailed; what it is about is done all the same."""

    code = "mail"


class LedgerError(HeapscimError):
    """The ledger can't be opened, read or written, so nothing may be sent."""

    code = "ledger"


class Busy(HeapscimError):
    """Another run holds the profile."""

    code = "busy"
