"""Keeps secrets out of logs, errors and tracebacks."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from heapscim.config.credentials import VARIABLE
from heapscim.errors import HeapscimError
from heapscim.http.auth import Auth
from heapscim.http.known_secrets import environment_secrets
from heapscim.http.redaction import redacted


class RedactingFilter(logging.Filter):
    """Masks secrets in everything that is logged."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._environ = environ
        self.secrets: set[str] = set()
        """Secrets in use; the session adds the token that it reads."""
        self.auths: list[Auth] = []
        """Auths in use; they may get new tokens at any time."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass, with its secrets masked."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.msg, record.args = self.clean(text), ()
        return True

    def clean(self, text: str) -> str:
        """Returns a text with every secret masked, in any case."""
        given = {self._environ.get(VARIABLE, ""), *environment_secrets(self._environ)}
        bought = {secret for auth in self.auths for secret in auth.secrets}
        return redacted(text, self.secrets | given | bought)

    def cleaned(self, error: HeapscimError) -> HeapscimError:
        """Returns an error with every secret masked, in case a server's words repeat one."""
        error.message = self.clean(error.message)
        error.hint = None if error.hint is None else self.clean(error.hint)
        error.problems = tuple(map(self.clean, error.problems))
        return error
