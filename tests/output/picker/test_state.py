"""What the keys of the tick list do, without a terminal."""

import pytest

from heapscim.output.picker.state import Entry, TickList


@pytest.fixture
def ticks() -> TickList:
    people = [("ada@x.org", "Ada Lovelace", True), ("bob@x.org", "Bob", False), ("eve@x.org", "Eve Lovelace", True)]
    return TickList([Entry((name, full), tickable) for name, full, tickable in people])


def test_space_ticks_and_goes_on(ticks: TickList) -> None:
    ticks.tick()
    assert (ticks.ticked, ticks.cursor) == ({0}, 1)
    ticks.move(-1)
    ticks.tick()
    assert ticks.ticked == set()


def test_who_is_imported_already_cannot_be_ticked(ticks: TickList) -> None:
    ticks.move(1)
    ticks.tick()
    assert (ticks.ticked, ticks.cursor) == (set(), 2)


def test_the_cursor_stays_in_the_list(ticks: TickList) -> None:
    ticks.move(10)
    assert ticks.cursor == 2
    ticks.move(-10)
    assert ticks.cursor == 0


def test_a_search_finds_every_word_in_any_case_and_keeps_the_ticks(ticks: TickList) -> None:
    ticks.tick()
    ticks.search("LOVE eve")
    assert (ticks.shown, ticks.ticked) == ([2], {0})
    ticks.search("nobody")
    ticks.tick()
    ticks.move(1)
    assert (ticks.shown, ticks.cursor, ticks.ticked) == ([], 0, {0})


def test_all_ticks_what_is_shown_and_a_second_time_unticks_it(ticks: TickList) -> None:
    ticks.search("eve")
    ticks.tick_all()
    assert ticks.ticked == {2}
    ticks.search("")
    ticks.tick_all()
    assert ticks.ticked == {0, 2}
    ticks.tick_all()
    assert ticks.ticked == set()


def test_new_only_hides_the_others_and_shows_them_again(ticks: TickList) -> None:
    ticks.toggle_tickable_only()
    assert ticks.shown == [0, 2]
    ticks.toggle_tickable_only()
    assert ticks.shown == [0, 1, 2]
