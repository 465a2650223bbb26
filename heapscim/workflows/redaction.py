"""Keeps secrets out of logs, errors and tracebacks."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from heapscim.config.credentials import VARIABLE
from heapscim.errors import HeapscimError, RosterInvalid
from heapscim.http.auth import Auth
from heapscim.http.redaction import environment_secrets, redacted


class RedactingFilter(logging.Filter):
    """Takes the token out of whatever is logged."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._environ = environ
        self.secrets: set[str] = set()
        """Those in use; the session adds the token that it reads."""
        self.auths: list[Auth] = []
        """Those in use, which may buy tokens that nobody knows yet."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass, without the token."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.msg, record.args = self.clean(text), ()
        return True

    def clean(self, text: str) -> str:
        """The text without any secret, in whatever case."""
        given = {self._environ.get(VARIABLE, ""), *environment_secrets(self._environ)}
        bought = {secret for auth in self.auths for secret in auth.secrets}
        return redacted(text, self.secrets | given | bought)

    def cleaned(self, error: HeapscimError) -> HeapscimError:
        """The error without any secret, where a server has put one into what the error repeats."""
        error.message = self.clean(error.message)
        error.hint = None if error.hint is None else self.clean(error.hint)
        if isinstance(error, RosterInvalid):
            error.problems = tuple(map(self.clean, error.problems))
        return error
