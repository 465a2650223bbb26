"""Whether what is there is what a create in doubt has made."""

from dataclasses import replace

import pytest

from heapscim.execution.claims import CLOCK_MARGIN, Before, Candidates, Claim, Sending, candidates, claim
from heapscim.execution.expectation import Expectation
from heapscim.model.changes import CreateGroup, CreateUser, MemberRef
from heapscim.model.state import CurrentGroup, CurrentUser, Link, Links
from heapscim.planning.name_forms import NameForms
from tests.builders import a_team, an_account

FIRST, LAST, ARRIVAL = 1000.0, 1010.0, 60.0
SENDING = Sending(FIRST, LAST, ARRIVAL)
CREATE = CreateUser("p1", "1@x.org", {"role": "Admin", "name.givenName": "Ada"}, "new")
MAKE = CreateGroup("g", "T", (MemberRef("1@x.org", "1", "p1"), MemberRef("2@x.org", "2", "p2")), "bound")
OURS = an_account("1", role="Admin", given="Ada")


def reason(found: CurrentUser | CurrentGroup, before: Before = Before()) -> str | None:
    """Why something isn't ours, None where it is."""
    change, members = (CREATE, ()) if isinstance(found, CurrentUser) else (MAKE, ("1", "2"))
    claimed = claim(Expectation(change, None, members), Candidates((found,)), SENDING, before)
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
    assert claim(Expectation(CREATE, None), Candidates((OURS, twin)), SENDING, Before()) == Claim(
        None, ("2 accounts named 1@x.org (ids 1, 2) may be it.",)
    )
    other = an_account("2", "1@x.org", role="Analyst")
    found = claim(Expectation(CREATE, None), Candidates((other, OURS)), SENDING, Before())
    assert (found.ours, len(found.others)) == (OURS, 1)


def named(*pairs: tuple[str, str]) -> NameForms:
    """A tenant that was seen to keep these names so."""
    forms = NameForms()
    for asked, kept in pairs:
        forms.note("user", asked, kept)
        forms.note("group", asked, kept)
    return forms


EXACT, PREFIXED = named(("A", "a")), named(("A", "PRIMARY/A"))
LOCAL = named(("a@x.org", "a"))


@pytest.mark.parametrize(
    ("forms", "asked", "found", "fit"),
    [
        (EXACT, "Ops", "EMEA Ops", None),
        (EXACT, "Ops", "Ops (old)", None),
        (EXACT, "ann@x.org", "mary-ann@x.org", None),
        (EXACT, "Team  1 x", "team 1 x", "likely"),
        (EXACT, "R&D", "R&amp;D", "likely"),
        (EXACT, "josé@x.org", "jose@x.org", "likely"),
        (PREFIXED, "Ops", "primary/Ops", "sure"),
        (PREFIXED, "Ops", "EMEA Ops", None),
        (named(("A", "A (1)"), ("B", "B (2)")), "Ops", "Ops (3)", "likely"),
        (LOCAL, "vera@x.org", "vera", "likely"),
        (LOCAL, "josé@x.org", "jose@x.org", "sure"),
        (NameForms(), "Ops", "PRIMARY/Ops", "possible"),
        (NameForms(), "Ops", "Legal", None),
    ],
)
def test_how_a_tenant_was_seen_to_keep_names_tells_what_may_be_one(
    forms: NameForms, asked: str, found: str, fit: str | None
) -> None:
    assert (forms.fit("user", asked, found), forms.fit("group", asked, found)) == (fit, fit)


def test_links_tell_how_a_tenant_keeps_names() -> None:
    linked = Links((Link("p", "1", "x_a@x.org", kept={"userName": ("a@x.org", "x_a@x.org")}),), (Link("g", "t", "T"),))
    forms = NameForms(linked)
    assert (forms.fit("user", "b@x.org", "x_b@x.org"), forms.fit("group", "T", "x_T")) == ("sure", None)


def test_where_something_bears_the_name_nothing_else_is_asked_about() -> None:
    more, same = a_team("7", name="PRIMARY/t"), a_team("8", name="T")
    asked = Expectation(MAKE, None, ("1", "2"))
    assert candidates(asked, [same], [more], PREFIXED) == Candidates((same,))
    assert candidates(asked, [], [more, a_team("6", name="Other")], PREFIXED) == Candidates((more,))


@pytest.mark.parametrize(
    ("forms", "team", "is_ours"),
    [
        (NameForms(), a_team("7", "1", "2", name="PRIMARY/T"), True),
        (NameForms(), a_team("7", "1", name="PRIMARY/T"), False),
        (NameForms(), a_team("7", name="PRIMARY/T"), False),
        (LOCAL, a_team("7", "1", name="grp7"), True),
        (LOCAL, a_team("7", name="grp7"), False),
        (LOCAL, replace(a_team("7", name="grp7"), is_whole=False), True),
    ],
)
def test_the_members_of_a_group_tell_what_its_name_leaves_open(
    forms: NameForms,
    team: CurrentGroup,
    is_ours: bool,  # noqa: FBT001
) -> None:
    found = candidates(Expectation(MAKE, None, ("1", "2")), [], [team], forms)
    assert found == (Candidates((team,)) if is_ours else Candidates((), (team,)))


@pytest.mark.parametrize(
    ("forms", "user", "is_ours"),
    [
        (LOCAL, an_account("7", "vera", given="Ada"), True),
        (LOCAL, an_account("7", "vera", role="Admin"), False),
        (NameForms(), an_account("7", "x_1@x.org", given="Ada"), False),
        (EXACT, an_account("7", "1-@x.org", given="Ada"), True),
    ],
)
def test_the_names_of_a_person_tell_what_a_user_name_leaves_open(
    forms: NameForms,
    user: CurrentUser,
    is_ours: bool,  # noqa: FBT001
) -> None:
    found = candidates(Expectation(CREATE, None), [], [user], forms)
    assert found == (Candidates((user,)) if is_ours else Candidates((), (user,)))


def test_what_may_be_ours_is_named_unless_something_contradicts_it() -> None:
    team, later = a_team("7", name="PRIMARY/T"), replace(a_team("8", name="T (x)"), created=LAST + 1e6)
    found = claim(Expectation(MAKE, None, ("1", "2")), Candidates((), (team, later)), SENDING, Before())
    assert found == Claim(possible=("The group PRIMARY/T (id 7) may be it, under a name in a form of Heap's own.",))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (an_account("1", "bob@x.org"), None),
        (an_account("1", "bob@x.org", given="Bob"), None),
        (an_account("1", "bob@x.org", role="Analyst"), None),
        (an_account("1", "bob@x.org", given="Robert"), "its name.givenName is 'Robert', and none was asked for."),
        (an_account("1", "bob@x.org", role="Admin"), "its role is 'Admin', and none was asked for."),
    ],
)
def test_what_nobody_asked_for_shows_another_person(found: CurrentUser, why: str | None) -> None:
    asked = Expectation(CreateUser("p1", "bob@x.org", {}, "new"), None)
    claimed = claim(asked, Candidates((found,)), SENDING, Before())
    assert (claimed.others[0].partition("asked for: ")[2] if claimed.others else None) == why
