"""Which way a request may go: the system's proxy, and a redirect that keeps the secret where it belongs."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from heapscim import errors
from heapscim.answers import Answer, Service
from heapscim.base_url import is_loopback, origin_of

_SAME_METHOD = frozenset({307, 308})


def proxy_for(base_url: str) -> str | None:
    """The system's proxy for a URL, None where there is none; raises UsageError for one that isn't http."""
    parts = urlsplit(base_url)
    if is_loopback(parts.hostname) or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is None:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise errors.UsageError(
            f"The proxy for {parts.hostname} is not an http proxy.",
            hint="Set HTTPS_PROXY=http://HOST:PORT, or unset it.",
        )
    return proxy


def redirected(answer: Answer, method: str, url: str, service: Service) -> str:
    """Where an answer points to; raises RedirectRefused for another origin, and where a write would become a read."""
    try:
        target = urljoin(url, answer.headers.get("location", ""))
        elsewhere = origin_of(target) != origin_of(url)
        host = urlsplit(target).netloc.rpartition("@")[2] or "nowhere"
    except ValueError:
        elsewhere, host, target = True, "an address that isn't one", url
    if elsewhere:
        raise errors.RedirectRefused(
            f"{urlsplit(url).netloc} redirects to {host} ({answer.status}); the {service.secret} is not sent there.",
            hint="If that host is right, activate with its URL.",
            status=answer.status,
        )
    if method != "GET" and answer.status not in _SAME_METHOD:
        raise errors.RedirectRefused(
            f"{method} {url} is redirected to {target} ({answer.status}); only a read may follow that.",
            hint=f"Check {service.address}: something in front of {service.name} may rewrite it.",
            status=answer.status,
        )
    return target
