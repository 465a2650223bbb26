"""What one pass over a list, or two, prove."""

from dataclasses import replace

import pytest

from heapscim.model.completeness import Doubt, ListPass, proof_of

COUNTED = ListPass(ids=frozenset({"a", "b"}), counted=2, totals=frozenset({2}))
OPEN = replace(COUNTED, totals=frozenset({None}))


def test_as_many_as_the_source_says_are_proven_by_count() -> None:
    assert proof_of(COUNTED) == "counted"
    assert proof_of(replace(COUNTED, counted=3, totals=frozenset({3}))) == "counted"


def test_a_list_without_a_total_takes_two_passes_that_agree() -> None:
    assert proof_of(OPEN) is None
    assert proof_of(OPEN, OPEN) == "read twice"
    assert proof_of(OPEN, replace(OPEN, ids=frozenset({"a", "c"}))) is None
    assert proof_of(OPEN, replace(OPEN, ids=frozenset({"a"}), counted=1)) is None
    assert proof_of(OPEN, replace(OPEN, failed=True)) is None
    assert proof_of(OPEN, COUNTED) is None


@pytest.mark.parametrize(
    ("flaw", "doubt"),
    [
        ({"counted": 1}, Doubt.MISCOUNTED),
        ({"counted": 3}, Doubt.MISCOUNTED),
        ({"totals": frozenset({2, 3})}, Doubt.CHANGED),
        ({"totals": frozenset({2, None})}, Doubt.CHANGED),
        ({"failed": True}, Doubt.PAGE_FAILED),
        ({"nameless": True}, Doubt.NAMELESS),
        ({"moved": True}, Doubt.MOVED),
    ],
    ids=str,
)
def test_every_flaw_undoes_the_proof_and_is_named(flaw: dict[str, object], doubt: Doubt) -> None:
    flawed = replace(COUNTED, **flaw)  # type: ignore[arg-type]
    assert proof_of(flawed) is None
    assert flawed.doubts == {doubt}
    assert flawed.is_unsteady is (doubt in {Doubt.CHANGED, Doubt.MOVED})
