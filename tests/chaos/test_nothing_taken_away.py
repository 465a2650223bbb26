"""A source or target that isn't read whole costs nobody more than is due.

What reads say of themselves is shown elsewhere, piece by piece; here the whole program is run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import dumps, loads
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.jumpcloud.store import JumpCloudBehaviour
from tests.chaos.forking import Ended
from tests.chaos.proxy import Message, with_document
from tests.chaos.services import a_sandbox
from tests.chaos.tenancy import ALLOWED, DONE, Grounds, Tenancy, a_tenancy, setting
from tests.chaos.town import Document, a_town
from tests.fakes.jumpcloud import RunningJumpCloud, crowd, running_jumpcloud

BEFORE, LATER = a_town(40, 15, later=False), a_town(40, 15, later=True)
PAGE = 7
WITHHELD = 8
AT_ONCE = setting("http.retries=0", f"dialect.page_size={PAGE}", f"jumpcloud.page_size={PAGE}")
STATUSES = (403, 404, 429, 500, 502, 503)
EXAMPLES = pytest.mark.parametrize("examples", [12, pytest.param(150, marks=pytest.mark.long)])


def taken_away(before: Store, after: Store) -> list[str]:
    """Everything that somebody or some group had before and has no longer."""
    active = {id for id, user in after.users.items() if user["active"]}
    people = [str(user["userName"]) for id, user in before.users.items() if user["active"] and id not in active]
    groups = [str(group["displayName"]) for id, group in before.groups.items() if id not in after.groups]
    members = [
        f"{group['displayName']}: {before.users[member]['userName']}"
        for id, group in before.groups.items()
        for member in set(group["members"]) - set(after.groups.get(id, group)["members"])
    ]
    return sorted([*people, *groups, *members])


@dataclass(frozen=True)
class Stage:
    """A tenant to which the same day can happen again and again."""

    tenancy: Tenancy
    before: Store

    @property
    def now(self) -> Store:
        assert self.tenancy.service.sandbox is not None
        return self.tenancy.service.sandbox.store

    def play(self, **day: Any) -> tuple[Ended, list[str]]:  # noqa: ANN401
        """Puts everything back and syncs; answers how that ended, and what was taken away."""
        self.tenancy.put_back(self.tenancy.folder / "kept")
        ended = self.tenancy.sync(day["town"]) if "town" in day else self.tenancy.run("sync", *ALLOWED)
        return ended, taken_away(self.before, self.now)


@contextmanager
def a_stage(grounds: Grounds, *options: str) -> Iterator[Stage]:
    """A tenant in which what the directory says was synced once."""
    with a_tenancy(grounds, BEFORE, a_sandbox, options=(*AT_ONCE, *options)) as tenancy:
        first = tenancy.run("sync", *ALLOWED)
        assert first.exit_code == DONE, first.said
        tenancy.keep(grounds.folder / "kept")
        before = Store()
        before.load(grounds.folder / "kept" / "tenant.json")
        yield Stage(tenancy, before)


def for_each(strategy: st.SearchStrategy[Any], examples: int, chance: Random, act: Callable[[Any], None]) -> None:
    """Draws examples that the printed seed replays."""
    limits = settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    seed(chance.randrange(10**9))(limits(given(strategy)(act)))()


@dataclass
class Lie:
    """What the tenant's list of one kind says that isn't so, on one page or on all."""

    kind: str
    page: int | None
    how: str
    amount: int
    told: list[int] = field(default_factory=list, compare=False)

    def __call__(self, request: Message, answer: Message) -> Message | None:
        url = urlsplit(request.target)
        query = parse_qs(url.query)
        if request.method != "GET" or not url.path.endswith(f"/{self.kind}") or "filter" in query:
            return answer
        start, document = int(query.get("startIndex", ["1"])[0]) - 1, loads(answer.body)
        if self.how == "loses a row":
            return self._lose_a_row(answer, document, start)
        if self.page not in (start // PAGE, None) or not document["Resources"]:
            return answer
        self.told += [start]
        return self._tell(answer, document)

    def _lose_a_row(self, answer: Message, document: Document, start: int) -> Message:
        """One row is missing wherever it should stand; a short page alone is no lie."""
        lost = (self.page or 0) * PAGE + self.amount % PAGE
        rows = [row for place, row in enumerate(document["Resources"], start) if place != lost]
        self.told += [lost] * (len(document["Resources"]) - len(rows))
        return with_document(answer, {**document, "Resources": rows})

    def _tell(self, answer: Message, document: Document) -> Message | None:
        rows = document["Resources"]
        match self.how:
            case "cut":
                return None
            case "html":
                return Message("HTTP/1.1 200 OK", (("Content-Type", "text/html"),), b"<!doctype html><p>Hello")
            case "refused":
                return Message(f"HTTP/1.1 {STATUSES[self.amount % len(STATUSES)]} No", (), b"")
            case "empty":
                return with_document(answer, {**document, "Resources": []})
            case "repeats instead":
                return with_document(answer, {**document, "Resources": [rows[0] for _ in rows]})
            case "repeats besides":
                return with_document(answer, {**document, "Resources": [*rows, rows[0]]})
            case _:
                return with_document(
                    answer, {**document, "totalResults": max(document["totalResults"] + self.amount, 0)}
                )


HOWS = ("cut", "html", "refused", "empty", "loses a row", "repeats instead", "repeats besides", "total")
LIES = st.builds(
    Lie,
    st.sampled_from(["Users", "Groups"]),
    st.none() | st.integers(0, 6),
    st.sampled_from(HOWS),
    st.integers(-30, 30).filter(bool),
)


@EXAMPLES
def test_a_target_that_is_not_read_whole_loses_no_more_than_is_due(
    grounds: Grounds, chance: Random, examples: int
) -> None:
    """A list may lie; what each account and group says of itself is proof enough for what the directory asks."""
    with a_stage(grounds) as stage:

        def is_harmless(lie: Lie) -> None:
            lie.told.clear()
            stage.tenancy.proxy.rewrite = lie
            ended, lost = stage.play(town=LATER)
            assume(lie.told)
            assert set(lost) <= set(due), ended.said
            assert ended.exit_code != DONE or lost == due, ended.said
            names = [str(user["userName"]) for user in stage.now.users.values()]
            assert len(names) == len(set(names)), "nobody is there twice"
            if ended.exit_code == WITHHELD:
                assert "u0@x.org" in names, "who joins is let in all the same"

        honest, due = stage.play(town=LATER)
        assert (honest.exit_code, len(due) > 20) == (DONE, True), honest.said
        for_each(LIES, examples, chance, is_harmless)


PAGES = {"systemusers": range(0, 28, PAGE), "membership": range(0, 28, PAGE), "usergroups": (0,), "associations": (0,)}
BAD_PAGES = [f"{path}@{skip}" for path, skips in PAGES.items() for skip in skips]
COMPANY_LIES = st.one_of(
    st.builds(dict, lost_page=st.sampled_from([*BAD_PAGES, "applications@0"])),
    st.builds(dict, empty_page=st.sampled_from(BAD_PAGES)),
    st.builds(dict, wrong_total=st.integers(-28, 28).filter(bool)),
    st.just({"moving_total": "yes"}),
    st.builds(dict, null_members=st.just("dropped")),
    st.builds(dict, forbidden=st.sampled_from(["/api/systemusers", "/api/v2/usergroups", "/api/v2/applications"])),
    st.builds(dict, hidden_users=st.sampled_from(["u3", "u5", "u4,u6,new"])),
)
DIRECT_LIES = st.fixed_dictionaries(
    {},
    optional={
        "by_id": st.sampled_from(["as_listed", "none", "forbidden", "broken", "page", "proxy", "another"]),
        "memberof": st.sampled_from(["empty", "broken"]),
    },
)
"""What is said of single people and groups that were asked for by id."""


@contextmanager
def a_busy_company(grounds: Grounds) -> Iterator[tuple[Stage, RunningJumpCloud]]:
    """A JumpCloud of which everything was synced; since then people and groups have left, and somebody has joined."""
    store = crowd(27, ("All", range(27)), ("Some", range(5, 20)), ("Old", range(3)), ("Gone", range(8, 12)))
    with running_jumpcloud(store) as company:
        options = ("--directory", "jumpcloud:Heap", *setting(f"jumpcloud.base_url={company.base_url}"),
                   *setting("mapping.userName=email"))  # fmt: skip
        with a_stage(grounds, *options) as stage:
            store.remove_user("u3@x.org")
            store.user("u4@x.org").update(state="SUSPENDED", suspended=True)
            store.members[store.group("Some")["id"]].pop(store.user("u6@x.org")["_id"])
            store.remove_group("Gone")
            old, joiner = store.group("Old")["id"], store.add_user({"username": "new", "email": "new@x.org"})
            for groups in store.bound.values():
                groups.pop(old)
            store.members[store.group("All")["id"]][joiner["_id"]] = None
            yield stage, company


@EXAMPLES
def test_a_source_that_is_not_read_whole_loses_no_more_than_is_due(
    grounds: Grounds, chance: Random, examples: int
) -> None:
    """A list may lie; what the directory says of each person and group is proof enough, unless that may be a lie."""
    with a_busy_company(grounds) as (stage, company):

        def is_harmless(lies: tuple[dict[str, Any], dict[str, Any]]) -> None:
            company.server.behaviour = JumpCloudBehaviour(**{**lies[0], **lies[1]})
            ended, lost = stage.play()
            assert set(lost) <= set(due), ended.said
            assert ended.exit_code != DONE or lost == due, ended.said

        honest, due = stage.play()
        assert (honest.exit_code, "u3@x.org" in due, "Gone" in due) == (DONE, True, True), honest.said
        for_each(st.tuples(COMPANY_LIES, DIRECT_LIES), examples, chance, is_harmless)


def _as_csv(town: Document) -> str:
    groups: dict[str, list[str]] = {}
    for group in town["groups"]:
        for member in group["members"]:
            groups.setdefault(member, []).append(group["name"])
    lines = (
        f"{row['id']},{row['username']},{row['lastname']},{row['active']},{';'.join(groups.get(row['username'], ()))}"
        for row in town["people"]
    )
    return "\n".join(["id,username,lastname,active,groups", *lines, ""])


def _as_yaml(town: Document) -> str:
    people = [f"- {dumps(row)}" for row in town["people"]]
    groups = [f"- {dumps(group)}" for group in town["groups"]]
    return "\n".join(["groups:", *groups, "people:", *people, ""])


@EXAMPLES
@pytest.mark.parametrize(("name", "written"), [("p.csv", _as_csv), ("p.yaml", _as_yaml), ("p.json", dumps)])
def test_a_roster_that_is_half_written_loses_nothing(
    grounds: Grounds, chance: Random, name: str, written: Callable[[Document], str], examples: int
) -> None:
    roster: Path = grounds.folder / name
    roster.write_text(written(BEFORE), "utf-8")
    whole = written(LATER)
    with a_stage(grounds, "--directory", name) as stage:

        def is_harmless(kept: int) -> None:
            assume(whole[kept - 1] != "\n")
            roster.write_text(whole[:kept], "utf-8")
            ended, lost = stage.play()
            assert lost == [], ended.said
            assert ended.exit_code != DONE, ended.said

        roster.write_text(whole, "utf-8")
        honest, lost = stage.play()
        assert (honest.exit_code, len(lost) > 20) == (DONE, True), honest.said
        for_each(st.integers(1, len(whole) - 1), examples, chance, is_harmless)
