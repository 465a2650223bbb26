"""Who is who: by link, then by name, and never by a guess."""

import pytest

from heapscim.model.desired import DesiredState
from heapscim.model.directory import Person
from heapscim.model.plan import Conflict
from heapscim.model.state import Link, Links, match_key
from heapscim.planning.matching import Pairing, pair
from tests.builders import a_group, a_person, a_snapshot, a_team, an_account, desired_of, in_heap, links

ONE_OF_THEM = "Leave one of that name in Heap, or correct the name in the directory."


def paired(
    groups: dict[str, str], teams: dict[str, str], tied: dict[str, str], *, lists_groups: bool = True
) -> Pairing:
    """Groups of the directory, teams in Heap and links between them, each by id with its name."""
    snapshot = a_snapshot((), [a_group(id, name=name) for id, name in groups.items()], lists_groups=lists_groups)
    current = in_heap((), [a_team(id, name=name) for id, name in teams.items()])
    return pair(desired_of(snapshot), current, links(groups=tied))


def told(pairing: Pairing) -> list[tuple[str, str]]:
    return [(conflict.kind, conflict.name) for conflict in pairing.conflicts]


def test_two_of_a_name_and_one_that_is_somebody_elses_are_conflicts_in_words_of_their_own() -> None:
    people = [a_person("a"), a_person("b")]
    accounts = [an_account("1", "a@x.org"), an_account("2", "A@x.org"), an_account("3", "b@x.org")]
    left_behind = Links((Link("z", "3", "z").replaced(),))
    pairing = pair(desired_of(a_snapshot(people)), in_heap(accounts), left_behind)
    assert pairing.conflicts == (
        Conflict("ambiguous", "a@x.org", "a@x.org could be any of 2 accounts in Heap (ids 1, 2).", ONE_OF_THEM),
        Conflict(
            "ambiguous",
            "b@x.org",
            "b@x.org is the name of id 3 in Heap, which belongs or belonged to somebody else in the directory.",
            ONE_OF_THEM,
        ),
    )
    assert (pairing.users, pairing.missing_users, pairing.disputed_users) == ((), (), frozenset({"1", "2"}))


def test_an_account_is_not_disputed_by_whoever_wants_its_old_name() -> None:
    snapshot = a_snapshot([a_person("a", username="c@x.org"), a_person("b", username="a@x.org")])
    pairing = pair(desired_of(snapshot), in_heap([an_account("1", "a@x.org")]), links({"a": "1"}))
    assert ([found.current.id for found in pairing.renamed], told(pairing)) == (["1"], [("ambiguous", "a@x.org")])
    assert pairing.disputed_users == frozenset()


def test_a_new_group_follows_one_that_leaves_its_name() -> None:
    pairing = paired({"g": "New", "h": "Old"}, {"t": "Old"}, {"g": "t"})
    assert [group.external_id for group in pairing.missing_groups] == ["h"]
    assert ([found.current.id for found in pairing.groups], told(pairing)) == (["t"], [])


def test_a_new_group_does_not_follow_one_that_waits_in_vain() -> None:
    pairing = paired({"g": "Taken", "h": "Old"}, {"t": "Old", "u": "Taken"}, {"g": "t"})
    assert (pairing.groups, pairing.missing_groups) == ((), ())
    assert sorted(told(pairing)) == [("ambiguous", "Old"), ("taken", "Taken")]


def test_a_new_group_does_not_follow_one_of_two_of_its_name() -> None:
    pairing = paired({"g": "New", "h": "Old"}, {"t": "Old", "u": "Old"}, {"g": "t"})
    assert (told(pairing), pairing.missing_groups) == ([("ambiguous", "Old")], ())
    assert pairing.disputed_groups == {"u"}


def test_only_a_group_that_is_deleted_and_whose_name_is_wanted_makes_way() -> None:
    wanted = paired({"g": "Wanted"}, {"t": "Old", "u": "Wanted", "v": "Unwanted"}, {"g": "t", "x": "u", "y": "v"})
    assert (wanted.making_way, told(wanted)) == (frozenset({"u"}), [])
    staying = paired({"g": "Same"}, {"t": "Same", "u": "Same"}, {"g": "t", "x": "u"})
    assert (staying.making_way, told(staying)) == (frozenset(), [])
    vain = paired({"g": "Held"}, {"t": "Old", "u": "Held", "v": "Held"}, {"g": "t", "x": "u"})
    assert (vain.making_way, told(vain)) == (frozenset(), [("taken", "Held"), ("doubled", "Held")])


def test_a_group_that_rows_alone_name_makes_way_for_nobody() -> None:
    pairing = paired({"g": "Wanted"}, {"t": "Old", "u": "Wanted"}, {"g": "t", "x": "u"}, lists_groups=False)
    assert (pairing.making_way, told(pairing)) == (frozenset(), [("taken", "Wanted")])


def test_a_group_that_is_taken_over_under_another_id_does_not_make_way() -> None:
    pairing = paired({"g": "Wanted", "new": "Other"}, {"t": "Old", "u": "Other"}, {"g": "t", "old": "u"})
    assert [(found.current.id, found.linked) for found in pairing.groups] == [("t", True), ("u", False)]
    assert pairing.making_way == frozenset()


def of_0_1(external_id: str, id: str, name: str) -> Links:
    return Links((Link(external_id, id, name),))


def named(*names: str) -> DesiredState:
    """People of a roster without ids."""
    return desired_of(a_snapshot([Person(match_key(name), {"username": name}) for name in names]))


def test_letters_that_only_case_folding_takes_for_one_are_two_people() -> None:
    pairing = pair(named("strauß@x.org"), in_heap([an_account("1", "strauss@x.org")]), Links())
    assert ([user.user_name for user in pairing.missing_users], pairing.users) == (["strauß@x.org"], ())


def test_an_account_that_0_1_linked_by_a_folded_name_stays_with_the_name_it_has() -> None:
    accounts = in_heap([an_account("1", "strauß@x.org")])
    pairing = pair(named("strauß@x.org"), accounts, of_0_1("strauss@x.org", "1", "strauss@x.org"))
    assert [(found.desired.external_id, found.current.id, found.linked) for found in pairing.users] == [
        ("strauß@x.org", "1", False)
    ]
    assert (pairing.conflicts, pairing.disputed_users) == ((), frozenset())


@pytest.mark.parametrize(("person", "other"), [("strauß@x.org", "strauss@x.org"), ("strauss@x.org", "strauß@x.org")])
def test_an_account_that_0_1_may_have_confused_with_another_is_left_alone(person: str, other: str) -> None:
    pairing = pair(named(person), in_heap([an_account("1", other)]), of_0_1(other, "1", other))
    assert (pairing.users, pairing.missing_users, pairing.disputed_users) == ((), (), frozenset({"1"}))
    (conflict,) = pairing.conflicts
    assert (conflict.kind, conflict.name) == ("ambiguous", person)
    assert (
        f"Heap's account {other} (id 1) was managed by a name that heapscim 0.1 took for {person}" in conflict.message
    )


def test_it_is_left_alone_too_beside_an_account_of_the_very_name() -> None:
    accounts = in_heap([an_account("1", "strauss@x.org"), an_account("2", "strauß@x.org")])
    pairing = pair(named("strauß@x.org"), accounts, of_0_1("strauss@x.org", "1", "strauss@x.org"))
    assert [found.current.id for found in pairing.users] == ["2"]
    assert (told(pairing), pairing.disputed_users) == ([("ambiguous", "strauß@x.org")], frozenset({"1"}))


def test_whoever_is_in_the_directory_has_their_own_account() -> None:
    accounts = in_heap([an_account("1", "strauss@x.org")])
    pairing = pair(named("strauß@x.org", "strauss@x.org"), accounts, of_0_1("strauss@x.org", "1", "strauss@x.org"))
    assert [(found.desired.user_name, found.current.id) for found in pairing.users] == [("strauss@x.org", "1")]
    assert ([user.user_name for user in pairing.missing_users], pairing.conflicts) == (["strauß@x.org"], ())


def test_an_account_that_was_deactivated_is_in_nobodys_way() -> None:
    accounts = in_heap([an_account("1", "strauss@x.org", active=False)])
    pairing = pair(named("strauß@x.org"), accounts, of_0_1("strauss@x.org", "1", "strauss@x.org"))
    assert ([user.user_name for user in pairing.missing_users], pairing.conflicts) == (["strauß@x.org"], ())


def test_a_group_that_0_1_may_have_confused_with_another_is_neither_deleted_nor_made_again() -> None:
    snapshot = a_snapshot((), [a_group("straße", name="Straße")])
    pairing = pair(desired_of(snapshot), in_heap((), [a_team("t", name="Strasse")]), links(groups={"strasse": "t"}))
    assert (pairing.missing_groups, told(pairing), pairing.disputed_groups) == (
        (),
        [("ambiguous", "Straße")],
        frozenset({"t"}),
    )
