"""Lists of a REST service are read whole by whatever way it pages, and a hostile one is neither followed nor believed.

Every case is played by a real server over a socket.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from heapscim import errors
from heapscim.cli.root import TIMING
from heapscim.directory.rest import reading
from heapscim.directory.rest.client import RestClient
from heapscim.directory.rest.paging import BodyLink, LinkHeader, Offset, PageToken, Paging, Source, next_link
from heapscim.directory.rest.reading import RestListing
from heapscim.http.auth import BearerToken, Endpoint
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.responses import JsonResponse, Service
from heapscim.http.session import session_with
from heapscim.model.completeness import MOST_IDLE_PAGES
from heapscim.model.secret import SecretStr
from heapscim.sandbox.server import listening, serving

TOKEN = "a-token-for-tests"
SERVICE = Service("Acme", "token", "Acme's API", "application/json", "on refused", "on forbidden", "on nothing", "it")
CHAINED: Mapping[str, Paging] = {
    "link header": LinkHeader(),
    "link in the body": BodyLink(("@odata.nextLink",)),
    "token": PageToken(("page", "next"), "pageToken"),
}
ALL: Mapping[str, Paging] = {"offset": Offset(size=3), **CHAINED}
PEOPLE = Source("/v1/people", "people", ("id",), (("filter", "a b&c"),))
PAGES = (("a", "b", "c"), ("d", "e", "f"), ("g",))


def rows(*ids: str) -> list[dict[str, str]]:
    return [{"id": id, "name": id.upper()} for id in ids]


@dataclass
class Acme:
    """A service whose list is a number of pages; what leads from one to the next can be set to anything."""

    pages: Sequence[Sequence[str]] = PAGES
    total: Callable[[int], int | None] = lambda _request: None
    """The total that a request is told, by its number."""
    leads_to: Callable[[int], object] = lambda page: page + 1
    """Where a page leads: the number of another page, or a whole link or token."""
    status: Callable[[int, int], int] = lambda _page, _request: 200
    """What a page is answered with, the number of the request beside it."""
    asked: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    base_url: str = ""

    async def people(self, request: Request) -> Response:
        number = len(self.asked)
        self.asked.append(f"{request.scope['raw_path'].decode()}?{request.url.query}")
        self.tokens.append(request.headers.get("authorization"))
        assert request.query_params["filter"] == "a b&c"
        if "skip" in request.query_params:
            return self._by_offset(request, number)
        page = int((request.query_params.get("pageToken") or "p0").lstrip("p%"))
        if (status := self.status(page, number)) != 200:
            return JSONResponse({"message": "trouble"}, status)
        ids = self.pages[min(page, len(self.pages) - 1)]
        following = self.leads_to(page)
        is_last = following == len(self.pages) or following is None
        token = f"p{following}" if isinstance(following, int) else following
        link = f"{self.base_url}/v1/people?filter=a%20b%26c&pageToken=p%25{following}"
        where = link if isinstance(following, int) else following
        document: dict[str, Any] = {"value": rows(*ids), "@odata.count": self.total(number)}
        if not is_last:
            document |= {"page": {"next": token}, "@odata.nextLink": where}
        headers = {} if is_last else {"link": f'<{self.base_url}/v1>; rel="self", <{where}>; title="a, b"; rel=next'}
        return JSONResponse(document, headers=headers)

    def _by_offset(self, request: Request, number: int) -> Response:
        skip, limit = int(request.query_params["skip"]), int(request.query_params["limit"])
        if (status := self.status(skip, number)) != 200:
            return JSONResponse({"message": "trouble"}, status)
        found = [id for page in self.pages for id in page][skip : skip + limit]
        return JSONResponse({"value": rows(*found), "@odata.count": self.total(number)})

    @contextmanager
    def running(self) -> Iterator[str]:
        app = Starlette(routes=[Route("/tenant/v1/people", self.people)])
        with listening(0) as listener, serving(app, listener):
            self.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/tenant"
            yield self.base_url


def rows_of(response: JsonResponse) -> tuple[list[Any], int | None] | None:
    document = response.document
    return (document["value"], document["@odata.count"]) if isinstance(document, dict) else None


async def explain(error: errors.RequestError, _request: str) -> errors.DirectoryError:
    kind = {
        errors.Unauthenticated: errors.DirectoryUnauthenticated,
        errors.Forbidden: errors.DirectoryForbidden,
        errors.Unavailable: errors.DirectoryUnavailable,
    }.get(type(error), errors.DirectoryError)
    return kind(error.message, hint=error.hint)


async def at_once(seconds: float) -> None:
    del seconds


def read(acme: Acme, paging: Paging, source: Source = PEOPLE) -> RestListing:
    async def reading_it() -> RestListing:
        endpoint = Endpoint(base_url, BearerToken(SecretStr(TOKEN)), SERVICE)
        async with session_with(
            endpoint, RequestLimits(8, retries=0), timing=replace(TIMING, sleep=at_once)
        ) as session:
            return await RestClient(session, explain, "Acme", paging, rows_of).read_list(source)

    with acme.running() as base_url:
        return asyncio.run(reading_it())


def ids(listing: RestListing) -> str:
    return "".join(sorted(record["id"] for record in listing.records))


each_way = pytest.mark.parametrize("way", ALL)
each_chain = pytest.mark.parametrize("way", CHAINED)
each_link = pytest.mark.parametrize("way", ["link header", "link in the body"])


@each_way
def test_without_a_total_two_passes_that_agree_are_a_proof(way: str) -> None:
    listing = read(Acme(), ALL[way])
    assert (ids(listing), listing.completeness.method) == ("abcdefg", "read twice")
    assert (listing.completeness.proven, listing.completeness.evidence) == (
        True,
        "7 people read twice, the same each time.",
    )


@each_way
def test_as_many_as_the_total_says_are_a_proof(way: str) -> None:
    acme = Acme(total=lambda _request: 7)
    listing = read(acme, ALL[way])
    assert (ids(listing), listing.completeness.proven, listing.completeness.method) == ("abcdefg", True, "counted")
    assert listing.completeness.evidence == "Acme said 7 people, 7 read."
    assert len(acme.asked) == (4 if way == "offset" else 3)


@each_chain
def test_a_total_that_only_the_first_page_states_is_asked_for_again(way: str) -> None:
    steady = Acme(total=lambda request: 7 if request in {0, 3} else None)
    assert read(steady, CHAINED[way]).completeness.method == "counted"
    assert len(steady.asked) == 4
    grown = Acme(total={0: 7, 3: 8, 4: 7, 7: 8}.get)
    completeness = read(grown, CHAINED[way]).completeness
    assert (completeness.proven, completeness.evidence) == (
        False,
        "Acme said 7 people, 7 read; the total changed to 8 meanwhile.",
    )


@each_way
def test_a_total_that_changes_is_read_once_more(way: str) -> None:
    once = Acme(total=lambda request: 6 if request == 0 else 7)
    assert read(once, ALL[way]).completeness.proven
    never_still = Acme(total=lambda request: 7 + request)
    completeness = read(never_still, ALL[way]).completeness
    assert (completeness.proven, "the total changed to" in completeness.evidence) == (False, True)


@each_way
@pytest.mark.parametrize("total", [6, 8])
def test_a_total_that_is_another_number_proves_nothing(way: str, total: int) -> None:
    completeness = read(Acme(total=lambda _request: total), ALL[way]).completeness
    assert not completeness.proven
    assert completeness.evidence == f"Acme said {total} people, 7 read."


@each_chain
@pytest.mark.parametrize("empty", [0, 1, 2])
def test_an_empty_page_is_not_the_last(way: str, empty: int) -> None:
    pages = [*PAGES[:empty], (), *PAGES[empty:]]
    listing = read(Acme(pages), CHAINED[way])
    assert (ids(listing), listing.completeness.proven) == ("abcdefg", True)


@each_way
def test_somebody_on_two_pages_is_one_person(way: str) -> None:
    twice = Acme([("a", "b"), ("b", "c"), ("a", "d")], total=lambda _request: 4)
    listing = read(twice, CHAINED.get(way, Offset(size=9)))
    assert (ids(listing), listing.completeness.proven) == ("abcd", True)


@each_way
def test_an_empty_list_without_a_total_is_read_twice_as_well(way: str) -> None:
    acme = Acme([()])
    listing = read(acme, ALL[way])
    assert (listing.records, listing.completeness.proven, len(acme.asked)) == ((), True, 2)


@each_way
def test_passes_that_differ_prove_nothing(way: str) -> None:
    acme = Acme()

    def shrinking(_page: int, request: int) -> int:
        if request == 4:
            acme.pages = (("a", "b", "c"), ("d", "e", "x"), ("g",))
        return 200

    acme.status = shrinking
    completeness = read(acme, ALL[way]).completeness
    assert (completeness.proven, completeness.evidence) == (False, "7 people read; two passes don't agree.")


@each_way
@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
@pytest.mark.parametrize("total", [None, 7])
def test_a_page_that_fails_leaves_what_came_before_it_unproven(way: str, status: int, total: int | None) -> None:
    bad = 3 if way == "offset" else 1
    listing = read(Acme(status=lambda page, _: status if page == bad else 200, total=lambda _: total), ALL[way])
    assert ids(listing) in {"abc", "abcg"}
    assert not listing.completeness.proven
    assert "a page failed: " in listing.completeness.evidence
    assert "pageToken" not in listing.completeness.evidence


@each_way
@pytest.mark.parametrize(
    ("status", "error"), [(401, errors.DirectoryUnauthenticated), (403, errors.DirectoryForbidden)]
)
def test_a_secret_that_is_refused_midway_ends_the_read(
    way: str, status: int, error: type[errors.DirectoryError]
) -> None:
    with pytest.raises(error):
        read(Acme(status=lambda page, _: status if page else 200), ALL[way])


@each_way
def test_without_a_first_page_there_is_no_list(way: str) -> None:
    with pytest.raises(errors.DirectoryUnavailable, match=r"Acme can't answer GET /v1/people now \(503\)"):
        read(Acme(status=lambda _page, _request: 503), ALL[way])


@each_chain
@pytest.mark.parametrize("back", [0, 1, 2], ids=["to an earlier page", "to the page before", "to itself"])
def test_pages_in_a_circle_end_the_read(way: str, back: int) -> None:
    acme = Acme(leads_to=lambda page: back if page == 2 else page + 1)
    listing = read(acme, CHAINED[way])
    assert (ids(listing), listing.completeness.proven) == ("abcdefg", False)
    assert listing.completeness.evidence == "7 people read; a page failed: its next page is one that was read before."
    assert len(acme.asked) <= 4  # the first page has no token, so it may be asked for a second time with one


@each_chain
def test_a_new_link_or_token_at_each_page_does_not_go_on_for_ever(way: str) -> None:
    acme = Acme(leads_to=lambda page: page + 1 if page < 2 else page + 2)
    listing = read(acme, CHAINED[way])
    assert (ids(listing), listing.completeness.proven) == ("abcdefg", False)
    assert listing.completeness.evidence == (
        "7 people read; a page failed: its pages never end: 25 pages in a row brought nothing new."
    )
    assert len(acme.asked) == 3 + MOST_IDLE_PAGES


@each_chain
def test_a_list_that_never_runs_out_of_people_is_left_at_the_most_that_is_read(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(list[tuple[str, ...]]):
        def __len__(self) -> int:
            return 10**9

        def __getitem__(self, page: Any) -> Any:  # noqa: ANN401
            return (f"u{page}",)

    monkeypatch.setattr(reading, "MOST_ROWS", 40)
    listing = read(Acme(Endless()), CHAINED[way])
    assert (len(listing.records), listing.completeness.proven) == (40, False)
    assert listing.completeness.evidence == (
        "40 people read; a page failed: its pages never end: a list of 40 people or more isn't read to its end."
    )


@each_link
def test_a_link_to_another_origin_is_never_followed(way: str) -> None:
    thief = Acme()
    with thief.running() as elsewhere:
        link = f"{elsewhere}/v1/people?filter=a%20b%26c&pageToken=p1"
        listing = read(Acme(leads_to=lambda _page: link), CHAINED[way])
    assert thief.asked == []
    assert (ids(listing), listing.completeness.proven) == ("abc", False)
    assert f"its next page is {elsewhere}/v1/people, not below http://127.0.0.1:" in listing.completeness.evidence


@each_link
@pytest.mark.parametrize(
    "link",
    [
        "https://127.0.0.1/tenant/v1/people",
        "http://127.0.0.1@evil.example/tenant/v1/people",
        "//evil.example/tenant/v1/people",
        "ftp://127.0.0.1/tenant/v1/people",
        "http://[::1/tenant",
        "http://127.0.0.1:99999999/tenant",
        "/elsewhere/v1/people",
        "/tenantry/v1/people",
        "javascript:alert(1)",
    ],
)
def test_a_link_that_leaves_the_service_is_never_followed(way: str, link: str) -> None:
    acme = Acme(leads_to=lambda _page: link)
    listing = read(acme, CHAINED[way])
    assert (ids(listing), listing.completeness.proven, len(acme.asked)) == ("abc", False, 1)
    assert "its next page is " in listing.completeness.evidence


@each_link
@pytest.mark.parametrize("start", ["/tenant/v1/people", "", "people"], ids=["by path", "by query", "beside it"])
def test_a_relative_link_is_followed_as_it_is_written(way: str, start: str) -> None:
    link = f"{start}?filter=a%20b%26c&pageToken=p%251&after=x%2By%3D&after=2"
    acme = Acme(leads_to=lambda page: link if page == 0 else page + 1)
    assert ids(read(acme, CHAINED[way])) == "abcdefg"
    assert acme.asked[1] == "/tenant/v1/people?filter=a%20b%26c&pageToken=p%251&after=x%2By%3D&after=2"
    assert set(acme.tokens) == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("way", ["link in the body", "token"])
@pytest.mark.parametrize("what", [7.5, True, ["p1"], {"a": "p1"}], ids=str)
def test_what_is_no_link_and_no_token_is_no_end_of_the_list(way: str, what: object) -> None:
    listing = read(Acme(leads_to=lambda _page: what if not isinstance(what, bool) else [what]), CHAINED[way])
    assert (ids(listing), listing.completeness.proven) == ("abc", False)
    assert "isn't text" in listing.completeness.evidence


@pytest.mark.parametrize("refuses", [True, False])
def test_a_service_that_says_nothing_beyond_its_end_is_asked_at_its_beginning(refuses: bool) -> None:  # noqa: FBT001
    acme = Acme(status=lambda skip, _request: 400 if refuses and skip == 7 else 200)
    acme.total = lambda request: None if request == 3 else 7
    listing = read(acme, Offset(size=3))
    assert (listing.completeness.proven, len(acme.asked)) == (True, 5)


def test_records_without_an_id_prove_nothing() -> None:
    listing = read(Acme([("a", "")], total=lambda _request: 2), LinkHeader())
    assert listing.completeness.evidence == "Acme said 2 people, 1 read; 1 without an id."


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", None),
        ("</a>; rel=next", "/a"),
        ('</a>; rel="next"', "/a"),
        ('</a>; REL="prev NEXT"', "/a"),
        ('</a>; rel="self", </b>; rel="next"', "/b"),
        ('</a,b>; rel="next"', "/a,b"),
        ('</a>; title="x, </evil>; rel=next"; rel=self, </b>; rel=next', "/b"),
        (r'</a>; title="\", </evil>; rel=next"; rel=next', "/a"),
        ('</a>; rel="self"; rel="next"', None),
        ('</a>; rel="next-archive"', None),
        ('</a>; rev="next"', None),
        ("</a>", None),
        ("<", None),
        ("</a>" + "; x" * 20_000, None),
        ("<" * 20_000, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_next_link_is_read_as_rfc_8288_writes_it(header: str, target: str | None) -> None:
    assert next_link(header) == target
