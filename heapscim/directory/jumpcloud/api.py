"""JumpCloud's API: how its lists are asked for and what they look like. They prove themselves by their totals."""

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
    """Returns a client for one organisation. A list never ends at a short page: null records make pages short."""
    return RestClient(session, explain, "JumpCloud", Offset(page_size), _rows_of, headers)


def _rows_of(response: JsonResponse) -> tuple[Sequence[Any], int | None] | None:
    """Reads a list of version 1 (``{results, totalCount}``) or 2 (an array, and ``x-total-count`` beside it)."""
    document = response.document
    if isinstance(document, Mapping) and isinstance(document.get("results"), list):
        return document["results"], _number(document.get("totalCount"))
    if isinstance(document, list):
        return document, _number(response.headers.get("x-total-count"))
    return None


def _number(value: object) -> int | None:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    except ValueError:
        return None
    return number if number >= 0 else None
