"""What an HTTP answer means: a status and its words become one of our errors, without token or body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heapscim import errors
from heapscim.scim.messages import error_words

_BAD_TOKEN_TEXT = "invalid bearer token header"  # noqa: S105 - Heap's words for a malformed token
_MOST_WORDS = 200
_FRESH_TOKEN = "Run `heapscim activate` again with a fresh token from Heap's account settings."  # noqa: S105
_CHECK_URL = "Check the Base URL: it ends in /scim/v2/ and the number of the tenant."


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer with its body read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def looks_like_html(self) -> bool:
        """Whether a web page answered, whatever its label says."""
        label = self.headers.get("content-type", "").casefold()
        return "html" in label or self.body.lstrip()[:1] == b"<"

    def document(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON, None where it is empty; raises ValueError where it is neither."""
        if not self.body.strip():
            return None
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def error_of(answer: Answer, *, request: str, secret: str) -> errors.TargetError:
    """The error an unsuccessful answer stands for. ``request`` names it to a person, such as ``GET /Users``."""
    words, scim_type = _words(answer, secret)
    status = answer.status
    said = f" Heap says: {words}" if words else ""
    match status:
        case _ if status == 401 or (status == 400 and _BAD_TOKEN_TEXT in words.casefold()):
            return errors.Unauthenticated(
                f"Heap rejected the token ({status}).{said}", hint=_FRESH_TOKEN, status=status
            )
        case 403:
            hint = "The token must belong to an administrator, with SCIM provisioning enabled."
            return errors.Forbidden(f"The token may not do this: {request} (403).{said}", hint=hint, status=status)
        case 404:
            return errors.NotFound(f"Nothing is there: {request} (404).{said}", hint=_CHECK_URL, status=status)
        case 409:
            return errors.Taken(
                f"Heap has one of that name already: {request} (409).{said}", status=status, scim_type=scim_type
            )
        case 405 | 501:
            message = f"Heap doesn't implement {request} ({status}).{said}"
            return errors.NotImplementedByTarget(message, status=status, scim_type=scim_type)
        case _ if 400 <= status < 500 and status not in (408, 429):
            return errors.Rejected(f"Heap refused {request} ({status}).{said}", status=status, scim_type=scim_type)
    hint = "Try again later; nothing is lost."
    return errors.Unavailable(f"Heap can't answer {request} now ({status}).{said}", hint=hint, status=status)


def not_scim(request: str, status: int) -> errors.NotScim:
    """The error for something that answers, but not in SCIM."""
    return errors.NotScim(
        f"Something answered {request} ({status}) that doesn't speak SCIM, such as a web page.",
        hint=_CHECK_URL,
        status=status,
    )


def _words(answer: Answer, secret: str) -> tuple[str, str | None]:
    scim_type = None
    if answer.looks_like_html:
        return "", None
    try:
        detail, scim_type = error_words(answer.document())
        text = detail or ""
    except ValueError:
        text = answer.body[: 4 * _MOST_WORDS].decode("utf-8", "replace")
    if secret:
        text = text.replace(secret, "***")
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return (text if len(text) <= _MOST_WORDS else text[: _MOST_WORDS - 1] + "…"), scim_type
