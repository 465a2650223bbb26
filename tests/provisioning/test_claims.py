"""Whether what is there is what a create in doubt has made."""

from dataclasses import replace

import pytest

from heapscim.provisioning.changes import CreateGroup, CreateUser, MemberRef
from heapscim.provisioning.claims import CLOCK_MARGIN, Before, Claim, Sending, candidates, claim
from heapscim.provisioning.comparing import Accepted
from heapscim.provisioning.state import CurrentGroup, CurrentUser
from tests.builders import a_team, an_account

FIRST, LAST, ARRIVAL = 1000.0, 1010.0, 60.0
SENDING = Sending(FIRST, LAST, ARRIVAL)
CREATE = CreateUser("p1", "1@x.org", {"role": "Admin", "name.givenName": "Ada"}, "new")
MAKE = CreateGroup("g", "T", (MemberRef("1@x.org", "1", "p1"), MemberRef("2@x.org", "2", "p2")), "bound")
OURS = an_account("1", role="Admin", given="Ada")


def reason(found: CurrentUser | CurrentGroup, before: Before = Before()) -> str | None:
    """Why something isn't ours, None where it is."""
    change, members = (CREATE, ()) if isinstance(found, CurrentUser) else (MAKE, ("1", "2"))
    claimed = claim(Accepted(change, None, members), [found], SENDING, before)
    assert (claimed.ours is None) == bool(claimed.others)
    return claimed.others[0].partition("asked for: ")[2] if claimed.others else None


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (OURS, None),
        (an_account("1", role="admin", given="Ada"), None),
        (an_account("1", given="Ada"), None),
        (an_account("1", role="Analyst", given="Ada"), "its role is 'Analyst', not 'Admin'."),
        (an_account("1", role="Admin", given="Eve"), "its name.givenName is 'Eve', not 'Ada'."),
        (an_account("1", role="Admin", given="Ada", active=False), "it is inactive."),
    ],
)
def test_an_account_is_ours_where_all_that_is_shown_was_asked_for(found: CurrentUser, why: str | None) -> None:
    assert reason(found) == why


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ("12", None),
        ("1", None),
        ("", None),
        ("13", "1 of its 2 members were not asked for."),
        ("3456", "4 of its 4 members were not asked for."),
    ],
)
def test_a_group_is_ours_with_the_members_asked_for_or_a_part_of_them(members: str, why: str | None) -> None:
    assert reason(a_team("t", *members, name="T")) == why


@pytest.mark.parametrize(
    ("created", "why"),
    [
        (None, None),
        (FIRST - CLOCK_MARGIN, None),
        (FIRST - CLOCK_MARGIN - 1, "it was made before the request was sent."),
        (LAST + ARRIVAL + CLOCK_MARGIN, None),
        (LAST + ARRIVAL + CLOCK_MARGIN + 1, "it was made long after the request."),
    ],
)
def test_the_time_it_was_made_must_be_that_of_the_request(created: float | None, why: str | None) -> None:
    assert reason(replace(OURS, created=created)) == why
    assert reason(replace(a_team("t", name="T"), created=created)) == why


def test_what_was_there_or_belongs_to_somebody_is_not_ours() -> None:
    assert reason(OURS, Before(known={"1"})) == "it was there before the request was sent."
    assert reason(OURS, Before(taken={"1"})) == "it belongs to somebody else in the directory."


def test_of_two_that_could_be_it_none_is_ours() -> None:
    twin = replace(OURS, id="2")
    assert claim(Accepted(CREATE, None), [OURS, twin], SENDING, Before()) == Claim(
        None, ("2 accounts named 1@x.org (ids 1, 2) may be it.",)
    )
    other = an_account("2", "1@x.org", role="Analyst")
    found = claim(Accepted(CREATE, None), [other, OURS], SENDING, Before())
    assert (found.ours, len(found.others)) == (OURS, 1)


def test_what_bears_more_than_the_name_may_be_it_where_nothing_bears_the_name() -> None:
    more, same = a_team("7", name="PRIMARY/t"), a_team("8", name="T")
    assert candidates(MAKE, [same], [more]) == (same,)
    behind = a_team("9", name="T (synced)")
    assert candidates(MAKE, [], [more, behind, a_team("6", name="Other"), a_team("5", name="It")]) == (more, behind)
