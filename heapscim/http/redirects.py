"""Decides whether a redirect may be followed: never to another origin, so that no secret is sent there."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

from heapscim import errors
from heapscim.http.redaction import foreign_words
from heapscim.http.responses import Response, Service
from heapscim.model.base_url import origin_of

_SAME_METHOD = frozenset({307, 308})
_SEE_OTHER = 303
"""The request was carried out; its result is shown elsewhere (RFC 9110 §15.4.4)."""


def redirected(response: Response, request: str, url: str, *, service: Service, secrets: Collection[str]) -> str:
    """Returns the URL that a redirect of a request points to; ``request`` names it, such as ``GET /Users``.

    Raises RedirectRefused for another origin, or if a write would become a read; ResponseLost for a redirect that can't
    be read, and for a POST that the server has already carried out.
    """
    method = request.partition(" ")[0]
    try:
        target = urljoin(url, response.headers.get("location", ""))
        parts = urlsplit(target)
    except ValueError as error:
        message = f"The response to {request} is a redirect ({response.status}) to an address that can't be read."
        raise errors.ResponseLost(message, hint="Try again later.", status=response.status, is_over=True) from error
    if not parts.netloc:
        raise errors.RedirectRefused(
            f"{request} is redirected to an invalid address: {foreign_words(target, secrets)}",
            hint=f"Check {service.address}.",
            status=response.status,
        )
    try:
        elsewhere = origin_of(target) != origin_of(url)
        host = foreign_words(parts.netloc.rpartition("@")[2], secrets) or "nowhere"
    except ValueError:
        elsewhere, host = True, "an address that isn't one"
    if elsewhere:
        raise errors.RedirectRefused(
            f"{urlsplit(url).netloc} redirects to {host} ({response.status}); the {service.secret} isn't sent there.",
            hint=f"If that host is right, change {service.address} to it.",
            status=response.status,
        )
    if method == "POST" and response.status == _SEE_OTHER:
        message = f"The response to {method} {url} is a redirect ({response.status}) and doesn't show the result."
        raise errors.ResponseLost(message, hint="Try again later.", status=response.status, is_over=True)
    if method != "GET" and response.status not in _SAME_METHOD:
        shown = foreign_words(target, secrets)
        raise errors.RedirectRefused(
            f"{method} {url} is redirected to {shown} ({response.status}); only a read may follow it.",
            hint=f"Check {service.address}: a proxy in front of {service.name} may rewrite it.",
            status=response.status,
        )
    return target
