"""Reviews to look at: a small tenant with a past, hostile names, and a tenant of ten thousand people."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    MemberRef,
    ReactivateUser,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded
from heapscim.model.state import CurrentState, CurrentUser, Link, Links
from heapscim.planning.review.review import ReviewContext, review
from heapscim.planning.review.values import PastRun, Period, Review
from tests.builders import PROVEN, UNPROVEN, a_team, an_account

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC).timestamp()
DAY = 86_400.0
HOSTILE = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "\"onmouseover=\"window.pwned=1' autofocus onfocus='window.pwned=1",
    "javascript:window.pwned=1",
    "{{ 7 * 7 }}{% raw %}",
    "<!--",
    "]]>&lt;b&gt;&amp;",
    '=HYPERLINK("http://evil.example")',
    "\u202egnp.exe\u2066",
    "👩‍👩‍👧 zoë",
    "x" * 500,
    "url(http://evil.example/x.png)",
    "__proto__",
)


def run(days_ago: float, *changes: Change, ids: Iterable[str | None] = ()) -> PastRun:
    at = NOW - days_ago * DAY
    made = [*ids, *[None] * len(changes)]
    entries = tuple(
        Recorded(seq, change, "done", made[seq] or getattr(change, "id", None)) for seq, change in enumerate(changes)
    )
    return PastRun(datetime.fromtimestamp(at, UTC).strftime("%Y%m%d-%H%M%S-1a2b"), at, "kim@admin-1", entries)


def reviewed(state: CurrentState, tied: Links, runs: Iterable[PastRun], *, days: float = 90) -> Review:
    past = sorted(runs, key=lambda one: one.at)
    return review(ReviewContext(state, tied, past), Period(NOW - days * DAY, NOW), now=NOW)


def crowd(number: int, *, names: Iterable[str] = ()) -> Review:
    """So many people in twenty teams, who came over two years, and some of whom left or changed roles."""
    people = [*names, *(f"person{place:05}@example.com" for place in range(number))][:number]
    roles, teams = ("Analyst", "Analyst", "Admin", "Read-only", "", "Architect"), ("Research", "Design", "Sales", "Ops")
    users: list[CurrentUser] = []
    made: dict[int, list[tuple[CreateUser, str]]] = {}
    later: list[PastRun] = []
    for place, name in enumerate(people):
        id, role = f"u{place}", roles[place % len(roles)]
        users.append(an_account(id, name, active=place % 17 != 3, given="Ada", family=f"No. {place}", role=role))
        if place % 5:
            change = CreateUser(f"p{place}", name, {"role": role} if role else {}, "is in people.csv")
            made.setdefault(place * 7 % 700, []).append((change, id))
        if place % 17 == 3:
            leaver = DeactivateUser(id, f"p{place}", name, "is no longer in people.csv", role)
            later.append(run(1 + place * 13 % 120, leaver))
        if place % 41 == 1:
            change_of_role = UpdateUser(id, f"p{place}", name, {"role": "Admin"}, {"role": role}, "role changed")
            later.append(run(2 + place * 11 % 100, change_of_role))
    groups = [
        a_team(f"g{place}", *(f"u{one}" for one in range(number) if one % 20 in (place, (place * 3 + 1) % 20)),
               name=f"{teams[place % 4]} {place + 1}")
        for place in range(20)
    ]  # fmt: skip
    joined = [
        AddMembers(
            group.id, f"x{group.id}", group.name,
            tuple(MemberRef(people[int(one[1:])], one, f"p{one[1:]}") for one in sorted(group.member_ids)
                  if int(one[1:]) % 29),
            "is a member",
        )
        for group in groups[:15]
    ]  # fmt: skip
    runs = [
        run(days + 3, *(change for change, _ in entries), ids=[id for _, id in entries])
        for days, entries in made.items()
    ]
    tied = Links(
        tuple(
            Link(f"p{place}", f"u{place}", name, by_hand=place % 23 == 4)
            for place, name in enumerate(people)
            if place % 5
        ),
        tuple(Link(f"x{group.id}", group.id, group.name) for group in groups[:15]),
    )
    state = CurrentState(tuple(users), tuple(groups), PROVEN, PROVEN)
    return reviewed(state, tied, [*runs, *later, run(60, *joined)])


def hostile() -> Review:
    """People, roles and groups whose names a careless page would obey."""
    users = [an_account(str(place), name, given=name, role=name) for place, name in enumerate(HOSTILE)]
    groups = [a_team(f"g{place}", str(place), name=name) for place, name in enumerate(HOSTILE)]
    runs = [
        run(
            5,
            *(UpdateUser(user.id, None, user.user_name, {"role": "x"}, {"role": user.attributes["role"]}, name)
              for user, name in zip(users, HOSTILE, strict=True)),
        ),
        run(9, *(ReactivateUser(user.id, None, user.user_name, {}, {}, user.user_name) for user in users)),
        run(10, *(CreateGroup(None, group.name, (), group.name) for group in groups), ids=[one.id for one in groups]),
    ]  # fmt: skip
    return reviewed(CurrentState(tuple(users), tuple(groups), UNPROVEN, PROVEN), Links(), runs)


_TEAM = (
    ("Ada Lovelace", "Admin", "Research"), ("Grace Hopper", "Architect", "Research Platform"),
    ("Emmy Noether", "Analyst", "Research"), ("Alan Turing", "Analyst", "Platform"),
    ("Katherine Johnson", "Analyst", "Growth Research"), ("Kurt Gödel", "Read-only", "Research"),
    ("Mary Jackson", "Analyst", "Growth"), ("Barbara Liskov", "Architect", "Platform"),
    ("Edsger Dijkstra", "Analyst", "Platform"), ("Radia Perlman", "Admin", "Platform"),
    ("Lise Meitner", "Analyst", "Growth"), ("Tu Youyou", "Read-only", "Growth"),
    ("Chien-Shiung Wu", "Analyst", "Research"), ("Hedy Lamarr", "Analyst", "Growth"),
    ("Sofja Kowalewskaja", "Read-only", "Research"), ("Annie Easley", "Analyst", "Platform"),
    ("Joan Clarke", "Analyst", "Support"), ("Dorothy Vaughan", "Admin", "Support"),
    ("Rosalind Franklin", "Analyst", "Support Research"), ("Jean Bartik", "Read-only", "Support"),
)  # fmt: skip
_LEFT = {5: 47.0, 14: 12.0, 15: 5.0}
"""Who left, and how many days ago."""
_OUTSIDE = 17
"""Who became an admin outside heapscim."""


def team() -> Review:
    """A small company after a year: people came, three left, two have new roles, and somebody was added in Heap."""
    users, joined, runs = [], dict[str, list[MemberRef]](), []
    for place, (name, role, teams) in enumerate(_TEAM):
        id, (given, family) = f"u{place}", name.split(" ", 1)
        mail = f"{given.lower()}@example.com".replace("-", ".")
        unmanaged, left, promoted = place == 13, _LEFT.get(place), place in (3, 8)
        shown = an_account(id, mail, active=left is None, given=given, family=family, role=role)
        users.append(replace(shown, created=NOW - 33 * DAY) if unmanaged else shown)
        for team in teams.split():
            joined.setdefault(team, []).append(MemberRef(mail, id, f"p{place}"))
        if unmanaged:
            continue
        before = "Read-only" if promoted else "Analyst" if place == _OUTSIDE else role
        came = 340.0 if place < 6 else 86.0 - place * 4
        runs.append(run(came, CreateUser(f"p{place}", mail, {"role": before}, "is in people.csv"), ids=[id]))
        if left is not None:
            gone = DeactivateUser(id, f"p{place}", mail, "is no longer in people.csv", role)
            runs.append(run(left, gone))
        if promoted:
            after = UpdateUser(id, f"p{place}", mail, {"role": before}, {"role": role}, "role changed in people.csv")
            runs.append(run(18 + place, after))
    groups = [a_team(team, *(one.id or "" for one in members), name=team) for team, members in joined.items()]
    for team, members in joined.items():
        runs += [run(1.5 + 2 * len(team), AddMembers(team, team, team, tuple(members), "is a member in people.csv"))]
    tied = Links(
        tuple(Link(f"p{n}", f"u{n}", users[n].user_name, by_hand=n == 16) for n in range(len(_TEAM)) if n != 13),
        tuple(Link(group.id, group.id, group.name) for group in groups),
    )
    return reviewed(CurrentState(tuple(users), tuple(groups), PROVEN, PROVEN), tied, runs)
