"""Which name a mistyped word means, and when none is likely."""

import pytest

from heapscim.model.nearest import nearest

KNOWN = ("update_method", "update_share", "timeout", "retries", "region", "list")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("regoin", "region"),
        ("time-out", "timeout"),
        ("Retires", "retries"),
        ("updatemethod", "update_method"),
        ("upate_shaer", "update_share"),
        ("time", "timeout"),
        ("lst", "list"),
        ("upd", None),
        ("li", None),
        ("", None),
        ("base_url", None),
        ("regular", None),
    ],
)
def test_the_nearest_name_is_the_likely_one_or_none(word: str, meant: str | None) -> None:
    assert nearest(word, KNOWN) == meant
    assert nearest(word, ()) is None
