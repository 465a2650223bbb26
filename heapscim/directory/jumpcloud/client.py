"""Makes a client for JumpCloud's API: how its two versions write lists and totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heapscim.directory.connection import RestSession
from heapscim.directory.rest.client import Explain, RestClient
from heapscim.directory.rest.paging import Offset
from heapscim.http.responses import JsonResponse


def jumpcloud_client(
    session: RestSession, explain: Explain, *, page_size: int, headers: Mapping[str, str]
) -> RestClient:
    """Returns a client for one organisation. A short page doesn't end a list, since null records make pages short."""
    return RestClient(session, explain, "JumpCloud", Offset(page_size), _rows_of, headers)


def _rows_of(response: JsonResponse) -> tuple[Sequence[Any] | None, int | None] | None:
    """Reads a list of version 1 (``{results, totalCount}``) or 2 (an array, and ``x-total-count`` beside it).

    An empty list may be written as null, and in version 1 be left out. It counts as empty only if its total says so.
    """
    document = response.document
    if isinstance(document, Mapping):
        rows, total = document.get("results"), _number(document.get("totalCount"))
        if isinstance(rows, list):
            return rows, total
        return ((), 0) if rows is None and total == 0 else None
    total = _number(response.headers.get("x-total-count"))
    if isinstance(document, list):
        return document, total
    if document is None and response.size and not total:
        return (None, None) if total is None else ((), 0)
    return None


def _number(value: object) -> int | None:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    except ValueError:
        return None
    return number if number >= 0 else None
