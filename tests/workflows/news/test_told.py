"""What is news: told once, and once when it is over, whatever the runs and the deliveries in between."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.workflows.news.told import Channel, News, Note, Told, told_in
from heapscim.workflows.news.troubles import Findings, Trouble

A, B = Trouble("error:unauthenticated", "Heap rejected the token."), Trouble("failed:1", "create ada failed")
PATIENT = Trouble("busy", "Another run has held the profile", patience=3600.0)
KINDS = frozenset({"error", "failed", "busy"})
NOTHING = Findings(judged=KINDS)


def found(*troubles: Trouble) -> Findings:
    return Findings(troubles, KINDS)


def test_a_trouble_is_told_once_and_its_end_once() -> None:
    told = Told()
    said: list[tuple[list[str], list[str]]] = []
    for findings in (found(A), found(A, B), found(A, B), found(B), NOTHING, NOTHING):
        news = told.news("mail", findings, 0.0)
        said.append(([trouble.key for trouble in news.new], [note.title for note in news.over]))
        told = told_in([told.after("mail", news).to_text()])
    assert said == [
        ([A.key], []), ([B.key], []), ([], []), ([], [A.title]), ([], [B.title]), ([], []),
    ]  # fmt: skip


def test_other_numbers_in_the_same_trouble_are_no_news() -> None:
    told = Told().after("mail", Told().news("mail", found(Trouble("refused:removals", "Refused", "41 removals")), 0.0))
    assert not told.news("mail", found(Trouble("refused:removals", "Refused", "42 removals")), 1.0)


def test_a_run_that_can_not_tell_leaves_a_trouble_open() -> None:
    told = Told().after("mail", Told().news("mail", found(B), 0.0))
    assert not told.news("mail", Findings((A,), frozenset({"busy"})), 1.0).over
    assert not told.news("mail", Findings(judged=KINDS, undecided=frozenset({B.key})), 1.0)


def test_what_was_not_delivered_is_news_again_for_that_channel_alone() -> None:
    told = Told()
    told = told.after("mail", told.news("mail", found(A), 0.0))
    assert not told.news("mail", found(A), 1.0)
    assert told.news("webhook", found(A), 1.0).new == (A,)
    assert not told.news("webhook", NOTHING, 2.0), "it was never told there, so its end isn't news"


def test_what_must_last_is_told_late_and_never_if_it_ends_before() -> None:
    told = Told().seen(found(PATIENT), 0.0)
    assert not told.news("mail", found(PATIENT), 0.0)
    told = told_in([told.seen(found(PATIENT), 3000.0).to_text()])
    assert not told.news("mail", found(PATIENT), 3000.0)
    assert told.seen(found(PATIENT), 3600.0).news("mail", found(PATIENT), 3600.0).new == (PATIENT,)
    again = told.seen(NOTHING, 3100.0).seen(found(PATIENT), 3600.0)
    assert not again.news("mail", found(PATIENT), 3600.0), "the other run ended in between"


def test_more_troubles_than_are_remembered_are_told_as_a_number_once() -> None:
    many = found(*(Trouble(f"failed:{number}", f"{number} failed") for number in range(1_500)))
    news = Told().news("mail", many, 0.0)
    assert (len(news.new), news.more) == (1_000, 500)
    told = told_in([Told().after("mail", news).to_text()])
    assert not told.news("mail", many, 1.0)
    assert len(told.news("mail", NOTHING, 2.0).over) == 1_000


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"told": 3, "waiting": {}}', '{"told": {"mail": {"a": 1}}, "waiting": {}}']
)
def test_a_memory_that_can_not_be_read_is_lost_and_no_error(text: str) -> None:
    assert told_in([text]).news("mail", found(A), 0.0).new == (A,)


def test_memories_of_two_places_are_joined() -> None:
    one, other = (Told().after("mail", Told().news("mail", found(trouble), 0.0)).to_text() for trouble in (A, B))
    told = told_in([one, other])
    assert not told.news("mail", found(A, B), 1.0)
    assert told.channels["mail"] == {A.key: Note(A.title, 0.0), B.key: Note(B.title, 0.0)}


KEYS = tuple(f"failed:{number}" for number in range(4))
RUN = st.tuples(
    st.frozensets(st.sampled_from(KEYS)),  # what is wrong
    st.booleans(),  # whether the run got so far that it can tell what is over
    st.frozensets(st.sampled_from(("mail", "webhook"))),  # what delivers
)


@dataclass
class Reader:
    """Somebody who reads all that a channel delivers, and what is true of each trouble by that."""

    believes: dict[str, bool] = field(default_factory=dict)
    heard: Counter[tuple[str, str]] = field(default_factory=Counter)

    def hears(self, news: News) -> None:
        for trouble in news.new:
            assert not self.believes.get(trouble.title), "told twice"
            self.believes[trouble.title] = True
        for note in news.over:
            assert self.believes.get(note.title), "over, and was never told, or was told to be over"
            self.believes[note.title] = False


@given(st.lists(RUN, max_size=12))
def test_whatever_the_runs_every_reader_knows_what_is_true(
    runs: list[tuple[frozenset[str], bool, frozenset[Channel]]],
) -> None:
    told, readers = Told(), {"mail": Reader(), "webhook": Reader()}
    channels: tuple[Channel, ...] = ("mail", "webhook")
    for at, (wrong, tells, delivers) in enumerate(runs):
        troubles = tuple(Trouble(key, key) for key in sorted(wrong))
        findings = Findings(troubles, KINDS if tells else frozenset())
        told = told.seen(findings, float(at))
        for channel in channels:
            news = told.news(channel, findings, float(at))
            if channel in delivers:
                readers[channel].hears(news)
                told = told.after(channel, news)
                believed = {key for key, wrong_now in readers[channel].believes.items() if wrong_now}
                assert believed >= wrong
                assert believed == wrong or not tells
        told = told_in([told.to_text()])
