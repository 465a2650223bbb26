"""The exception tree: every failure heapscim can explain.

HeapscimError
├── UsageError                      the command line, or a list of people that it names, makes no sense
├── SettingsError                   a profile or its file is missing, unreadable or wrong
├── CredentialError                 the token can't be stored or read
│   ├── KeyringMissing              there is no keyring that keeps a secret safely
│   ├── Disconnected                the connection was deactivated: no command writes until it is activated again
│   └── TokenMissing                there is no token for the profile
├── DirectoryError                  the source can't be read
│   ├── RosterInvalid               the roster has problems; all of them are listed
│   ├── DirectoryUnauthenticated    the directory refuses the key, or there is none (401)
│   │   ├── WrongRegion             the key is valid, but for another region's host
│   │   └── OrganisationNeeded      the key can see several organisations, and none is selected
│   ├── DirectoryForbidden          the key's role may not do this (403)
│   ├── NotInDirectory              nothing there has this name
│   ├── AmbiguousInDirectory        several entries there have this name
│   └── DirectoryUnavailable        no usable response after all retries
│       └── DirectoryResponseLost   a write got no response, but may have been carried out
├── RequestError                    a request to a service failed; a directory wraps these into its own errors
│   ├── Unauthenticated             the token is refused (401, or 400 in Heap's words)
│   ├── Forbidden                   the token doesn't allow this (403)
│   ├── NotFound                    no such resource (404)
│   │   └── PeopleUnknown           several names aren't the name of exactly one account; all of them are listed
│   ├── Taken                       a resource with this name exists (409)
│   ├── Rejected                    any other refusal of the request (4xx)
│   │   ├── MembersRefused          some members couldn't be added or removed; the others were
│   │   └── PutIsUnsafe             a PUT isn't sent: it could remove what the tenant doesn't show
│   ├── NotImplementedByService     the service doesn't support the method or feature (405, 501)
│   ├── WrongProtocol               the response isn't in the service's protocol
│   ├── RedirectRefused             the response redirects to another origin
│   ├── CertificateRefused          the server's TLS certificate can't be trusted
│   └── Unavailable                 no usable response after all retries (429, 5xx, connection faults)
│       └── ResponseLost            the request got no response, but may have been carried out
├── Unsafe                          a guard refused, or a saved plan no longer fits
├── MailError                       a summary or news can't be mailed
├── LedgerError                     the ledger can't be opened, read or written
└── Busy                            another run holds the profile

Every class carries a stable ``code`` for scripts; every instance a message that says what failed, and a hint that
says what to do next. No message ever holds a token, a header or a body.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the Tab key comes here, and typing costs it half of its time
    from collections.abc import Collection
    from typing import ClassVar


class HeapscimError(Exception):
    """A failure with a stable code, a message for a person and, if there is one, the next step."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems
        """What is wrong, a sentence each, if the message sums up several."""
        self.hint = hint


class UsageError(HeapscimError):
    """The command line, or a list of people that it names, makes no sense."""

    code = "usage"


class SettingsError(HeapscimError):
    """A profile or its file is missing, unreadable or wrong; ``problems`` lists wrong settings if there are several."""

    code = "settings"


class CredentialError(HeapscimError):
    """The token can't be stored or read: there is no keyring, or it is locked or refuses."""

    code = "credentials"


class KeyringMissing(CredentialError):
    """There is no keyring that keeps a secret safely, so heapscim has stored none."""

    code = "keyring_missing"


class Disconnected(CredentialError):
    """The connection was deactivated: no command writes until it is activated again, whatever token there is."""

    code = "disconnected"


class TokenMissing(CredentialError):
    """There is no token for the profile."""

    code = "token_missing"


class DirectoryError(HeapscimError):
    """The source of people and groups can't be read."""

    code = "directory"


class RosterInvalid(DirectoryError):
    """The roster has problems; ``problems`` lists all of them, each with file, line and column."""

    code = "roster_invalid"


class DirectoryUnauthenticated(DirectoryError):
    """The directory refuses the key, or there is no key."""

    code = "directory_unauthenticated"


class WrongRegion(DirectoryUnauthenticated):
    """The key is valid, but for another region's host."""

    code = "wrong_region"


class OrganisationNeeded(DirectoryUnauthenticated):
    """The key can see several organisations, and the profile selects none of them."""

    code = "organisation_needed"


class DirectoryForbidden(DirectoryError):
    """The key's role lacks a permission."""

    code = "directory_forbidden"


class NotInDirectory(DirectoryError):
    """Nothing in the directory has this name; the hint lists the names that exist."""

    code = "not_in_directory"


class AmbiguousInDirectory(DirectoryError):
    """Several entries in the directory have this name; the hint lists them."""

    code = "ambiguous_in_directory"


class DirectoryUnavailable(DirectoryError):
    """The directory gave no usable response, after all retries."""

    code = "directory_unavailable"


class DirectoryResponseLost(DirectoryUnavailable):
    """A write to the directory got no response, but may have been carried out: check before you try again."""

    code = "directory_answer_lost"


class RequestError(HeapscimError):
    """A request to a service failed. ``status`` is the HTTP status, None if there was no response."""

    code = "target"

    def __init__(
        self,
        message: str,
        *,
        problems: tuple[str, ...] = (),
        hint: str | None = None,
        status: int | None = None,
        scim_type: str | None = None,
    ) -> None:
        super().__init__(message, problems=problems, hint=hint)
        self.status = status
        self.scim_type = scim_type
        """The detail keyword of RFC 7644 §3.12 (``uniqueness``, ``invalidFilter`` …), if the response holds one."""


class Unauthenticated(RequestError):
    """The service refuses the token: 401, or 400 with the text ``Invalid bearer token header``, as Heap does."""

    code = "unauthenticated"


class Forbidden(RequestError):
    """The service accepts the token but doesn't allow the request (403)."""

    code = "forbidden"


class NotFound(RequestError):
    """The resource doesn't exist (404)."""

    code = "not_found"
    names: frozenset[str] = frozenset()
    """The names in the JSON object of the response, without values; none if it isn't one, such as a proxy's page."""


class PeopleUnknown(NotFound):
    """Several names aren't the name of exactly one account; ``problems`` lists all of them."""

    code = "people_unknown"


class Taken(RequestError):
    """A resource with this name already exists (409)."""

    code = "taken"


class Rejected(RequestError):
    """The service refused the request for another reason (any other 4xx)."""

    code = "rejected"


class MembersRefused(Rejected):
    """Heap refused to add or remove some members of a group; the other members were added or removed."""

    code = "members_refused"

    def __init__(self, cause: RequestError, ids: Collection[str]) -> None:
        super().__init__(cause.message, hint=cause.hint, status=cause.status, scim_type=cause.scim_type)
        self.ids = frozenset(ids)
        """Heap ids of those it refused."""


class PutIsUnsafe(Rejected):
    """heapscim doesn't send a PUT, since it could remove what the tenant doesn't show."""

    code = "put_is_unsafe"


class NotImplementedByService(RequestError):
    """The service doesn't support the method or feature (405, 501)."""

    code = "not_implemented"


class WrongProtocol(RequestError):
    """The response isn't in the service's protocol but, for example, a web page: usually the address is wrong."""

    code = "not_scim"


class RedirectRefused(RequestError):
    """The response redirects to another origin; heapscim never sends a token there."""

    code = "redirect_refused"


class CertificateRefused(RequestError):
    """The server's TLS certificate can't be trusted."""

    code = "certificate_refused"


class Unavailable(RequestError):
    """No usable response after all retries: 429, 5xx, refused or broken connections, time-outs."""

    code = "unavailable"


class ResponseLost(Unavailable):
    """The request got no response, but may have been carried out: check before you try again."""

    code = "answer_lost"

    def __init__(
        self, message: str, *, hint: str | None = None, status: int | None = None, is_over: bool = False
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.is_over = is_over
        """Whether the server is known to have ended the request: what it hasn't done by now, it won't do later."""


class Unsafe(HeapscimError):
    """A guard refused, or the saved plan no longer matches Heap and the directory."""

    code = "unsafe"


class MailError(HeapscimError):
    """A summary or news can't be mailed; the work that it is about is done."""

    code = "mail"


class LedgerError(HeapscimError):
    """The ledger can't be opened, read or written, so no request may be sent."""

    code = "ledger"


class Busy(HeapscimError):
    """Another run holds the profile."""

    code = "busy"


def unexpected(error: Exception) -> HeapscimError:
    """Returns the error for a mistake of ours, which a script and a person see like any other."""
    return HeapscimError(
        f"This should not happen: {type(error).__name__}: {error}.",
        hint="Run the same command with --debug and report what it prints; the token isn't in it.",
    )
