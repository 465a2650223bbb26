"""Certificates for servers of tests, and the trust store that holds their root."""

import ssl
from pathlib import Path

import pytest
import trustme


def trusted_server(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> ssl.SSLContext:
    """A server's context with a certificate for ``names`` whose root the system trusts from now on."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "roots.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "roots.pem"))
    return server_context(authority, *names)


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """A server's context with a certificate for ``names`` by this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(*names).configure_cert(context)
    return context
