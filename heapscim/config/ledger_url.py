"""Checks where a shared ledger is before a password is ever sent there: a PostgreSQL URL, without the password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from heapscim.errors import SettingsError
from heapscim.model.base_url import is_loopback

PASSWORD_VARIABLE = "HEAPSCIM_LEDGER_PASSWORD"  # noqa: S105 - a name
_FORM = "Write it like postgresql://heapscim@db.example.com:5432/heapscim."
_CERTIFICATES = frozenset({"sslrootcert", "sslcert", "sslkey"})
_KNOWN = frozenset({"host", "schema", "sslmode"}) | _CERTIFICATES
_LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL, which cuts off the rest without a word."""


@dataclass(frozen=True, slots=True)
class LedgerUrl:
    """Holds where a ledger is in PostgreSQL, and how the connection is encrypted."""

    host: str
    """A host, or the folder of a Unix socket; empty for the socket in its usual folder."""
    port: int | None
    user: str | None
    database: str | None
    schema: str | None
    """The schema of this ledger. Not set: heapscim_PROFILE."""
    certificates: Mapping[str, str] = field(default_factory=dict)
    """Paths of files with certificates and keys, by the names that libpq gives them."""
    verified: bool = True
    """Whether the server has to prove by its certificate who it is."""

    def __str__(self) -> str:
        where = "this machine" if not self.host or self.host.startswith("/") else self.host
        return f"{self.database or 'the default database'} on {where}{f':{self.port}' if self.port else ''}"

    def schema_of(self, profile: str) -> str:
        """Returns the schema of a profile's ledger; raises SettingsError if PostgreSQL would cut its name off."""
        schema = self.schema or f"heapscim_{profile}"
        if len(schema.encode()) > _LONGEST_NAME:
            raise SettingsError(
                f"The schema {schema} has a longer name than PostgreSQL keeps.",
                hint="Add ?schema=NAME with a shorter one to ledger.url.",
            )
        return schema


def ledger_url(text: str) -> LedgerUrl:
    """Returns a URL in its parts; raises SettingsError for a password in it, and for a connection that isn't safe."""
    try:
        parts = urlsplit(text.strip())
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        port, query = parts.port, dict(pairs)
    except ValueError:
        raise SettingsError("The URL of the ledger can't be read.", hint=_FORM) from None
    if problem := _problem(parts, pairs):
        raise SettingsError(problem, hint=_FORM)
    host = query.get("host", "") or parts.hostname or ""
    is_near = not host or host.startswith("/") or is_loopback(host)
    mode = query.get("sslmode") or ("" if is_near else "verify-full")
    if mode not in {"", "verify-full"}:
        raise SettingsError(
            f"sslmode={mode} lets another server pass for {host or 'this one'}.",
            hint="Leave sslmode out: the certificate is verified. Add sslrootcert=FILE for a root of your own.",
        )
    return LedgerUrl(
        host,
        port,
        unquote(parts.username) if parts.username else None,
        unquote(parts.path.strip("/")) or None,
        query.get("schema") or None,
        {name: value for name, value in query.items() if name in _CERTIFICATES},
        verified=mode == "verify-full",
    )


def ledger_url_setting(text: str) -> str:
    """Returns the URL of a settings file; raises ValueError, which pydantic words with file and key."""
    try:
        ledger_url(text)
    except SettingsError as error:
        raise ValueError(f"{error.message} {error.hint or ''}".rstrip()) from None
    return text.strip()


def _problem(parts: SplitResult, pairs: list[tuple[str, str]]) -> str | None:
    """Returns what is wrong with a URL, without repeating it: there may be a password in it."""
    names = [name for name, _ in pairs]
    if parts.password is not None or any("password" in name or name == "passfile" for name in names):
        return (
            "A password doesn't belong in the URL of the ledger. Put it into"
            f" {PASSWORD_VARIABLE}, a file that PGPASSFILE names, the systemd credential heapscim.PROFILE.ledger, or"
            " the keyring (`heapscim activate --ledger-password-stdin`)."
        )
    if parts.scheme not in {"postgresql", "postgres"}:
        return "The URL of the ledger isn't one of PostgreSQL."
    if parts.fragment:
        return "The URL of the ledger has a part behind #, which means nothing there."
    if len(names) != len(set(names)) or not set(names) <= _KNOWN:
        return f"The URL of the ledger may have {', '.join(sorted(_KNOWN))}, each once, and nothing else behind the ?."
    if "host" in names and parts.hostname:
        return "The URL of the ledger names two hosts."
    if "," in parts.netloc or "," in dict(pairs).get("host", ""):
        return "The URL of the ledger names several hosts; heapscim writes to one."
    return None
