"""Finds the system's proxy for a URL and refuses a setting that makes no sense, without repeating its secrets."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from heapscim.errors import UsageError
from heapscim.model.base_url import is_loopback

_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+(%25[\w.-]+)?", re.IGNORECASE)
_USER_INFO = re.compile(
    r"(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*(?::(?:[\w.~!$&'()*+,;=:-]|%[0-9a-f]{2})*)?", re.IGNORECASE
)
"""RFC 3986 §3.2.1; a password may hold colons."""


def proxy_for(base_url: str) -> str | None:
    """Returns the system's proxy for a URL, None if there is none; raises UsageError for one that isn't http."""
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


def unusable_proxy(base_url: str, trouble: str) -> UsageError:
    """Returns the error for a proxy setting that makes no sense. It names the variable, never the value."""
    wanted = (urlsplit(base_url).scheme, "all")
    names = (
        name for scheme in wanted for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()) if os.environ.get(name)
    )
    return UsageError(
        f"{next(names, 'The system setting for the proxy')} can't be used: {trouble}.",
        hint="It is http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, where @ : / ? # and % in a name or password "
        "are written %40 %3A %2F %3F %23 and %25.",
    )


def _trouble(proxy: str) -> str | None:
    """Returns what is wrong with a proxy's URL, in words that repeat none of it; None if nothing is."""
    try:
        parts = urlsplit(proxy)
        _ = parts.port
    except ValueError:
        return "its host or port isn't valid"
    user_info, mark, _ = parts.netloc.rpartition("@")
    if parts.scheme not in ("http", "https"):
        return "it names no http proxy"
    if not _HOST.fullmatch(parts.hostname or ""):
        return "it names no host"
    if parts.path not in ("", "/") or parts.query or parts.fragment or "?" in proxy or "#" in proxy:
        return "there is more after its host and port"
    if mark and not _USER_INFO.fullmatch(user_info):
        return "its user name or password holds a character that must be written percent-coded"
    return None
