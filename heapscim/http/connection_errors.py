"""Explains why no response came, or one that can't be read. Knows no HTTP library."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from heapscim import errors
from heapscim.http.responses import Service


def unreadable(method: str, request: str, reason: str, service: Service) -> errors.RequestError:
    """Returns the error for a response that would be no better next time; a POST may have been carried out."""
    message = f"The response to {request} {reason}."
    hint = f"Check {service.address}: another program may be running there."
    if method == "POST":
        return errors.ResponseLost(message, hint=hint, is_over=True)
    return errors.WrongProtocol(message, hint=hint)


def unreachable(error: Exception, url: str, service: Service, reason: str) -> errors.RequestError:
    """Returns the error for a server that no request reached; ``reason`` is what the system or a proxy says."""
    host = urlsplit(url).netloc
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return errors.CertificateRefused(
            f"The TLS certificate of {host} can't be trusted: {cause.verify_message or cause.reason}.",
            hint=f"Check {service.address}; where your company inspects TLS, add its root to the system's trust store.",
        )
    if cause is not None:
        reason = f"it doesn't answer in TLS ({cause.reason})"
    return errors.Unavailable(
        f"{host} can't be reached: {reason}.",
        hint=f"Check {service.address}, the network and, where there is one, the proxy (HTTPS_PROXY, NO_PROXY).",
    )
