"""The Base URL: normalised and checked before a token is ever sent to it."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from heapscim.errors import UsageError

_HINT = "It looks like https://heapanalytics.com/scim/v2/1234567 and stands where Heap shows the Bearer Token."
_DEFAULT_PORTS = {"https": 443, "http": 80}


def normalise_base_url(text: str) -> str:
    """Answers the Base URL without trailing slash, scheme and host in lower case.

    https only, http for loopback alone. Raises UsageError for anything a token shouldn't be sent to.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{text!r} is not a URL.", hint=_HINT) from None
    _check(text, parts, host)
    bracketed = f"[{host}]" if host and ":" in host else host
    origin = bracketed if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{bracketed}:{port}"
    return f"{parts.scheme}://{origin}{parts.path.rstrip('/')}"


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


def _check(text: str, parts: SplitResult, host: str | None) -> None:
    if any(char.isspace() or not char.isprintable() for char in text):
        raise UsageError("The Base URL holds white space or control characters.", hint=_HINT)
    if parts.username is not None or parts.password is not None:
        raise UsageError("The Base URL holds a user name or password; Heap takes a bearer token instead.", hint=_HINT)
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise UsageError(f"{text!r} is not an https URL.", hint=_HINT)
    if parts.query or parts.fragment:
        raise UsageError("The Base URL holds a query or fragment.", hint=_HINT)
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError("The Base URL begins with http: the token would travel unprotected.", hint=_HINT)
