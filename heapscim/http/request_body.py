"""Encodes what a request sends as JSON, and refuses what can't be encoded."""

from __future__ import annotations

import json

from heapscim import errors


def encoded(document: object, request: str) -> bytes:
    """Returns a document as JSON in UTF-8; raises Rejected if a text in it can't be encoded."""
    try:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise half_a_character(request) from error


def half_a_character(request: str) -> errors.Rejected:
    """Returns the error for a request that holds half of a surrogate pair."""
    return errors.Rejected(
        f"{request} can't be sent: a text in it holds half a character.", hint="Correct the name in the directory."
    )
