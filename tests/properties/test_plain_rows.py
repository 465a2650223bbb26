"""A row of a roster that is let pass at a glance holds nothing that a closer look would find."""

from hypothesis import example, given
from hypothesis import strategies as st

from heapscim.directory.roster.values import are_plain, damaged, doubtful, is_suspect
from heapscim.model.directory import FIRSTNAME, USERNAME

pieces = st.sampled_from(
    ["ada", "Ada L.", "7", "1E+5", "12-34", "NULL", "none", "n/a", "nan", "-", "--", "#N/A", "=1", "'", '"', "[a]",
     "E-", "&amp;", "Example:", "\u00a0", "é", "Ã©", "\ufffd", "\n", "\r", "\t", "\x1f", "ſ", "K", "@", "x@y.org", "("]
)  # fmt: skip
values = st.lists(pieces | st.text(max_size=2), max_size=3).map("".join).map(str.strip)


@given(st.lists(values, max_size=4))
@example(["ada", "K"])
@example(["a\nnone"])
@example(["ada", ""])
def test_what_passes_at_a_glance_is_not_suspect(row: list[str]) -> None:
    if are_plain(row):
        for value in filter(None, row):
            assert not is_suspect(value)
            assert damaged(USERNAME, value) is None
            assert doubtful(FIRSTNAME, value) is None


@given(st.lists(st.from_regex(r"[A-Za-z][a-z]{9,12}( [A-Z][a-z]+)?|[0-9]+|", fullmatch=True), min_size=1))
def test_words_and_numbers_pass(row: list[str]) -> None:
    assert are_plain(row)
