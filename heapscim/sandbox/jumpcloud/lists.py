"""Serves the lists of the rehearsal JumpCloud: order, pages, totals; and its error responses.

"Reference" is the page of facts that this project keeps about Heap and JumpCloud, by section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from heapscim.sandbox.jumpcloud.store import Document, JumpCloudBehaviour

_MOST = 100
_DEFAULT = 10
_WORDS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
          409: "ALREADY_EXISTS", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}  # fmt: skip


class JumpCloudRefused(Exception):
    """Refuses a request with an error response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Lists:
    """Serves lists as the switches say at the time."""

    def __init__(self, behaviour: Callable[[], JumpCloudBehaviour]) -> None:
        self._behaviour = behaviour
        self._asked = 0

    def v1(self, request: Request, rows: Sequence[Document]) -> Document:
        """Returns ``{results, totalCount}`` (reference 3.1)."""
        _, page = self._page(request, rows)
        total = {"totalCount": self._total(len(rows))}
        if page or self._behaviour().null_lists == "no":
            return {"results": page, **total}
        return total if self._behaviour().null_lists == "absent" else {"results": None, **total}

    def v2(self, request: Request, rows: Sequence[Document | None]) -> Response:
        """Returns a bare array, with ``x-total-count`` and a ``Link`` if the switches say so (reference 3.1)."""
        end, page = self._page(request, rows)
        if self._behaviour().endless == "yes":
            page = page or list(rows)
        response = JSONResponse(page if page or self._behaviour().null_lists == "no" else None)
        if self._behaviour().totals == "yes":
            response.headers["x-total-count"] = str(self._total(len(rows)))
        if self._behaviour().links == "yes" and end < len(rows):
            response.headers["Link"] = f'<{request.url.include_query_params(skip=end)}>; rel="next"'
        return response

    def _page(self, request: Request, rows: Sequence[Document | None]) -> tuple[int, list[Document | None]]:
        """Cuts a page: ``limit`` is 10 by default, at most 100 (reference 3.1, jcapi-python issue 38)."""
        limit, skip = _whole(request, "limit", _DEFAULT), _whole(request, "skip", 0)
        if limit > _MOST:
            raise JumpCloudRefused(400, f'Bad Request: request parameter "limit" exceeds maximum value of {_MOST}')
        path = self._behaviour().refuses_sort
        if path and "sort" in request.query_params and request.url.path.endswith(path):
            raise JumpCloudRefused(400, 'Bad Request: request parameter "sort" is unknown')
        place = f"{request.url.path.rpartition('/')[2]}@{skip}"
        if place == self._behaviour().lost_page:
            raise JumpCloudRefused(500, "Internal Server Error")
        page = list(rows[skip : skip + min(limit, self._behaviour().page_cap)])
        end = skip + len(page)
        if place == self._behaviour().empty_page:
            return end, []
        if self._behaviour().null_members == "dropped":
            page = [row for row in page if row is not None]
        return end, page

    def _total(self, number: int) -> int:
        self._asked += 1
        moved = self._asked if self._behaviour().moving_total == "yes" else 0
        return max(number + self._behaviour().wrong_total + moved, 0)

    def ordered(self, request: Request, rows: Iterable[Document]) -> list[Document]:
        """Sorts by ``sort``: field names with spaces between, ``-`` for descending (jcapi-python, GET /systemusers)."""
        ordered = list(rows)
        if self._behaviour().ignores_sort == "yes":
            return ordered
        for name in reversed(request.query_params.get("sort", "").split()):
            field = name.removeprefix("-")
            ordered.sort(key=lambda row: str(row.get(field) or ""), reverse=name != field)
        return ordered


def declined(error: JumpCloudRefused) -> Response:
    """Returns ``{code, message, status}`` (reference 3.1); a 429 has Retry-After."""
    body = {"code": error.status, "message": error.message, "status": _WORDS[error.status]}
    headers = {"Retry-After": "1"} if error.status == 429 else {}
    return JSONResponse(body, error.status, headers)


def _whole(request: Request, name: str, default: int) -> int:
    try:
        return max(int(request.query_params.get(name, default)), 0)
    except ValueError:
        raise JumpCloudRefused(400, f'Bad Request: request parameter "{name}" is no number') from None
