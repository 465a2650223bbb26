"""Connects to PostgreSQL: by TLS with a proven server, or plainly to this machine; with settings of our own."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from heapscim.config.ledger_url import LedgerUrl
from heapscim.errors import LedgerError
from heapscim.ledger.postgres.errors import explained, refused
from heapscim.model.secret import SecretStr

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # it warns of what is raised as an error anyway
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that is cut off is given up after about half a minute, by libpq's own names."""
_OURS = {
    "extra_float_digits": "1",
    "lock_timeout": "10s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "default_transaction_isolation": "read committed",
    "row_security": "off",
}
"""What a role or a database may have set otherwise: each moment is stored exactly, and no rule hides rows."""
_FIRST_WITH_IDLE_TIMEOUT = 140_000
_SOCKETS = ("/var/run/postgresql", "/tmp")  # noqa: S108 - where servers have their sockets


def connect(url: LedgerUrl, schema: str, passwords: Sequence[Callable[[], SecretStr | None]]) -> psycopg.Connection:
    """Connects to a schema; a password is looked for as long as the server asks for one. Raises LedgerError."""
    where = str(url)
    connection = _connected(url, passwords)
    try:
        with explained(where):
            _use_our_settings(connection, schema)
            _refuse_few_letters(connection, where)
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(url: LedgerUrl, passwords: Sequence[Callable[[], SecretStr | None]]) -> psycopg.Connection:
    with _parameters(url) as parameters:
        tried: list[psycopg.OperationalError] = []
        for find in passwords or (lambda: None,):
            password = find()
            if password is None and tried:
                continue
            if password is not None:
                parameters["password"] = password.get_secret_value()
            try:
                return psycopg.connect(autocommit=True, **parameters)
            except psycopg.OperationalError as error:
                tried.append(error)
                if error.pgconn is None or not error.pgconn.needs_password:
                    break
        raise refused(str(url), tried[-1]) from None


@contextmanager
def _parameters(url: LedgerUrl) -> Iterator[dict[str, Any]]:
    """Yields what libpq is told. What it would take from its own variables for an empty one is given, too."""
    sockets = (folder for folder in _SOCKETS if os.path.isdir(folder))  # noqa: PTH112
    given: dict[str, Any] = {
        "host": url.host or next(sockets, "localhost"),
        "hostaddr": "",
        "options": "",
        "gssencmode": "disable",
        "target_session_attrs": "any",
        "sslmode": "verify-full" if url.verified else "prefer",
        "client_encoding": "UTF8",
        "application_name": "heapscim",
        **({} if url.port is None else {"port": url.port}),
        **({} if url.user is None else {"user": url.user}),
        **({} if url.database is None else {"dbname": url.database}),
        **_PATIENCE,
        **url.certificates,
    }
    if not url.verified or "sslrootcert" in url.certificates:
        yield given
    elif file := ssl.get_default_verify_paths().cafile:
        yield {**given, "sslrootcert": file}
    else:  # the trust store of a system that has no such file, which libpq can't read
        with TemporaryDirectory() as folder:
            roots = Path(folder) / "roots.pem"
            found = ssl.create_default_context().get_ca_certs(binary_form=True)
            roots.write_text("".join(map(ssl.DER_cert_to_PEM_cert, found)), "ascii")
            yield {**given, "sslrootcert": str(roots)}


def _use_our_settings(connection: psycopg.Connection, schema: str) -> None:
    """Sets what statements rely on: our schema and no other, commits that are on disk, and no time limit."""
    quoted = psycopg.sql.Identifier(schema).as_string(connection)
    ours = {"search_path": f"{quoted}, pg_temp", **_OURS}
    if connection.info.server_version >= _FIRST_WITH_IDLE_TIMEOUT:
        ours["idle_session_timeout"] = "0"
    connection.execute(
        "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS ours (name, value)"
        " UNION ALL SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'",
        ([*ours], [*ours.values()]),
    )


def _refuse_few_letters(connection: psycopg.Connection, where: str) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        hint = "Make a database for the ledger with ENCODING 'UTF8'."
        raise LedgerError(f"The database {where} is encoded in {encoding}, which lacks letters.", hint=hint)
