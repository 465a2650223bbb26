"""A tenant's own form of a text, told from a change that didn't happen and from somebody else's."""

import pytest

from heapscim.planning.own_forms import is_own_form, likeness

LONG = "Ingénierie R&D, équipe de nuit"


@pytest.mark.parametrize(
    "found",
    ["PRIMARY/Team 0", "team 0", "TEAM-0", "Team\u00a00", "\uff34eam 0", "team-0", "Team 0 (SCIM)", "Téam 0"],
)
def test_what_resembles_what_was_asked_for_is_its_own_form_whatever_was_there_before(found: str) -> None:
    assert is_own_form("Team 0", found, certain=False)
    assert is_own_form("Team 0", found, before="Design", certain=False)
    assert not is_own_form("Design", found, before="Team 0")


def test_what_was_there_before_is_an_answer_only_where_a_tenant_shows_no_difference() -> None:
    assert not is_own_form("Team 1", "Team 0", before="Team 0")
    assert is_own_form("TEAM 0", "team 0", before="team 0")
    assert not is_own_form("★", "☆", before="☆"), "nothing is left to compare"
    assert not is_own_form("Engineering Team", "Engineering", before="Engineering")


def test_the_likeness_that_goes_further_decides() -> None:
    assert not is_own_form("Team", "PRIMARY/My Team", before="My Team")
    assert is_own_form("My Team", "PRIMARY/My Team", before="Team")
    assert is_own_form(LONG + " bis", LONG[:20], before=LONG), "both are cut to the same"


def test_what_resembles_nothing_counts_only_where_the_tenant_certainly_took_the_request() -> None:
    assert is_own_form("Журнал", "Zhurnal", before="Design")
    assert not is_own_form("Журнал", "Zhurnal", before="Design", certain=False)
    assert is_own_form("Журнал", "Zhurnal")
    assert not is_own_form("Журнал", "Zhurnal", certain=False)


@pytest.mark.parametrize(
    ("asked", "found", "like"),
    [
        (LONG, LONG[:20], 16),
        ("Team", "T", 0),
        ("R&D", "R&amp;D", 2),
        ("Team", "Teams and more", 4),
        ("", "Team", 0),
        ("Team", "", 0),
        ("Team", "My Team 2", 0),
    ],
)
def test_likeness_counts_letters_and_digits(asked: str, found: str, like: int) -> None:
    assert likeness(asked, found) == like
