"""Describes as values how REST services page their lists and how the next page is asked for. Sends nothing.

A link is never trusted: only a page of the same origin is asked for, since every request carries the secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, assert_never
from urllib.parse import parse_qsl, urljoin, urlsplit

from heapscim.errors import DirectoryError
from heapscim.http.redaction import foreign_words
from heapscim.model.base_url import origin_of

Query: TypeAlias = tuple[tuple[str, str | int], ...]

_PARAMETER = r"""\s*;\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?"""
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
_PARAMETERS = re.compile(_PARAMETER)


@dataclass(frozen=True, slots=True)
class Source:
    """Describes one list: where it is, and how its records are told apart."""

    path: str
    noun: str
    """What its records are called, in the plural."""
    id: tuple[str, ...]
    """The keys that lead to a record's id."""
    query: Query = ()
    nulls_count: bool = False
    """Whether null records are part of the total."""
    order: Query = ()
    """The parameters that ask for an order. A service may refuse them; then the list is read without."""

    @property
    def in_order(self) -> Source:
        """Returns the same list with the order as part of its query."""
        return replace(self, query=(*self.query, *self.order))


@dataclass(frozen=True, slots=True)
class Request:
    """Holds a GET for one page. The path of a link that is followed contains its query, as the service wrote it."""

    path: str
    query: Query = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Holds one page as it came."""

    rows: Sequence[Any]
    total: int | None
    """The total that the service states; None if this page states none."""
    document: Any
    headers: Mapping[str, str]
    size: int
    """Bytes of the answer that brought it."""
    is_null: bool = False
    """Whether the service wrote null where a list belongs, and no total says that the list is empty."""


@dataclass(frozen=True, slots=True)
class Offset:
    """Asks for pages by the number of records before them, side by side if a total says how many there are.

    Without a total, the last page is an empty one.
    """

    size: int
    skip: str = "skip"
    limit: str = "limit"

    def window(self, source: Source, start: int, end: int) -> Request:
        """Returns the request for the records from one count to another."""
        return Request(source.path, (*source.query, (self.skip, start), (self.limit, end - start)))


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """Follows a ``Link`` header with rel="next" (RFC 8288); the last page has none."""


@dataclass(frozen=True, slots=True)
class BodyLink:
    """Follows a URL in the body; the last page has none."""

    keys: tuple[str, ...]
    """The keys that lead to the URL."""


@dataclass(frozen=True, slots=True)
class PageToken:
    """Asks for the next page with a token from the body; the last page has none."""

    keys: tuple[str, ...]
    """The keys that lead to the token."""
    parameter: str
    """The query parameter that takes it."""


Paging: TypeAlias = Offset | LinkHeader | BodyLink | PageToken


def first_page(paging: Paging, source: Source) -> Request:
    """Returns the request for the first page of a list."""
    return paging.window(source, 0, paging.size) if isinstance(paging, Offset) else Request(source.path, source.query)


def page_after(paging: Paging, source: Source, sent: Request, page: Page, *, base_url: str) -> Request | None:
    """Returns the request for the page after one, None after the last.

    Raises DirectoryError for a link that leads to another origin, and for a link or token that can't be read.
    """
    match paging:
        case Offset():
            return _at_offset(paging, source, sent, page)
        case LinkHeader():
            link = next_link(page.headers.get("link", ""))
            return None if link is None else _followed(link, sent, base_url)
        case BodyLink():
            link = _text_at(page.document, paging.keys)
            return None if link is None else _followed(link, sent, base_url)
        case PageToken():
            token = _text_at(page.document, paging.keys)
            return None if token is None else Request(source.path, (*source.query, (paging.parameter, token)))
        case _:
            assert_never(paging)


def next_link(header: str) -> str | None:
    """Returns the target of the first link with the relation "next" (RFC 8288 §3.3); None if there is none.

    Several ``Link`` lines arrive as one, with commas between them; a comma within quotes separates nothing.
    """
    for target, parameters, *_ in _LINK.findall(header):
        relations = [
            quoted or plain for name, quoted, plain in _PARAMETERS.findall(parameters) if name.lower() == "rel"
        ]
        if relations and "next" in relations[0].lower().split():  # a second rel is to be ignored
            return str(target)
    return None


def _at_offset(paging: Offset, source: Source, sent: Request, page: Page) -> Request | None:
    # A service may leave records out of a page, even all of them: then only its Link tells that more follow, and where
    # they begin. Nothing but the query of that link is used, so its host doesn't matter.
    link = next_link(page.headers.get("link", ""))
    if link is not None and (asked := parse_qsl(urlsplit(link).query)):
        return Request(source.path, tuple({**dict(source.query), **dict(asked)}.items()))
    if not page.rows:
        return None
    try:
        start = int(dict(sent.query)[paging.skip]) + len(page.rows)
    except (KeyError, ValueError):  # the link that led to this page said no place
        raise DirectoryError("where its next page begins can't be told from its links.") from None
    return paging.window(source, start, start + paging.size)


def _followed(link: str, sent: Request, base_url: str) -> Request:
    """Returns the request for a link, its path and query as they are: a decoded token may mean another place."""
    try:
        url = urljoin(base_url + sent.path, link)
        target, is_here = urlsplit(url), origin_of(url) == origin_of(base_url)
    except ValueError:
        raise DirectoryError("its next page is at an address that isn't one.") from None
    root = urlsplit(base_url).path
    if not is_here or not target.path.startswith(f"{root}/"):
        where = foreign_words(f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}", ())
        raise DirectoryError(f"its next page is {where}, not below {base_url}: the secret is not sent there.")
    return Request(target.path.removeprefix(root) + (f"?{target.query}" if target.query else ""))


def _text_at(document: object, keys: tuple[str, ...]) -> str | None:
    """Returns the text that keys lead to, None if there is none; raises DirectoryError for anything else."""
    for key in keys:
        document = document.get(key) if isinstance(document, Mapping) else None
    if document is None or document == "":
        return None
    if not isinstance(document, str):
        raise DirectoryError(f"what should lead to its next page ({'.'.join(keys)}) isn't text.")
    return document
