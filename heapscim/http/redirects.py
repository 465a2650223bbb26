"""Which way a request may go: the system's proxy, and a redirect that keeps the secret where it belongs."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from heapscim import errors
from heapscim.http.base_url import is_loopback, origin_of
from heapscim.http.redaction import foreign_words
from heapscim.http.responses import Response, Service

_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+(%25[\w.-]+)?", re.IGNORECASE)
_USER_INFO = re.compile(
    r"(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*(?::(?:[\w.~!$&'()*+,;=:-]|%[0-9a-f]{2})*)?", re.IGNORECASE
)
"""RFC 3986 §3.2.1; a password may hold colons."""
_SAME_METHOD = frozenset({307, 308})
_SEE_OTHER = 303
"""The request was carried out, and its result is to be seen elsewhere (RFC 9110 §15.4.4)."""


def proxy_for(base_url: str) -> str | None:
    """The system's proxy for a URL, None where there is none; raises UsageError for one that isn't http."""
    parts = urlsplit(base_url)
    if is_loopback(parts.hostname) or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    proxy = (proxies.get(parts.scheme) or proxies.get("all") or "").strip()
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if trouble := _trouble(proxy):
        raise unusable_proxy(base_url, trouble)
    return proxy


def unusable_proxy(base_url: str, trouble: str) -> errors.UsageError:
    """The error for a proxy setting that makes no sense. It names the variable, never the value."""
    wanted = (urlsplit(base_url).scheme, "all")
    names = (
        name for scheme in wanted for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()) if os.environ.get(name)
    )
    return errors.UsageError(
        f"{next(names, 'The system setting for the proxy')} can't be used: {trouble}.",
        hint="It is http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, where @ : / ? # and % in a name or password "
        "are written %40 %3A %2F %3F %23 and %25.",
    )


def _trouble(proxy: str) -> str | None:
    """What is wrong with a proxy's URL, in words that repeat none of it; None where nothing is."""
    try:
        parts = urlsplit(proxy)
        _ = parts.port
    except ValueError:
        return "its host or port makes no sense"
    user_info, mark, _ = parts.netloc.rpartition("@")
    if parts.scheme not in ("http", "https"):
        return "it names no http proxy"
    if not _HOST.fullmatch(parts.hostname or ""):
        return "it names no host"
    if parts.path not in ("", "/") or parts.query or parts.fragment or "?" in proxy or "#" in proxy:
        return "something follows its host and port"
    if mark and not _USER_INFO.fullmatch(user_info):
        return "its user name or password holds a character that must be written percent-coded"
    return None


def redirected(answer: Response, method: str, url: str, *, service: Service, secrets: Collection[str]) -> str:
    """Where an answer points to; raises RedirectRefused for another origin, and where a write would become a read.

    A POST that is done by then raises AnswerLost.
    """
    try:
        target = urljoin(url, answer.headers.get("location", ""))
        elsewhere = origin_of(target) != origin_of(url)
        host = foreign_words(urlsplit(target).netloc.rpartition("@")[2], secrets) or "nowhere"
    except ValueError:
        elsewhere, host, target = True, "an address that isn't one", url
    if elsewhere:
        raise errors.RedirectRefused(
            f"{urlsplit(url).netloc} redirects to {host} ({answer.status}); the {service.secret} is not sent there.",
            hint="If that host is right, activate with its URL.",
            status=answer.status,
        )
    if method == "POST" and answer.status == _SEE_OTHER:
        message = f"{method} {url} is answered by a redirect ({answer.status}): what came of it isn't shown."
        raise errors.ResponseLost(message, hint="Try again later.", status=answer.status, is_over=True)
    if method != "GET" and answer.status not in _SAME_METHOD:
        shown = foreign_words(target, secrets)
        raise errors.RedirectRefused(
            f"{method} {url} is redirected to {shown} ({answer.status}); only a read may follow that.",
            hint=f"Check {service.address}: something in front of {service.name} may rewrite it.",
            status=answer.status,
        )
    return target
