"""Normalises a Base URL and checks it before a secret is ever sent to it."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from heapscim.errors import UsageError

_DEFAULT_PORTS = {"https": 443, "http": 80}


def normalise_base_url(text: str, *, hint: str | None = None, secret: str = "token") -> str:  # noqa: S107
    """Returns the Base URL without trailing slash, scheme and host in lower case.

    https only, http for loopback alone. Raises UsageError for anything that a ``secret`` shouldn't be sent to, with the
    ``hint`` of the service that it belongs to.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{_without_user(text)!r} is not a URL.", hint=hint) from None
    if problem := _problem(text, parts, host, secret):
        raise UsageError(problem, hint=hint)
    bracketed = f"[{host}]" if host and ":" in host else host
    origin = bracketed if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{bracketed}:{port}"
    return f"{parts.scheme}://{origin}{parts.path.rstrip('/')}"


def base_url_setting(text: str, *, hint: str | None = None, secret: str = "token") -> str:  # noqa: S107
    """Returns the Base URL of a settings file likewise; raises ValueError, which pydantic words with file and key."""
    try:
        return normalise_base_url(text, secret=secret)
    except UsageError as error:
        raise ValueError(f"{error.message} {hint or ''}".rstrip()) from None


def same_tenant(one: str | None, other: str | None) -> bool:
    """Whether two texts are one Base URL, however it is written; one that isn't a Base URL is like no other."""
    try:
        return normalise_base_url(one or "") == normalise_base_url(other or "")
    except UsageError:
        return False


def origin_of(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port, for telling whether two URLs are served by the same party."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _without_user(text: str) -> str:
    """Leaves out what may be a user name and a password, so that no message repeats them."""
    return text.rpartition("@")[2]


def _problem(text: str, parts: SplitResult, host: str | None, secret: str) -> str | None:
    """Says why a secret shouldn't be sent to a URL; None if it may be."""
    if any(char.isspace() or not char.isprintable() for char in text):
        return "The Base URL holds white space or control characters."
    if parts.username is not None or parts.password is not None:
        return f"The Base URL holds a user name or password; the {secret} is given apart from it."
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return f"{_without_user(text)!r} is not an https URL."
    if parts.query or parts.fragment:
        return "The Base URL holds a query or fragment."
    if parts.scheme == "http" and not is_loopback(host):
        return f"The Base URL begins with http: the {secret} would travel unprotected."
    return None
